// Lays out what goes into the .vsix of one target: the bundles, the media, node-llama-cpp, koffi and DuckDB's binding with
// exactly the files they reach at run time, and that target's native packages.
import { cp, glob, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build } from "../build.mjs";
import { extractTexts } from "../l10n.mjs";
import { bundledPackages, notices, shippedPackage } from "../notices.mjs";
import { root } from "../setup.mjs";
import { packageFolder } from "./fetch.mjs";
import { readTargets } from "./targets.mjs";
import { thinMachO } from "./thinMachO.mjs";
import { traceBinding } from "./trace.mjs";

/** What VS Code reads of package.json; the rest (scripts, development) stays at home. */
const manifestFields = [
  "name",
  "displayName",
  "description",
  "version",
  "publisher",
  "license",
  "type",
  "main",
  "icon",
  "l10n",
  "categories",
  "keywords",
  "extensionKind",
  "activationEvents",
  "capabilities",
  "contributes",
];

/** What Node reads of a package's package.json. */
const packageFields = ["name", "version", "license", "type", "main", "exports", "imports"];

/** Read by node-llama-cpp at run time, but not imported. */
const bindingData = ["llama/binariesGithubRelease.json", "llama/llama.cpp.info.json"];

/** What koffi's entry point reaches; the rest of that package is its C++ and its texts. */
const ffiFiles = ["index.js", "src/koffi/index.js", "src/koffi/src/static.js"];

/** What DuckDB's bundled JavaScript reaches of its binding; detect-libc, asked for where it is there, tells musl apart. */
const databaseFiles = ["duckdb.js"];

/** Files of a native package that no program needs: import libraries for linking against it, texts. */
const nativeWaste = /\.(lib|exp|pdb|md)$|^LICENSE/;

/**
 * @param {string} target e.g. "linux-x64".
 * @param {{binding?: string, native?: string[], folder?: string}} options binding: another version of node-llama-cpp
 *   than the target's; native: other native packages; folder: where to lay it out, emptied first.
 * @returns {Promise<{folder: string, binding: string, native: string[]}>}
 */
export async function stage(target, options = {}) {
  const { targets, integrity } = await readTargets();
  const wanted = targets[target];
  if (wanted === undefined) {
    throw new Error(`There is no target "${target}". Choose one of ${Object.keys(targets).join(", ")}.`);
  }
  const folder = options.folder ?? path.join(root, "build/stage", target);
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });

  const manifest = JSON.parse(await readFile(path.join(root, "package.json"), "utf8"));
  const binding = options.binding ?? wanted.binding ?? manifest.dependencies["node-llama-cpp"];
  const nativeNames = options.native ?? wanted.native;
  const { inputs } = await build({ production: true, dist: path.join(folder, "dist") });
  const shipped = await stageBinding(folder, binding, integrity);
  const native = await stageNative(folder, nativeNames, binding, integrity);
  const ffi = await stageFfi(folder, wanted.ffi, manifest.dependencies.koffi, integrity);
  const duckdbVersion = manifest.dependencies["@duckdb/node-bindings"];
  const duckdb = await stageDuckdb(folder, wanted, duckdbVersion, integrity);
  await stageTexts(folder);
  await stageMedia(folder);

  const dependencies = {
    ...Object.fromEntries(["koffi", wanted.ffi].map((name) => [name, manifest.dependencies.koffi])),
    ...Object.fromEntries(["@duckdb/node-bindings", wanted.duckdb].map((name) => [name, duckdbVersion])),
    ...Object.fromEntries(["node-llama-cpp", ...nativeNames].map((name) => [name, binding])),
  };
  await writeJson(path.join(folder, "package.json"), {
    ...pick(manifest, manifestFields),
    engines: { vscode: manifest.engines.vscode },
    dependencies,
  });
  const bundled = await bundledPackages(root, inputs);
  const text = await notices([...bundled, ...shipped, ...native, ...ffi, ...duckdb], await modelNotices());
  await writeFile(path.join(folder, "ThirdPartyNotices.txt"), text);
  return { folder, binding, native: nativeNames };
}

