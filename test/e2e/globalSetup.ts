import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { installExtension } from "../../scripts/editor.mjs";
import { makePackage } from "../../scripts/package.mjs";
import { thisTarget } from "../../scripts/package/targets.mjs";
import { installedVariable } from "../support/installedExtension";

/**
 * The .vsix that a person installs, installed once by the editor itself for all journeys: the one that the package layer
 * has just made ($PADDOCK_TEST_VSIX), or one made here.
 * @returns what takes it away again.
 */
export default async function installPackage(): Promise<() => Promise<void>> {
  const home = await mkdtemp(path.join(os.tmpdir(), "paddock-installed-"));
  const made = process.env.PADDOCK_TEST_VSIX ?? "";
  const own = path.join(home, "paddock.vsix");
  if (!existsSync(made)) await makePackage({ target: thisTarget(), out: own, log: () => undefined });
  await installExtension(home, existsSync(made) ? made : own);
  process.env[installedVariable] = path.join(home, "extensions");
  return () => rm(home, { recursive: true, force: true, maxRetries: 5 });
}
