import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll } from "vitest";
import { attackSuite } from "../support/sqlAttacks/attackSuite";
import { DuckdbRange } from "../support/sqlAttacks/duckdbRange";

const folder = mkdtempSync(path.join(os.tmpdir(), "paddock-attacks-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

attackSuite("duckdb", () => DuckdbRange.make(folder));
