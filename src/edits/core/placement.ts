import { companionsStart, definedName, extentEnd, indentOf } from "./definitions";
import { hunksBetween } from "./hunks";
import { applyLineEdits, type LineEdit } from "./lineEdit";
import { isSignificant } from "./lines";

export interface PlaceRequest {
  readonly block: readonly string[];
  readonly document: readonly string[];
  /** As the fence names it; may be empty. */
  readonly language: string;
  /** Lines [start, end) that the person selected; where nothing is selected, start and end are the cursor's line. */
  readonly selection: { readonly start: number; readonly end: number } | undefined;
}

/**
 * whole: the block is the whole file. located: its lines say where it belongs. selection, cursor: they don't, so it is
 * offered where the person is. nowhere: there is no such place either.
 */
export type Placement =
  | {
      readonly kind: "whole" | "located";
      readonly proposed: readonly string[];
      /**
       * Lines of the document that would go with nothing in their place. Without a word for what stays, nobody can tell
       * a line that the block takes out from one that it merely skipped, so the person is told of them.
       */
      readonly leftOut: number;
    }
  | { readonly kind: "selection" | "cursor"; readonly proposed: readonly string[] }
  | { readonly kind: "nowhere" };

/** Finds where a block of code belongs in a document. What the block merely leaves out is never taken away. */
export function placeBlock({ block, document, language, selection }: PlaceRequest): Placement {
  const code = withoutBlankEnds(block);
  if (code.length === 0) return { kind: "nowhere" };
  if (document.every((line) => line.trim() === "")) return { kind: "whole", proposed: [...code, ""], leftOut: 0 };
  const segments = splitAtElisions(code, language);
  const elided = segments.elided;
  if (!elided && isWhole(code, document)) return placed("whole", document, likeDocument(code, document));
  const edits = locate(segments.parts, document, elided);
  if (edits !== undefined && !losesDefinitions(edits, document, code)) {
    return placed("located", document, applyLineEdits(document, edits));
  }
  // A part with holes in it must not be put anywhere as it is.
  if (elided || selection === undefined) return { kind: "nowhere" };
  const first = document[selection.start] ?? "";
  const own = reindent(code, indentOf(code[0] ?? ""), indentOf(first));
  const isBlank = selection.start === selection.end && first.trim() === "" && selection.start < document.length;
  const end = isBlank ? selection.start + 1 : selection.end;
  const last = isBlank && end === document.length;
  const proposed = applyLineEdits(document, [{ start: selection.start, end, lines: last ? [...own, ""] : own }]);
  return { kind: selection.start < selection.end ? "selection" : "cursor", proposed };
}

function placed(kind: "whole" | "located", document: readonly string[], proposed: readonly string[]): Placement {
  const gone = hunksBetween(document, proposed).filter(({ added }) => !added.some(isSignificant));
  const leftOut = gone.reduce((sum, { removed }) => sum + removed.filter(isSignificant).length, 0);
  return { kind, proposed, leftOut };
}

