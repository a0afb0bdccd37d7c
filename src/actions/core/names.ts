import * as v from "valibot";
import type { CodeSubject } from "./actionRequest";
import { definitionIn } from "./definition";
import { fencedBlocks } from "./fence";
import type { FittedAnswer } from "./fittedAnswer";
import { parsedJson } from "./parsedJson";
import { selectionShape } from "./selectionShape";

const namesAnswer = v.object({ names: v.pipe(v.array(v.pipe(v.string(), v.maxLength(200))), v.maxLength(50)) });
const identifier = /^[\p{L}_$][\p{L}\p{N}_$]*$/u;
const mostNames = 5;
const longest = 40;

/** The name that is looked for a better one of: what the selection defines, or the selection itself. */
export function currentName(subject: CodeSubject): string | undefined {
  const { lines } = selectionShape(subject);
  const [only = ""] = lines;
  if (lines.length === 1 && identifier.test(only)) return only;
  return definitionIn(lines, subject.languageId)?.name;
}

/** The names of an answer as the file spells names: camelCase or snake_case, a class with a capital. */
export function suggestedNames(subject: CodeSubject, answer: string): FittedAnswer {
  const parsed = v.safeParse(namesAnswer, parsedJson(answer));
  const given = parsed.success ? parsed.output.names : listed(answer);
  const current = currentName(subject);
  const style = styleOf(subject, current);
  const names = given
    .map((name) => inStyle(wordsOf(name), style))
    .filter((name) => identifier.test(name) && name.length <= longest && name !== current && !keywords.has(name));
  const unique = [...new Set(names)].slice(0, mostNames);
  if (unique.length === 0) return { kind: "refused", why: given.length === 0 ? "empty" : "unchanged" };
  return { kind: "text", form: "names", text: unique.join("\n"), names: unique };
}

const keywords: ReadonlySet<string> = new Set(
  "if else for while do switch case return function class def new in is not and or true false null none let const var import from as this self int float string".split(
    " ",
  ),
);

/** Without a grammar models write lists: with bullets, numbers, backquotes and reasons. */
function listed(answer: string): string[] {
  const [block] = fencedBlocks(answer);
  return (block?.text ?? answer)
    .split("\n")
    .map((line) => line.replace(/^\s*(?:[-*•]|\d{1,2}[.)])\s*/u, ""))
    .flatMap(
      (line) => /^[`"'*]*([\p{L}_$][\p{L}\p{N}_$]*)[`"'*]*(?:\s*(?:[-–:(,.].*)?)$/u.exec(line.trim())?.[1] ?? [],
    );
}

type Style = "camel" | "pascal" | "snake" | "upper";

function styleOf({ before, selected, after, languageId }: CodeSubject, current: string | undefined): Style {
  if (current !== undefined) {
    if (/^[A-Z][A-Z0-9_]+$/u.test(current)) return "upper";
    if (/^[A-Z]/u.test(current)) return "pascal";
    if (current.includes("_")) return "snake";
    if (/[a-z][A-Z]/u.test(current)) return "camel";
  }
  const text = `${before}${selected}${after}`;
  const snakes = text.match(/\b[a-z]+_[a-z_]+\b/gu)?.length ?? 0;
  const camels = text.match(/\b[a-z]+[A-Z]\w*\b/gu)?.length ?? 0;
  if (snakes !== camels) return snakes > camels ? "snake" : "camel";
  return /^(?:python|rust|c|ruby|shellscript|sql|perl)$/u.test(languageId) ? "snake" : "camel";
}

function wordsOf(name: string): string[] {
  return name
    .replace(/\(.*$/u, "")
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map((word) => word.toLowerCase());
}

function inStyle(words: readonly string[], style: Style): string {
  const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
  switch (style) {
    case "snake":
      return words.join("_");
    case "upper":
      return words.join("_").toUpperCase();
    case "pascal":
      return words.map(capital).join("");
    case "camel":
      return words.map((word, at) => (at === 0 ? word : capital(word))).join("");
  }
}
