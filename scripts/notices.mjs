// ThirdPartyNotices.txt: what is inside a .vsix that others wrote, with its licence. Packaging fails on a package
// without a licence text, and on a licence nobody has said yes to (scripts/package/licences.json).
import { readFile, readdir } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import * as v from "valibot";

const folder = fileURLToPath(new URL("package/", import.meta.url));

const licencesSchema = v.strictObject({
  /** SPDX identifiers that may be shipped. */
  allowed: v.array(v.string()),
  /** Licence texts of packages that ship none: the one of their own repository. */
  texts: v.record(v.string(), v.string()),
  /** What is inside other things, and so in no package of its own. */
  inside: v.array(v.strictObject({ name: v.string(), licence: v.string(), text: v.string(), where: v.string() })),
});

/** @typedef {{name: string, version: string, source: string}} ShippedPackage source: its absolute folder. */

/**
 * The packages that files of a bundle come from.
 * @param {string} root the repository.
 * @param {readonly string[]} inputs relative to it.
 * @returns {Promise<ShippedPackage[]>}
 */
export async function bundledPackages(root, inputs) {
  const folders = new Set();
  for (const input of inputs) {
    const match = /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input.split(path.sep).join("/"));
    if (match) folders.add(path.join(root, match[1]));
  }
  return Promise.all([...folders].map(shippedPackage));
}

/** @returns {Promise<ShippedPackage>} */
export async function shippedPackage(source) {
  const { name, version } = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
  return { name, version, source };
}

/**
 * @param {readonly ShippedPackage[]} packages
 * @param {readonly {name: string, licence: string, text: string, where: string}[]} more what came from elsewhere, with its text.
 * @returns {Promise<string>} the notices, the same text for the same packages.
 * @throws {Error} naming every package that has no licence text or one that is not allowed.
 */
export async function notices(packages, more = []) {
  const { allowed, texts, inside } = v.parse(
    licencesSchema,
    JSON.parse(await readFile(path.join(folder, "licences.json"), "utf8")),
  );
  const readText = (file) => readFile(path.join(folder, "licences", file), "utf8");
  const entries = [...more];
  for (const entry of inside) entries.push({ ...entry, text: await readText(entry.text) });
  const unique = new Map(packages.map((entry) => [`${entry.name}@${entry.version}`, entry]));
  for (const { name, version, source } of unique.values()) {
    const manifest = JSON.parse(await readFile(path.join(source, "package.json"), "utf8"));
    const text = texts[name] === undefined ? await licenceText(source) : await readText(texts[name]);
    entries.push({ name: `${name} ${version}`, licence: String(manifest.license ?? "unknown"), text, where: "" });
  }
  const problems = entries.flatMap(({ name, licence, text }) => [
    ...(isAllowed(licence, allowed) ? [] : [`${name} has the licence ${licence}, which is not on the allow list.`]),
    ...(text.trim() === "" ? [`${name} ships no licence text; add the one of its repository to licences.json.`] : []),
  ]);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  entries.sort((a, b) => (a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1));
  return [
    "Paddock contains the following works of others, under their own licences.",
    ...entries.map(({ name, licence, text, where }) =>
      [`${"-".repeat(80)}\n${name} (${licence})${where === "" ? "" : `, ${where}`}\n`, text.trim()].join("\n"),
    ),
    "",
  ].join("\n\n");
}

/** Every licence, copying and notice file of a package, joined; empty when there is none. */
async function licenceText(source) {
  const files = (await readdir(source)).filter((file) => /^(licen[cs]e|copying|notice)([-.].*)?$/i.test(file)).sort();
  const parts = await Promise.all(files.map((file) => readFile(path.join(source, file), "utf8")));
  return parts.map((part) => part.replaceAll("\r\n", "\n").trim()).join("\n\n");
}

/** An SPDX expression of ORs and ANDs, without nesting, as packages write them. */
export function isAllowed(expression, allowed) {
  const terms = expression.replaceAll(/[()]/g, "").split(/\s+OR\s+/);
  return terms.some((term) => term.split(/\s+AND\s+/).every((id) => allowed.includes(id)));
}
