import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { attackSuite } from "../support/sqlAttacks/attackSuite";
import { SqliteRange } from "../support/sqlAttacks/sqliteRange";

const folder = mkdtempSync(path.join(os.tmpdir(), "paddock-attacks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

attackSuite("sqlite", () => Promise.resolve(new SqliteRange(folder)));
