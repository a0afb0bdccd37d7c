import { codeOnly, isCommentLine } from "./comments";
import { type Definition, definitionIn } from "./definition";
import { indentUnit, isBlank, leadOf } from "./indentation";
import { languageForm } from "./languageForms";

/** What a definition is documented with. */
export interface Documented {
  readonly summary: string;
  readonly parameters: readonly (readonly [name: string, text: string])[];
  readonly returns: string | undefined;
}

/** Columns of a comment's line. */
const width = 96;

/**
 * The same code with a documentation comment as its language has it, in place of one that is there. The code itself
 * stays as it is, whatever a model says.
 * @param lines without indentation in common.
 */
export function withDocumentation(lines: readonly string[], languageId: string, text: Documented): string[] {
  const definition = definitionIn(lines, languageId);
  if (definition === undefined) return [...lines];
  return languageForm(languageId).documentation === "docstring"
    ? withDocstring(lines, definition, text)
    : withBlock(lines, definition, languageId, text);
}

function withBlock(lines: readonly string[], { line }: Definition, languageId: string, text: Documented): string[] {
  const { documentation, blockComment } = languageForm(languageId);
  let top = line;
  // Decorators and attributes belong to the definition, and the documentation stands above them.
  while (top > 0 && /^\s*(?:@|#?\[)/u.test(lines[top - 1] ?? "")) top--;
  const lead = leadOf(lines[line] ?? "");
  const start = startOfDocumentation(lines, top, languageId);
  const words = rows(text, typeof documentation === "object" ? "plain" : "tags", lead.length + 3);
  const safe = words.map((row) => (blockComment === undefined ? row : row.replaceAll(blockComment[1], "* /")));
  const [first = ""] = safe;
  const comment =
    typeof documentation === "object"
      ? safe.map((row) => `${documentation.mark} ${row}`.trimEnd())
      : safe.length === 1
        ? [`/** ${first} */`]
        : ["/**", ...safe.map((row) => ` * ${row}`.trimEnd()), " */"];
  return [...lines.slice(0, start), ...comment.map((row) => lead + row), ...lines.slice(top)];
}

/** The first line of the documentation that is there; other comments stay. */
function startOfDocumentation(lines: readonly string[], top: number, languageId: string): number {
  const above = lines[top - 1] ?? "";
  if (/\*\/\s*$/u.test(above)) {
    let at = top - 1;
    while (at > 0 && !/^\s*\/\*/u.test(lines[at] ?? "")) at--;
    return /^\s*\/\*\*/u.test(lines[at] ?? "") ? at : top;
  }
  const { documentation } = languageForm(languageId);
  if (typeof documentation !== "object") return top;
  let at = top;
  while (
    at > 0 &&
    (lines[at - 1] ?? "").trim().startsWith(documentation.mark) &&
    isCommentLine(lines[at - 1] ?? "", languageId)
  )
    at--;
  // The first line of a script says what runs it.
  return at === 0 && (lines[0] ?? "").startsWith("#!") ? 1 : at;
}

function withDocstring(lines: readonly string[], { headEnd }: Definition, text: Documented): string[] {
  const body = lines.findIndex((line, at) => at > headEnd && !isBlank(line));
  // A body on the head's own line has no place for one.
  if (body < 0 || /:\s*[^#\s].*$/u.test((lines[headEnd] ?? "").replace(/^.*\)/u, ""))) return [...lines];
  const headLead = leadOf(lines[headEnd] ?? "");
  const unit = indentUnit(lines) ?? 4;
  const ownLead = leadOf(lines[body] ?? "");
  const lead = ownLead.length > headLead.length ? ownLead : headLead + (unit === "\t" ? "\t" : " ".repeat(unit));
  const words = rows(text, "google", lead.length).map((row) => row.replaceAll("\\", "\\\\").replaceAll('"""', "'''"));
  const [first = "", ...rest] = words;
  const comment = rest.length === 0 ? [`"""${first}"""`] : [`"""${first}`, ...rest, '"""'];
  const placed = comment.map((row) => (row === "" ? "" : lead + row));
  return [...lines.slice(0, headEnd + 1), ...placed, ...lines.slice(endOfDocstring(lines, headEnd + 1, body))];
}

function endOfDocstring(lines: readonly string[], from: number, body: number): number {
  const quote = /^\s*[rRuU]?("""|''')/u.exec(lines[body] ?? "")?.[1];
  if (quote === undefined) return from;
  const opened = (lines[body] ?? "").indexOf(quote) + 3;
  if ((lines[body] ?? "").includes(quote, opened)) return body + 1;
  const end = lines.findIndex((line, at) => at > body && line.includes(quote));
  return end < 0 ? from : end + 1;
}

function rows(
  { summary, parameters, returns }: Documented,
  style: "tags" | "plain" | "google",
  lead: number,
): string[] {
  const most = Math.max(40, width - lead);
  const first = wrapped(sentence(summary), most, "");
  if (style === "tags") {
    return [
      ...first,
      ...parameters.flatMap(([name, text]) => wrapped(`@param ${name} ${text}`, most, "  ")),
      ...(returns === undefined ? [] : wrapped(`@returns ${returns}`, most, "  ")),
    ];
  }
  // Rust, Go and C# have no common tags: there a sentence is what people write.
  if (style === "plain") return first;
  return [
    ...first,
    ...(parameters.length === 0
      ? []
      : ["", "Args:", ...parameters.flatMap(([name, text]) => wrapped(`    ${name}: ${text}`, most, "        "))]),
    ...(returns === undefined ? [] : ["", "Returns:", ...wrapped(`    ${returns}`, most, "    ")]),
  ];
}

function wrapped(text: string, most: number, hanging: string): string[] {
  const lead = leadOf(text);
  const found: string[] = [];
  let row = "";
  for (const word of text.trim().split(/\s+/u)) {
    const begun = found.length === 0 ? lead : hanging;
    if (row !== "" && begun.length + row.length + 1 + word.length > most) {
      found.push(begun + row);
      row = word;
    } else row = row === "" ? word : `${row} ${word}`;
  }
  return [...found, (found.length === 0 ? lead : hanging) + row];
}

function sentence(text: string): string {
  const trimmed = text.trim();
  return /[.!?]$/u.test(trimmed) ? trimmed : `${trimmed}.`;
}

/**
 * The comments of an answer put into the code as it was: lines that are nothing but comments go above the line that
 * they stood above. @returns undefined where no comment has such a place.
 */
export function mergeComments(
  original: readonly string[],
  answer: readonly string[],
  languageId: string,
): string[] | undefined {
  if (codeOnly(original, languageId) === codeOnly(answer, languageId)) {
    return answer.join("\n") === original.join("\n") ? undefined : [...answer];
  }
  const present = new Set(original.map((line) => line.trim()));
  const merged: string[] = [];
  let from = 0;
  let waiting: string[] = [];
  let added = false;
  for (const line of answer) {
    if (isCommentLine(line, languageId)) {
      if (!present.has(line.trim())) waiting.push(line.trim());
      continue;
    }
    if (isBlank(line)) continue;
    const at = original.findIndex((own, index) => index >= from && own.trim() === line.trim());
    if (at < 0) {
      waiting = [];
      continue;
    }
    merged.push(...original.slice(from, at));
    const lead = leadOf(original[at] ?? "");
    merged.push(...waiting.map((text) => lead + (text.startsWith("*") ? ` ${text}` : text)));
    added ||= waiting.length > 0;
    waiting = [];
    merged.push(original[at] ?? "");
    from = at + 1;
  }
  merged.push(...original.slice(from));
  if (!added || codeOnly(merged, languageId) !== codeOnly(original, languageId)) return undefined;
  return merged;
}
