import { rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { makePackage } from "../../scripts/package.mjs";
import { thisTarget } from "../../scripts/package/targets.mjs";
import { vsixVariable } from "../support/workbench";

/** One .vsix for all journeys: what a person installs. @returns what takes it away again. */
export default async function buildPackage(): Promise<() => Promise<void>> {
  const file = path.join(os.tmpdir(), `paddock-e2e-${process.pid}.vsix`);
  await makePackage({ target: thisTarget(), out: file, log: () => undefined });
  process.env[vsixVariable] = file;
  return () => rm(file, { force: true });
}
