// Proves what a package holds by looking into it, not by trusting how it was made.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { root } from "../setup.mjs";
import { traceBinding } from "./trace.mjs";

/** Bytes of a package without its models: what a person downloads besides the model. */
export const maximumSize = 65 * 1024 * 1024;

const modelFolder = "media/models/";
const nativeName = /\.(node|so|dll|dylib|exe)$/;
const machines = { elf: { 62: "x64", 183: "arm64" }, pe: { 0x8664: "x64", 0xaa64: "arm64" } };
const machMachines = { 0x01000007: "x64", 0x0100000c: "arm64" };

/** Nothing of these belongs into a package. */
const unwanted = [
  [/\.map$/, "a source map"],
  [/\.(ts|mts|cts|tsx)$/, "TypeScript"],
  [/(^|\/)(tests?|__tests__)\//, "a test"],
  [/\.test\.[cm]?js$/, "a test"],
  [/\.(lib|exp|pdb|bundle|tsbuildinfo|tgz|vsix)$/, "a build product"],
  [/(^|\/)\.(git|env|npmrc|vscode)/, "a private file"],
];

const required = [
  "package.json",
  "package.nls.json",
  "dist/extension.cjs",
  "dist/engine.mjs",
  "dist/quantizer.mjs",
  "dist/database.mjs",
  "dist/hashWorker.cjs",
  "dist/sqlparser/sqlparser_rs_wasm_bg.wasm",
  "dist/webview/chat.js",
  "dist/grammars/tree-sitter.wasm",
  "dist/grammars/tree-sitter-typescript.wasm",
  "ThirdPartyNotices.txt",
  "media/icon.png",
  "media/models/manifest.json",
  "l10n/bundle.l10n.json",
  "node_modules/@duckdb/node-bindings/duckdb.js",
  "node_modules/koffi/index.js",
  "node_modules/node-llama-cpp/dist/index.js",
  "node_modules/node-llama-cpp/dist/bindings/utils/testBindingBinary.js",
  "node_modules/node-llama-cpp/llama/binariesGithubRelease.json",
];

/**
 * What a program file is made for, by its header.
 * @param {Buffer} bytes the file.
 * @returns {{format: "elf" | "pe" | "mach-o", machine: string} | undefined} undefined: not a program.
 */
export function programKind(bytes) {
  if (bytes.length < 64) return undefined;
  const magic = bytes.readUInt32BE(0);
  if (magic === 0x7f454c46) return { format: "elf", machine: machines.elf[bytes.readUInt16LE(18)] ?? "unknown" };
  if (magic === 0xcffaedfe) return { format: "mach-o", machine: machMachines[bytes.readUInt32LE(4)] ?? "unknown" };
  // Several architectures in one file; a package per target has no use for them.
  if (magic === 0xcafebabe || magic === 0xcefaedfe) return { format: "mach-o", machine: "unknown" };
  if (bytes.toString("latin1", 0, 2) !== "MZ") return undefined;
  const header = bytes.readUInt32LE(60);
  if (header + 6 > bytes.length || bytes.toString("latin1", header, header + 4) !== "PE\0\0") return undefined;
  return { format: "pe", machine: machines.pe[bytes.readUInt16LE(header + 4)] ?? "unknown" };
}

/**
 * @param {import("./archive.mjs").Tree} tree the extension's folder.
 * @param {import("./targets.mjs").Target} target
 * @returns {Promise<{problems: string[], natives: number, files: number, modelBytes: number, otherBytes: number}>}
 *   problems: a sentence each; bytes are packed ones.
 */
export async function inspect(tree, target) {
  const problems = [];
  let natives = 0;
  let modelBytes = 0;
  let otherBytes = 0;
  const paths = machinePaths();
  for (const [name, entry] of tree) {
    if (name.startsWith(modelFolder)) modelBytes += entry.packed;
    else otherBytes += entry.packed;
    for (const [pattern, what] of unwanted) if (pattern.test(name)) problems.push(`${name} is ${what}.`);
    if (name.endsWith(".gguf")) continue;
    const bytes = await entry.read();
    for (const text of paths) {
      if (bytes.includes(text)) problems.push(`${name} names a folder of the machine that packaged it (${text}).`);
    }
    const kind = programKind(bytes);
    if (kind === undefined) {
      if (nativeName.test(name)) problems.push(`${name} is named like a program, but is none.`);
      continue;
    }
    natives++;
    if (kind.format !== target.format || kind.machine !== target.machine) {
      problems.push(`${name} is for ${kind.format} ${kind.machine}, not for ${target.format} ${target.machine}.`);
    }
    const owners = [
      ...target.native.map((owner) => `node_modules/${owner}/bins/`),
      ...[target.ffi, target.duckdb].map((owner) => `node_modules/${owner}/`),
    ];
    if (!owners.some((owner) => name.startsWith(owner))) {
      problems.push(`${name} belongs to no native package of this target.`);
    }
  }
  for (const name of required) if (!tree.has(name)) problems.push(`${name} is missing.`);
  if (![...tree.keys()].some((name) => /^LICENSE/i.test(name))) problems.push("The licence is missing.");
  for (const owner of target.native) {
    const addon = `node_modules/${owner}/bins/${owner.slice(owner.indexOf("/") + 1)}/llama-addon.node`;
    if (!tree.has(addon)) problems.push(`${addon} is missing.`);
  }
  const ffi = [...tree.keys()].filter(
    (name) => name.startsWith(`node_modules/${target.ffi}/`) && nativeName.test(name),
  );
  if (ffi.length !== 1) problems.push(`There are ${ffi.length} native files of ${target.ffi}, and one is needed.`);
  const duckdb = [...tree.keys()].filter(
    (name) => name.startsWith(`node_modules/${target.duckdb}/`) && nativeName.test(name),
  );
  if (duckdb.length !== 2)
    problems.push(
      `There are ${duckdb.length} native files of ${target.duckdb}, and an addon and its library are needed.`,
    );
  problems.push(...(await modelProblems(tree)), ...(await versionProblems(tree, target)));
  return { problems, natives, files: tree.size, modelBytes, otherBytes };
}

/** The folders of this machine that no package may name. One below another is found by that one, and told once. */
function machinePaths() {
  const paths = [...new Set([root, os.homedir(), os.tmpdir()])].filter((text) => text.length > 5);
  return paths.filter((text) => !paths.some((other) => other !== text && text.startsWith(other)));
}

/** Every file that the manifest of the models names is inside, whole, with its licence, and nothing besides. */
async function modelProblems(tree) {
  const manifest = await tree.get(`${modelFolder}manifest.json`)?.read();
  if (manifest === undefined) return [];
  const problems = [];
  const { entries = [] } = JSON.parse(manifest.toString("utf8"));
  if (entries.length === 0) problems.push("The manifest of the models names none.");
  const known = new Set(["manifest.json"]);
  for (const { id, file, sha256, license } of entries) {
    known.add(file).add(license.file);
    const bytes = await tree.get(modelFolder + file)?.read();
    if (bytes === undefined) problems.push(`The model ${id} is missing (${file}).`);
    else if (createHash("sha256").update(bytes).digest("hex") !== sha256) problems.push(`The model ${id} is damaged.`);
    if (!tree.has(modelFolder + license.file))
      problems.push(`The licence of ${id} is missing (${license.file ?? "none"}).`);
  }
  for (const name of tree.keys()) {
    if (name.startsWith(modelFolder) && !known.has(name.slice(modelFolder.length))) {
      problems.push(`${name} is in no entry of the manifest.`);
    }
  }
  return problems;
}

/** A binding loads only native packages of its own version. */
async function versionProblems(tree, target) {
  const version = async (name) => {
    const bytes = await tree.get(`node_modules/${name}/package.json`)?.read();
    return bytes === undefined ? undefined : JSON.parse(bytes.toString("utf8")).version;
  };
  const binding = await version("node-llama-cpp");
  const problems = [];
  for (const name of target.native) {
    const found = await version(name);
    if (found !== binding) problems.push(`${name} is ${found ?? "missing"}, but node-llama-cpp is ${binding}.`);
  }
  return problems;
}

/**
 * Unpacks the package, follows every import of the binding in there, and loads it: what is missing shows here and not on
 * somebody's machine. Loading its JavaScript touches no native part, so this works for every target.
 * @param {import("./archive.mjs").Tree} tree
 * @param {string} folder where to unpack; must not lie below a folder with node_modules.
 * @returns {Promise<string[]>} problems
 */
export async function unpackAndLoad(tree, folder) {
  for (const [name, entry] of tree) {
    const file = path.join(folder, name);
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, await entry.read());
  }
  const binding = path.join(folder, "node_modules/node-llama-cpp");
  try {
    await traceBinding(binding, [folder]);
    const url = pathToFileURL(path.join(binding, "dist/index.js")).href;
    await promisify(execFile)(
      process.execPath,
      ["--input-type=module", "--eval", `await import(${JSON.stringify(url)})`],
      {
        cwd: folder,
        timeout: 60_000,
      },
    );
    return [];
  } catch (error) {
    return [`node-llama-cpp is incomplete in the package: ${error instanceof Error ? error.message : String(error)}`];
  }
}