const elisionWords =
  /^(?:\W*(?:\.\.\.|…)[^\w]*(?:[\w\s'’,/()-]{0,80})(?:\.\.\.|…)?\W*|\W*(?:existing|rest of(?: the)?|other|remaining|previous|unchanged)\s+(?:code|file|class|function|methods?|imports?|implementation|content|lines?)[\w\s'’,-]{0,60}\W*)$/i;
const commentStart = /^\s*(?:\/\/|#|--|;|%|\/\*|<!--|\{\/\*|"""|'''|\*)/;

/** "// ... existing code ...", "# ... rest of the file", a bare "..." and their like stand for code that stays. */
export function isElision(line: string, language: string): boolean {
  const text = line.trim();
  if (commentStart.test(text)) {
    const words = text.replace(commentStart, "").trim();
    return words !== "" && elisionWords.test(words);
  }
  // In Python a bare "..." is code.
  return (text === "..." || text === "…") && !/^py/i.test(language);
}

function splitAtElisions(code: readonly string[], language: string): { parts: Part[]; elided: boolean } {
  const parts: Part[] = [];
  let lines: string[] = [];
  let after = false;
  const close = (before: boolean): void => {
    const trimmed = withoutBlankEnds(lines);
    if (trimmed.length > 0) parts.push({ lines: trimmed, after, before });
    lines = [];
  };
  for (const line of code) {
    if (isElision(line, language)) {
      close(true);
      after = true;
    } else lines.push(line);
  }
  const elided = after;
  close(false);
  return { parts, elided };
}

interface Part {
  readonly lines: readonly string[];
  /** Something is left out above it, or below it. */
  readonly after: boolean;
  readonly before: boolean;
}

/** The whole file: begins and ends as the document does, and has most of its lines. */
function isWhole(code: readonly string[], document: readonly string[]): boolean {
  const own = document.filter(isSignificant).map((line) => line.trim());
  const given = code.filter(isSignificant).map((line) => line.trim());
  const has = new Set(given);
  const kept = own.filter((line) => has.has(line)).length;
  const lastOwn = document.findLast((line) => line.trim() !== "")?.trim();
  const lastGiven = code.findLast((line) => line.trim() !== "")?.trim();
  const starts = own[0] === given[0];
  const ends = own.at(-1) === given.at(-1) || lastOwn === lastGiven;
  const definitions = document.map(definedName).filter((name) => name !== undefined);
  const names = new Set(code.map(definedName));
  return starts && ends && kept >= own.length * 0.6 && definitions.every((name) => names.has(name));
}

/** With the document's own blank lines at its end: a fence says nothing about them. */
function likeDocument(code: readonly string[], document: readonly string[]): string[] {
  const last = document.findLastIndex((line) => line.trim() !== "");
  return [...code, ...document.slice(last + 1)];
}

function locate(parts: readonly Part[], document: readonly string[], elided: boolean): LineEdit[] | undefined {
  const edits: LineEdit[] = [];
  let from = 0;
  /** Where the last part stood: a part without a trace of its own belongs into the same scope. */
  let opener: number | undefined;
  for (const part of parts) {
    const found =
      byDefinitions(part.lines, document, from) ??
      byAnchors(part.lines, document, from) ??
      (elided ? (byLikeness(part.lines, document, from) ?? byScope(part, document, from, opener)) : undefined);
    if (found === undefined) return undefined;
    edits.push(...found.edits);
    from = Math.max(from, found.end);
    opener = found.opener ?? opener;
  }
  edits.sort((a, b) => a.start - b.start || a.end - b.end);
  const overlap = edits.some((edit, index) => index > 0 && edit.start < (edits[index - 1]?.end ?? 0));
  return overlap || edits.length === 0 ? undefined : edits;
}

interface Found {
  readonly edits: readonly LineEdit[];
  readonly end: number;
  readonly opener?: number;
}

/** Each definition of the part takes the place of the document's own of that name; a new one follows its neighbour. */
function byDefinitions(lines: readonly string[], document: readonly string[], from: number): Found | undefined {
  const edits: LineEdit[] = [];
  let at = 0;
  let known = false;
  let end = from;
  while (at < lines.length) {
    let head = at;
    while (head < lines.length && (lines[head]?.trim() === "" || isCompanion(lines, head))) head++;
    const name = definedName(lines[head] ?? "");
    if (name === undefined) return undefined;
    const close = extentEnd(lines, head);
    // Only its first lines were given: the rest is somewhere else in the block, or left out.
    if (close === head + 1 && /[{:(]\s*$/.test(lines[head] ?? "")) return undefined;
    const own = lines.slice(at, close);
    const places = document.flatMap((line, index) => (definedName(line) === name ? [index] : []));
    const [place] = places;
    if (places.length > 1) return undefined;
    if (place !== undefined) {
      const start = head > firstText(lines, at) ? companionsStart(document, place) : place;
      const shifted = reindent(withoutBlankEnds(own), indentOf(lines[head] ?? ""), indentOf(document[place] ?? ""));
      end = extentEnd(document, place);
      const whole = { start, end, lines: shifted };
      const inside = losesDefinitions([whole], document, own)
        ? byMembers(lines.slice(head + 1, close), document, place + 1, end)
        : [whole];
      if (inside === undefined) return undefined;
      edits.push(...inside);
      known = true;
    } else if (known) {
      const last = edits.pop();
      if (last !== undefined) edits.push({ ...last, lines: [...last.lines, "", ...withoutBlankEnds(own)] });
    } else return undefined;
    at = close;
    while (at < lines.length && lines[at]?.trim() === "") at++;
  }
  return known ? { edits, end } : undefined;
}

/** A class with some of its members: those take their places in the document's class, new ones its end. */
function byMembers(
  lines: readonly string[],
  document: readonly string[],
  start: number,
  end: number,
): LineEdit[] | undefined {
  const edits: LineEdit[] = [];
  const present = new Set(document.slice(start, end).map((line) => line.trim()));
  const close = isSignificant(document[end - 1] ?? "") ? end : end - 1;
  for (let at = 0; at < lines.length;) {
    const line = lines[at] ?? "";
    const name = definedName(line);
    if (name === undefined) {
      // A field or a comment that is new belongs somewhere that nobody can tell.
      if (!present.has(line.trim()) && line.trim() !== "") return undefined;
      at++;
      continue;
    }
    const until = extentEnd(lines, at);
    const own = withoutBlankEnds(lines.slice(at, until));
    const places = Array.from({ length: end - start }, (_, index) => start + index).filter(
      (index) => definedName(document[index] ?? "") === name,
    );
    const [place] = places;
    if (places.length > 1) return undefined;
    if (place === undefined) edits.push({ start: close, end: close, lines: ["", ...own] });
    else {
      const shifted = reindent(own, indentOf(line), indentOf(document[place] ?? ""));
      edits.push({ start: place, end: extentEnd(document, place), lines: shifted });
    }
    at = until;
  }
  return edits;
}

function firstText(lines: readonly string[], at: number): number {
  let first = at;
  while (first < lines.length && lines[first]?.trim() === "") first++;
  return first;
}

function isCompanion(lines: readonly string[], at: number): boolean {
  return companionsStart(lines, at + 1, at) === at && definedName(lines[at] ?? "") === undefined;
}

/** Lines that the part and the document have once each, in the same order, say what the part stands for. */
function byAnchors(lines: readonly string[], document: readonly string[], from: number): Found | undefined {
  const places = new Map<string, number[]>();
  for (let at = from; at < document.length; at++) {
    const text = (document[at] ?? "").trim();
    places.set(text, [...(places.get(text) ?? []), at]);
  }
  const counts = new Map<string, number>();
  for (const line of lines) counts.set(line.trim(), (counts.get(line.trim()) ?? 0) + 1);
  const anchors: { line: number; at: number }[] = [];
  for (const [line, text] of lines.entries()) {
    const found = places.get(text.trim());
    const [at] = found ?? [];
    if (!isSignificant(text) || found?.length !== 1 || counts.get(text.trim()) !== 1 || at === undefined) continue;
    // Code that is in another order than the document's is not the same code changed.
    if (at <= (anchors.at(-1)?.at ?? -1)) return undefined;
    anchors.push({ line, at });
  }
  const [first] = anchors;
  const last = anchors.at(-1);
  if (first === undefined || last === undefined) return undefined;
  let [start, top] = [first.at, first.line];
  while (top > 0 && start > from && alike(lines[top - 1] ?? "", document[start - 1] ?? "")) {
    top--;
    start--;
  }
  let [end, bottom] = [last.at + 1, last.line + 1];
  while (bottom < lines.length && end < document.length && alike(lines[bottom] ?? "", document[end] ?? "")) {
    bottom++;
    end++;
  }
  const significant = lines.filter(isSignificant).length;
  const matched =
    anchors.length +
    lines
      .slice(top, first.line)
      .concat(lines.slice(last.line + 1, bottom))
      .filter(isSignificant).length;
  if (matched < Math.max(1, significant * 0.3) || end - start > 2 * lines.length + 5) return undefined;
  const shifted = reindent(lines, indentOf(lines[first.line] ?? ""), indentOf(document[first.at] ?? ""));
  const opener = /[{:([]\s*$/.test(lines[last.line] ?? "") ? last.at : undefined;
  return { edits: [{ start, end, lines: shifted }], end, ...(opener === undefined ? {} : { opener }) };
}

/** Statements of which each is one of the document's, changed: like that one and no other, in the same order. */
function byLikeness(lines: readonly string[], document: readonly string[], from: number): Found | undefined {
  if (lines.some((line) => definedName(line) !== undefined || importing.test(line))) return undefined;
  const places: number[] = [];
  for (const line of lines.filter(isSignificant)) {
    const like = document.flatMap((own, at) => (at >= from && isSignificant(own) && alike(line, own) ? [at] : []));
    const [at] = like;
    if (at === undefined || like.length > 1 || at <= (places.at(-1) ?? -1)) return undefined;
    places.push(at);
  }
  const [start] = places;
  const end = (places.at(-1) ?? 0) + 1;
  if (start === undefined || end - start > 2 * lines.length + 5) return undefined;
  return {
    edits: [{ start, end, lines: reindent(lines, indentOf(lines[0] ?? ""), indentOf(document[start] ?? "")) }],
    end,
  };
}

/** The same line, or one that was changed: most of its words are the same. */
function alike(a: string, b: string): boolean {
  if (a.trim() === b.trim()) return true;
  const words = (line: string): string[] => line.match(/[\p{L}\p{N}_]+/gu) ?? [];
  const [left, right] = [words(a), words(b)];
  if (left.length === 0 || right.length === 0) return false;
  const rest = [...right];
  let common = 0;
  for (const word of left) {
    const at = rest.indexOf(word);
    if (at === -1) continue;
    rest.splice(at, 1);
    common++;
  }
  return (2 * common) / (left.length + right.length) >= 0.6;
}

/** New code beside something left out: at the end of the scope the block has opened, or at an end of the file. */
function byScope(part: Part, document: readonly string[], from: number, opener: number | undefined): Found | undefined {
  const { lines } = part;
  // Imports and their like stand at the top.
  if (!part.after && part.before && lines.every((line) => !isSignificant(line) || importing.test(line))) {
    const last = document.findLastIndex((line) => importing.test(line));
    return { edits: [{ start: last + 1, end: last + 1, lines }], end: last + 1 };
  }
  if (!part.after || part.before) return undefined;
  const [head = ""] = lines;
  if (opener !== undefined && indentOf(head).length > indentOf(document[opener] ?? "").length) {
    const end = extentEnd(document, opener);
    const closes = !isSignificant(document[end - 1] ?? "");
    const at = closes ? end - 1 : end;
    const width = indentOf(document[opener] ?? "").length;
    const own = [...lines];
    while (own.length > 0 && !isSignificant(own.at(-1) ?? "") && indentOf(own.at(-1) ?? "").length <= width) own.pop();
    if (own.length === 0) return { edits: [], end };
    const spaced = (document[at - 1] ?? "").trim() === "" ? own : ["", ...own];
    return { edits: [{ start: at, end: at, lines: spaced }], end };
  }
  if (lines.every((line) => !isSignificant(line))) return { edits: [], end: from };
  if (indentOf(head) !== "") return undefined;
  const last = document.findLastIndex((line) => line.trim() !== "") + 1;
  return { edits: [{ start: last, end: last, lines: ["", ...lines] }], end: last };
}

const importing = /^\s*(?:import\b|from\s+\S+\s+import\b|#include\b|using\b|use\s|(?:const|var|let)\s.*\brequire\()/;

/** Whether edits would take away a definition that the block has nowhere: then it left that out, and is misplaced. */
function losesDefinitions(edits: readonly LineEdit[], document: readonly string[], code: readonly string[]): boolean {
  const given = new Set(code.map(definedName));
  return edits.some(({ start, end }) =>
    document.slice(start, end).some((line) => {
      const name = definedName(line);
      return name !== undefined && !given.has(name);
    }),
  );
}

function reindent(lines: readonly string[], from: string, to: string): string[] {
  return lines.map((line) => (line.startsWith(from) && line.trim() !== "" ? to + line.slice(from.length) : line));
}

function withoutBlankEnds(lines: readonly string[]): string[] {
  const first = lines.findIndex((line) => line.trim() !== "");
  return first === -1 ? [] : lines.slice(first, lines.findLastIndex((line) => line.trim() !== "") + 1);
}
