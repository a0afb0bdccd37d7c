// Which files of node-llama-cpp and of its dependencies are really reached at run time. Its build tools, command line,
// templates and type declarations are most of it, and none of them is.
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import * as esbuild from "esbuild";

/** Imported in a try at run time, and not shipped. The value says why that is right. */
export const leftOut = {
  electron: "only there inside Electron's main process",
  "@reflink/reflink": "copy-on-write for the downloader, which Paddock does not use",
  "@node-llama-cpp/*": "native packages, chosen per target",
};

const packagePattern = /^(.*node_modules\/((?:@[^/]+\/)?[^/]+))\/(.*)$/;

/**
 * @typedef {{name: string, version: string, source: string}} ShippedPackage source: absolute folder.
 * @param {string} bindingFolder node-llama-cpp's folder, inside a node_modules folder of `base`.
 * @param {string[]} bases folders that hold a node_modules folder, the most specific first.
 * @returns {Promise<{files: Map<string, string>, packages: Map<string, ShippedPackage>}>} by their path below the
 *   extension's folder ("node_modules/x/index.js", "node_modules/x"), with "/": absolute source files, and packages.
 * @throws {Error} when an import cannot be resolved.
 */
export async function traceBinding(bindingFolder, bases) {
  const { metafile, errors } = await esbuild.build({
    absWorkingDir: bases[bases.length - 1],
    entryPoints: [path.join(bindingFolder, "dist/index.js")],
    outdir: path.join(bases[0], "unused"),
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    // Node knows no "module" condition; an empty list keeps esbuild from adding it.
    conditions: [],
    mainFields: ["main"],
    external: Object.keys(leftOut),
    logLevel: "silent",
  });
  if (errors.length > 0) throw new Error(errors.map(({ text }) => text).join("\n"));
  const files = new Map();
  const packages = new Map();
  for (const input of Object.keys(metafile.inputs)) {
    const source = path.resolve(bases[bases.length - 1], input);
    const base = bases.find((candidate) => source.startsWith(candidate + path.sep));
    const relative = base === undefined ? undefined : path.relative(base, source).split(path.sep).join("/");
    const match = packagePattern.exec(relative ?? "");
    if (base === undefined || match === null) throw new Error(`${source} is outside every package that may be shipped`);
    const [, folder = "", name = ""] = match;
    files.set(relative, source);
    // A folder's own package.json says whether its files are CommonJS or ES modules.
    for (let at = path.posix.dirname(relative); at !== folder; at = path.posix.dirname(at)) {
      const manifest = path.join(base, at, "package.json");
      if (existsSync(manifest)) files.set(`${at}/package.json`, manifest);
    }
    if (packages.has(folder)) continue;
    const packageSource = path.join(base, folder);
    const { version } = JSON.parse(await readFile(path.join(packageSource, "package.json"), "utf8"));
    packages.set(folder, { name, version, source: packageSource });
  }
  return { files, packages };
}