async function stageBinding(folder, version, integrity) {
  const source = await packageFolder("node-llama-cpp", version, integrity);
  const installed = path.join(root, "node_modules/node-llama-cpp");
  let base = root;
  if (source !== installed) {
    // Another version needs its dependencies around it: the installed one's own, and this repository's further up.
    base = path.join(root, "build/binding", version);
    const overlay = path.join(base, "node_modules/node-llama-cpp");
    await rm(base, { recursive: true, force: true });
    await cp(source, overlay, { recursive: true, filter: (file) => !file.endsWith("gitRelease.bundle") });
    await cp(path.join(installed, "node_modules"), path.join(overlay, "node_modules"), { recursive: true });
  }
  const bindingFolder = path.join(base, "node_modules/node-llama-cpp");
  const { files, packages } = await traceBinding(bindingFolder, base === root ? [root] : [base, root]);
  for (const file of bindingData) files.set(`node_modules/node-llama-cpp/${file}`, path.join(bindingFolder, file));
  for (const [relative, file] of files) {
    await cp(file, path.join(folder, relative));
  }
  const names = new Set([...packages.values()].map(({ name }) => name));
  for (const [relative, { source: from }] of packages) {
    const manifest = JSON.parse(await readFile(path.join(from, "package.json"), "utf8"));
    const needed = Object.entries({ ...manifest.optionalDependencies, ...manifest.dependencies });
    await writeJson(path.join(folder, relative, "package.json"), {
      ...pick(manifest, packageFields),
      dependencies: Object.fromEntries(needed.filter(([name]) => names.has(name))),
    });
  }
  return [...packages.values()];
}

async function stageNative(folder, names, version, integrity) {
  const packages = [];
  for (const name of names) {
    const source = await packageFolder(name, version, integrity);
    const destination = path.join(folder, "node_modules", name);
    await cp(source, destination, { recursive: true, filter: (file) => !nativeWaste.test(path.basename(file)) });
    const manifest = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
    await writeJson(path.join(destination, "package.json"), pick(manifest, packageFields));
    packages.push(await shippedPackage(source));
  }
  return packages;
}

/** koffi, and of its native package the one file of this platform; what it has for another C library stays at home. */
async function stageFfi(folder, native, version, integrity) {
  const own = `${native.slice("@koromix/koffi-".length).replace("-", "_")}/koffi.node`;
  const packages = [];
  for (const [name, files] of [
    ["koffi", ffiFiles],
    [native, ["index.js", own]],
  ]) {
    const source = await packageFolder(name, version, integrity);
    const destination = path.join(folder, "node_modules", name);
    for (const file of files) await cp(path.join(source, file), path.join(destination, file));
    const manifest = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
    await writeJson(path.join(destination, "package.json"), pick(manifest, packageFields));
    packages.push(await shippedPackage(source));
  }
  return packages;
}

/**
 * DuckDB's binding, and its native package of this platform whole: an addon and the library it is linked against, of
 * which macOS has one for all processors.
 */
async function stageDuckdb(folder, { duckdb: native, format, machine }, version, integrity) {
  const packages = [];
  for (const [name, files] of [
    ["@duckdb/node-bindings", databaseFiles],
    [native, undefined],
  ]) {
    const source = await packageFolder(name, version, integrity);
    const destination = path.join(folder, "node_modules", name);
    for (const file of files ?? (await readdir(source)).filter((file) => !nativeWaste.test(file))) {
      await cp(path.join(source, file), path.join(destination, file));
      if (format !== "mach-o" || !file.endsWith(".dylib")) continue;
      await writeFile(path.join(destination, file), thinMachO(await readFile(path.join(source, file)), machine));
    }
    const manifest = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
    await writeJson(path.join(destination, "package.json"), pick(manifest, packageFields));
    packages.push(await shippedPackage(source));
  }
  return packages;
}

async function stageTexts(folder) {
  for (const file of [
    "LICENSE",
    "CHANGELOG.md",
    ...(await Array.fromAsync(glob("package.nls*.json", { cwd: root }))),
  ]) {
    await cp(path.join(root, file), path.join(folder, file));
  }
  // The editor shows the README on the extension's page, where a link to a file of the repository leads nowhere.
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  await writeFile(path.join(folder, "README.md"), readme.replaceAll(/(?<!!)\[([^\]]+)\]\((?![a-z]+:|#)[^)]*\)/g, "$1"));
  const { bundle, problems } = await extractTexts(root);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  await mkdir(path.join(folder, "l10n"), { recursive: true });
  await writeJson(path.join(folder, "l10n/bundle.l10n.json"), bundle);
}

/** Everything but the drawing the icon is made from. */
async function stageMedia(folder) {
  await cp(path.join(root, "media"), path.join(folder, "media"), {
    recursive: true,
    filter: (file) => path.relative(root, file) !== path.join("media", "icon.svg"),
  });
}

/** What travels in media/models, each with its own licence. */
async function modelNotices() {
  const models = path.join(root, "media/models");
  const { entries } = JSON.parse(await readFile(path.join(models, "manifest.json"), "utf8"));
  return Promise.all(
    entries.map(async ({ kind, file, displayName, baseModel, license }) => ({
      name: kind === "adapter" ? displayName : (baseModel ?? file),
      licence: license.spdx,
      text: license.file === undefined ? "" : await readFile(path.join(models, license.file), "utf8"),
      where: `media/models/${file}`,
    })),
  );
}

function pick(object, fields) {
  return Object.fromEntries(
    fields.filter((field) => object[field] !== undefined).map((field) => [field, object[field]]),
  );
}

async function writeJson(file, value) {
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify(value, null, 2)}\n`);
}
