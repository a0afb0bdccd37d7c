// Where the extension runs from on this machine.
import { root } from "../setup.mjs";
import { build } from "../build.mjs";
import { stage } from "./stage.mjs";
import { readTargets, thisTarget } from "./targets.mjs";

/**
 * The repository, built; or, where its node-llama-cpp has no native package for this platform (`binding` in
 * targets.json), what a package of this platform holds.
 * @param {{only?: ("extension" | "engine" | "quantizer" | "database" | "webview")[]}} options which bundles are needed; all by default.
 * @returns {Promise<string>} the folder with package.json and dist.
 */
export async function runnable(options = {}) {
  const { targets } = await readTargets();
  if (targets[thisTarget()]?.binding !== undefined) return (await stage(thisTarget())).folder;
  await build(options);
  return root;
}
