/** What a diff says about one file. */
export interface DiffPart {
  /** Every name it may go by: before and after, as git writes them, without "a/" and "b/". */
  readonly paths: readonly string[];
  readonly text: string;
}

const header = /^diff --(?:git|cc|combined) /mu;
/** `a/` and `b/`, or with diff.mnemonicPrefix `i/`, `w/`, `c/` and `o/`. */
const prefix = /^[abciow]\//u;

/**
 * A diff of several files in its parts. @returns `other`: what stands before the first part, as a program of
 * diff.external writes it; nobody can say which file that is about.
 */
export function diffParts(diff: string): { readonly parts: readonly DiffPart[]; readonly other: string } {
  const first = diff.search(header);
  if (first < 0) return { parts: [], other: diff.trim() };
  const parts = diff
    .slice(first)
    .split(/^(?=diff --(?:git|cc|combined) )/mu)
    .map((text) => ({ paths: pathsOf(text), text: text.trimEnd() }));
  return { parts, other: diff.slice(0, first).trim() };
}

function pathsOf(part: string): string[] {
  const hunk = part.search(/^@@/mu);
  const lines = (hunk < 0 ? part : part.slice(0, hunk)).split("\n");
  const found = new Set<string>();
  for (const line of lines) {
    const named = /^(?:--- |\+\+\+ |rename (?:from|to) |copy (?:from|to) )(?<name>.*)$/u.exec(line)?.groups?.name;
    // git ends a name that has a space in it with a tab.
    if (named !== undefined && named !== "/dev/null") addBoth(found, unquoted(named.replace(/\t$/u, "")));
  }
  if (found.size > 0) return [...found];
  // A binary or empty file: both names stand in the first line only, and they are the same.
  const names = lines[0]?.replace(/^diff --(?:git|cc|combined) /u, "") ?? "";
  const quoted = /"(?:[^"\\]|\\.)*"/gu;
  for (const name of names.match(quoted) ?? []) addBoth(found, unquoted(name));
  const plain = names.replace(quoted, "").trim();
  const middle = (plain.length - 1) / 2;
  if (Number.isInteger(middle) && plain[middle] === " ") addBoth(found, plain.slice(middle + 1));
  else if (plain !== "") addBoth(found, plain);
  return [...found];
}

/** With diff.noprefix a folder "a" would be taken for a prefix, so the name as it stands is kept as well. */
function addBoth(found: Set<string>, name: string): void {
  if (prefix.test(name)) found.add(name.replace(prefix, ""));
  found.add(name);
}

/** git puts names with unusual characters into quotes, their bytes as octal escapes. */
function unquoted(name: string): string {
  if (!name.startsWith('"') || !name.endsWith('"')) return name;
  let encoded = "";
  for (const piece of name.slice(1, -1).matchAll(/\\(?<octal>[0-7]{3})|\\(?<escaped>.)|(?<plain>[^\\]+)/gsu)) {
    const { octal, escaped, plain } = piece.groups ?? {};
    if (octal !== undefined) encoded += `%${Number.parseInt(octal, 8).toString(16).padStart(2, "0")}`;
    else encoded += encodeURIComponent(plain ?? controls[escaped ?? ""] ?? escaped ?? "");
  }
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Bytes that are no UTF-8; the name as git wrote it ends as the file's does.
    return name.slice(1, -1);
  }
}

const controls: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", b: "\b", f: "\f", v: "\v", a: "\x07" };
