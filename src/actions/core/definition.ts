import { languageForm } from "./languageForms";
import { isBlank, leadOf } from "./indentation";

/** A function, class or their like that some lines begin with, as far as spelling tells. */
export interface Definition {
  readonly name: string;
  /** Its own first line, below comments and decorators. */
  readonly line: number;
  /** The last line of its head: a signature may go over several. */
  readonly headEnd: number;
  readonly parameters: readonly string[];
  /** It gives something back. */
  readonly returns: boolean;
}

const forms = [
  /^\s*(?:[a-z]+\s+)*function\*?\s+([\w$]+)/u,
  /^\s*(?:[a-z]+(?:\([^)]*\))?\s+)*(?:class|interface|enum|struct|trait|module|namespace|record|object|type)\s+([\w$]+)/u,
  /^\s*(?:[a-z]+(?:\([^)]*\))?\s+)*(?:def|fn|func|fun|sub)\s+(?:\([^)]*\)\s*)?([\w$!?]+)/u,
  /^\s*(?:export\s+)?(?:const|let|var)\s+([\w$]+)/u,
  /^\s*([\w-]+)\s*\(\)\s*\{/u,
  /^\s*(?:(?:public|private|protected|static|async|override|readonly|get|set|final|virtual|abstract)\s+)*([\w$#]+)\s*(?:<[^>]*>)?\([^;]*$/u,
  /^\s*[A-Za-z_][\w<>:*&,[\]\s.]*[\s*&]+([A-Za-z_][\w:~]*)\s*\([^;]*$/u,
];
const statement =
  /^\s*(?:\}\s*)?(?:if|else|for|foreach|while|switch|catch|return|with|do|try|new|throw|await|using|lock|elif|match|print|assert)\b/u;
const companion = /^\s*(?:@|\/\/|\/\*|\*|#(?!include)|--|"""|\[)/u;

/** The name that a line defines; undefined where it defines none. */
export function definedName(line: string): string | undefined {
  if (statement.test(line)) return undefined;
  for (const form of forms) {
    const name = form.exec(line)?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}

/** What these lines define first, comments and decorators above it passed over; undefined: they begin otherwise. */
export function definitionIn(lines: readonly string[], languageId: string): Definition | undefined {
  let line = 0;
  while (line < lines.length && (isBlank(lines[line] ?? "") || companion.test(lines[line] ?? ""))) line++;
  const name = definedName(lines[line] ?? "");
  if (name === undefined) return undefined;
  const headEnd = endOfHead(lines, line, languageId);
  const head = lines.slice(line, headEnd + 1).join("\n");
  const body = lines.slice(headEnd).join("\n");
  return {
    name,
    line,
    headEnd,
    parameters: parametersOf(head, name),
    returns: /\breturn[ \t]+[^;\s]/u.test(body) || /=>\s*[^{\s]/u.test(head),
  };
}

/** The line on which the brackets of a signature are closed, and what opens the body stands where it can be seen. */
function endOfHead(lines: readonly string[], start: number, languageId: string): number {
  const opensBody = languageId === "python" ? /:\s*(?:#.*)?$/u : /[{;]\s*(?:\/\/.*)?$|=>\s*$/u;
  let depth = 0;
  for (let at = start; at < lines.length && at < start + 40; at++) {
    for (const letter of lines[at] ?? "") depth += letter === "(" ? 1 : letter === ")" ? -1 : 0;
    if (depth <= 0 && (opensBody.test(lines[at] ?? "") || !isContinued(lines, at))) return at;
  }
  return start;
}

function isContinued(lines: readonly string[], at: number): boolean {
  return leadOf(lines[at + 1] ?? "").length > 0 && /^\s*[{:]/u.test(lines[at + 1] ?? "");
}

/** Names only: types, defaults and what destructures are left out. */
function parametersOf(head: string, name: string): string[] {
  const from = head.indexOf("(", head.indexOf(name));
  if (from < 0) return [];
  let depth = 0;
  let piece = "";
  const pieces: string[] = [];
  // The arrow of a function's type closes nothing.
  for (const letter of head.slice(from).replace(/[=-]>/gu, "")) {
    if ("([{<".includes(letter)) depth++;
    if (letter === "," && depth === 1) {
      pieces.push(piece);
      piece = "";
    } else if (depth > 1 || (depth === 1 && letter !== "(")) piece += letter;
    if (")]}>".includes(letter) && --depth === 0) break;
  }
  pieces.push(piece.replace(/\)$/u, ""));
  return pieces.flatMap((one) => parameterName(one.trim()) ?? []).slice(0, 8);
}

function parameterName(text: string): string | undefined {
  const plain = text.replace(/=(?!>).*$/su, "").trim();
  if (plain === "" || plain.startsWith("{") || plain.startsWith("[")) return undefined;
  const typed =
    /^(?:\.\.\.|\*{1,2})?(?:(?:public|private|protected|readonly|mut|ref|out|final|const)\s+)*([\w$]+)\??\s*:/u.exec(
      plain,
    )?.[1];
  // "int count" has the name last; Go's "count int" is told from it by nothing but its language, and reads well anyway.
  const name = typed ?? /([\w$]+)\s*(?:\[\s*\])?$/u.exec(plain)?.[1];
  return name === undefined || /^(?:self|cls|this|void)$/u.test(name) ? undefined : name;
}

/** Whether lines are nothing but one definition: there is nothing at its own depth after its end. */
export function isOneDefinition(lines: readonly string[], { line, headEnd }: Definition, languageId: string): boolean {
  const width = leadOf(lines[line] ?? "").length;
  const { lineComment } = languageForm(languageId);
  return lines.slice(headEnd + 1).every((text) => {
    if (isBlank(text) || leadOf(text).length > width) return true;
    return (
      /^\s*[)\]}{]/u.test(text) ||
      /^\s*end\b/u.test(text) ||
      (lineComment !== undefined && text.trim().startsWith(lineComment))
    );
  });
}
