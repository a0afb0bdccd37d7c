import type { CodeSubject } from "./actionRequest";
import { commonLead, indentUnit, isBlank, leadOf, withLead, withoutLead, withUnit } from "./indentation";
import { languageForm } from "./languageForms";
import { type SelectionShape, selectionShape } from "./selectionShape";

/** Code made to stand where the selection is. */
export interface FittedCode {
  /** As an answer of its own, without indentation: what the selection was shown as. */
  readonly lines: readonly string[];
  readonly imports: readonly string[];
}

/** Takes away what a model repeats of the file around the selection, and gives the rest the file's own indentation unit. */
export function fitCode(subject: CodeSubject, code: readonly string[]): FittedCode {
  const shape = selectionShape(subject);
  const inUnit = likeFile(subject, straightened(code, shape.lines), shape);
  const { lines, imports } = withoutImports(subject, shape, inUnit);
  return { lines: withoutBlankEnds(withoutSurroundings(subject, shape, lines)), imports };
}

/** The text that takes the selection's place, byte for byte. */
export function replacementFor(subject: CodeSubject, lines: readonly string[]): string {
  const { lead, startsInside, head, tail } = selectionShape(subject);
  const [first = "", ...rest] = lines;
  const placed = startsInside ? [first, ...withLead(rest, lead)] : withLead(lines, lead);
  const text = `${head}${placed.join("\n")}${tail}`;
  return subject.eol === "\r\n" ? text.replaceAll("\n", "\r\n") : text;
}

function likeFile(subject: CodeSubject, code: readonly string[], { lines }: SelectionShape): string[] {
  const file = `${subject.before}${subject.selected}${subject.after}`.split(/\r\n?|\n/u);
  const own = indentUnit(lines) ?? indentUnit(file);
  const given = indentUnit(withoutLead(code, commonLead(code)));
  return own === undefined || given === undefined ? [...code] : withUnit(code, given, own);
}

/** Without indentation in common; where only the first line has lost it, the others are moved to it. */
function straightened(code: readonly string[], original: readonly string[]): string[] {
  const straight = withoutLead(code, commonLead(code));
  const [, ...rest] = straight;
  const moved = commonLead(rest);
  const [, ...ownRest] = original;
  // The last line closes what the first one opens: where it did so at the margin, it does so again.
  const last = straight.findLast((line) => !isBlank(line)) ?? "";
  const lastOwn = original.findLast((line) => !isBlank(line)) ?? "";
  const isShifted = moved !== "" && commonLead(ownRest) === "" && leadOf(last) === moved && leadOf(lastOwn) === "";
  return isShifted && rest.length > 0 ? [straight[0] ?? "", ...withoutLead(rest, moved)] : straight;
}

/** Imports that the file has go; those it has not are told, unless the selection is where imports stand. */
function withoutImports(
  subject: CodeSubject,
  shape: SelectionShape,
  lines: readonly string[],
): { lines: readonly string[]; imports: string[] } {
  const pattern = languageForm(subject.languageId).imports;
  if (pattern === undefined) return { lines, imports: [] };
  const own = new Set(shape.lines.map(plain));
  const known = new Set(`${subject.before}\n${subject.after}`.split(/\r\n?|\n/u).map(plain));
  const isPlaceOfImports = shape.lines.some((line) => pattern.test(line)) || isBlank(subject.before);
  const imports: string[] = [];
  let atTop = true;
  const kept = lines.filter((line) => {
    if (isBlank(line)) return true;
    // Only what stands above all code is meant for the file; an import inside a function is code.
    if (!atTop || !pattern.test(line) || own.has(plain(line))) {
      atTop = false;
      return true;
    }
    if (known.has(plain(line))) return false;
    if (isPlaceOfImports) return true;
    // Half of a statement would be worse than one that stands too far down.
    if (/[({]\s*$/u.test(line)) {
      atTop = false;
      return true;
    }
    imports.push(line.trim());
    return false;
  });
  return { lines: withoutBlankEnds(kept), imports };
}

function plain(line: string): string {
  return line.trim().replace(/;$/u, "").replaceAll("'", '"').replace(/\s+/gu, " ");
}

/** Lines before and after the selection, which a model writes again to show where its own belong. */
function withoutSurroundings(subject: CodeSubject, shape: SelectionShape, lines: readonly string[]): string[] {
  const above = lineList(subject.before).filter((line) => !isBlank(line));
  const below = lineList(subject.after).filter((line) => !isBlank(line));
  const own = new Set(shape.lines.map((line) => line.trim()));
  let rest = [...lines];
  for (let size = Math.min(above.length, rest.length - 1); size > 0; size--) {
    const head = nonBlankHead(rest, size);
    if (head === undefined || !same(head.texts, above.slice(-size)) || !isTelling(head.texts, own)) continue;
    rest = rest.slice(head.end);
    break;
  }
  for (let size = Math.min(below.length, rest.length - 1); size > 0; size--) {
    const tail = nonBlankHead([...rest].reverse(), size);
    if (tail === undefined || !same([...tail.texts].reverse(), below.slice(0, size)) || !isTelling(tail.texts, own))
      continue;
    rest = rest.slice(0, rest.length - tail.end);
    break;
  }
  const straight = withoutLead(rest, commonLead(rest));
  return withoutExtraClosers(straight, shape.lines, below);
}

function lineList(text: string): string[] {
  return text.split(/\r\n?|\n/u);
}

function nonBlankHead(lines: readonly string[], size: number): { texts: string[]; end: number } | undefined {
  const texts: string[] = [];
  for (const [at, line] of lines.entries()) {
    if (isBlank(line)) continue;
    texts.push(line);
    if (texts.length === size) return { texts, end: at + 1 };
  }
  return undefined;
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((line, at) => line.trim() === (b[at] ?? "").trim());
}

/** A lone bracket stands everywhere, and what the selection has itself may be its own line. */
function isTelling(texts: readonly string[], own: ReadonlySet<string>): boolean {
  return texts.some((text) => /[\p{L}\p{N}]{2}/u.test(text) && !own.has(text.trim()));
}

/** A bracket more than the selection closes belongs to what stands below, where the file has it too. */
function withoutExtraClosers(lines: string[], original: readonly string[], below: readonly string[]): string[] {
  const rest = [...lines];
  let next = 0;
  while (rest.length > 1) {
    const last = rest.at(-1)?.trim() ?? "";
    if (!/^[)\]}]+[;,]?$/u.test(last) || last !== (below[next] ?? "").trim()) break;
    if (balance(rest) >= balance(original)) break;
    rest.pop();
    next++;
  }
  return rest;
}

/** What is opened and not closed; strings and comments are left out as far as one line tells. */
export function balance(lines: readonly string[]): number {
  let depth = 0;
  for (const line of lines) {
    const code = line.replace(/"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/.*$/gu, "");
    for (const letter of code) {
      if ("([{".includes(letter)) depth++;
      else if (")]}".includes(letter)) depth--;
    }
  }
  return depth;
}

export function withoutBlankEnds(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => !isBlank(line));
  return first < 0 ? [] : lines.slice(first, lines.findLastIndex((line) => !isBlank(line)) + 1);
}
