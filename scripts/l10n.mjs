// The texts of the extension that translators see: vscode.l10n.t(...) in code, %keys% in package.json.
import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import ts from "typescript";

const modelManifest = "media/models/manifest.json";

/**
 * A text that is not a literal may come from the manifest of the models, and says so in a comment before it:
 * l10n.t(/* from media/models/manifest.json *\/ note).
 * @param {string} root the repository.
 * @returns {Promise<{bundle: Record<string, string>, problems: string[]}>} bundle: English text by key, in the form
 *   of l10n/bundle.l10n.json; problems: a sentence for each call whose text is not a literal, which nobody could translate.
 */
export async function extractTexts(root) {
  const bundle = {};
  const problems = [];
  const files = (await Array.fromAsync(glob("src/**/*.ts", { cwd: root }))).sort();
  for (const file of files) {
    const text = await readFile(path.join(root, file), "utf8");
    if (!text.includes("l10n.t(")) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ESNext, true);
    visit(source, (call) => {
      const argument = call.arguments[0];
      if (argument?.getFullText().includes(`/* from ${modelManifest} */`)) return;
      const found = literalMessage(argument);
      const { line } = source.getLineAndCharacterOfPosition(call.getStart());
      if (found === undefined) problems.push(`${file}:${line + 1} gives l10n.t a text that is not a literal.`);
      else bundle[found.key] = found.message;
    });
  }
  for (const text of await modelTexts(root)) bundle[text] = text;
  return { bundle: Object.fromEntries(Object.entries(bundle).sort(([a], [b]) => (a < b ? -1 : 1))), problems };
}

async function modelTexts(root) {
  const file = path.join(root, modelManifest);
  if (!existsSync(file)) return [];
  const { entries } = JSON.parse(await readFile(file, "utf8"));
  return entries.flatMap(({ note }) => (note === undefined ? [] : [note]));
}

function visit(node, onCall) {
  if (ts.isCallExpression(node) && /(^|\.)l10n\.t$/.test(node.expression.getText())) onCall(node);
  ts.forEachChild(node, (child) => visit(child, onCall));
}

/** The first argument of l10n.t: a text, or an object with `message` and a `comment` that becomes part of the key. */
function literalMessage(argument) {
  if (argument === undefined) return undefined;
  if (ts.isStringLiteralLike(argument)) return { key: argument.text, message: argument.text };
  if (!ts.isObjectLiteralExpression(argument)) return undefined;
  const property = (name) =>
    argument.properties.filter(ts.isPropertyAssignment).find((candidate) => candidate.name.getText() === name)
      ?.initializer;
  const message = property("message");
  if (message === undefined || !ts.isStringLiteralLike(message)) return undefined;
  const comment = property("comment");
  const comments = comment === undefined ? [] : ts.isArrayLiteralExpression(comment) ? comment.elements : [comment];
  if (!comments.every(ts.isStringLiteralLike)) return undefined;
  const suffix = comments.map(({ text }) => text).join("");
  return { key: suffix === "" ? message.text : `${message.text}/${suffix}`, message: message.text };
}

/** %keys% of package.json without a text in package.nls.json, and texts that nothing uses. */
export async function manifestKeys(root) {
  const manifest = await readFile(path.join(root, "package.json"), "utf8");
  const texts = JSON.parse(await readFile(path.join(root, "package.nls.json"), "utf8"));
  const used = new Set([...manifest.matchAll(/"%([^%"]+)%"/g)].map(([, key]) => key));
  return {
    missing: [...used].filter((key) => typeof texts[key] !== "string"),
    unused: Object.keys(texts).filter((key) => !used.has(key)),
  };
}
