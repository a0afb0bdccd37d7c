/**
 * Characters that act instead of being seen: controls, bidirectional overrides, zero-width and invisible ones, tags.
 * What a model or a file writes is shown with these made visible, so that text can't pretend to be other text.
 */
export type TextPiece =
  | { readonly kind: "text"; readonly text: string }
  /** A run of one and the same invisible character. `mark` is what is shown for it, e.g. "U+202E×3". */
  | { readonly kind: "mark"; readonly mark: string; readonly codePoint: number; readonly count: number };

const invisible =
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\u{e0000}-\u{e0fff}]/gu;

/** Joiners that belong to the writing: inside emoji sequences, and between letters of scripts that join. */
const emojiBefore = /[\p{Extended_Pictographic}\p{Emoji_Modifier}\ufe0f]$/u;
const emojiAfter = /^\p{Extended_Pictographic}/u;
const joiningScript =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Khmer}\p{Script=Inherited}]/u;

/** Beyond this many runs in one piece of text the marks are put into the text itself, so that nodes stay few. */
const maxMarks = 200;

/** Splits text at the characters that cannot be seen. Joined together, the pieces show all of the text. */
export function visiblePieces(text: string): TextPiece[] {
  const pieces: TextPiece[] = [];
  let plain = "";
  let marks = 0;
  let from = 0;
  invisible.lastIndex = 0;
  for (let match = invisible.exec(text); match !== null; match = invisible.exec(text)) {
    const character = match[0];
    const start = match.index;
    if (belongs(text, start, character)) continue;
    let count = 1;
    let end = start + character.length;
    while (text.startsWith(character, end)) {
      count++;
      end += character.length;
    }
    plain += text.slice(from, start);
    const codePoint = character.codePointAt(0) ?? 0;
    const mark = `U+${codePoint.toString(16).toUpperCase().padStart(4, "0")}${count > 1 ? `×${count}` : ""}`;
    if (marks < maxMarks) {
      if (plain !== "") pieces.push({ kind: "text", text: plain });
      plain = "";
      pieces.push({ kind: "mark", mark, codePoint, count });
      marks++;
    } else {
      plain += `[${mark}]`;
    }
    from = end;
    invisible.lastIndex = end;
  }
  plain += text.slice(from);
  if (plain !== "") pieces.push({ kind: "text", text: plain });
  return pieces;
}

/** The same as one string, for titles and labels: "user[U+202E]gpj.exe". */
export function visibleText(text: string): string {
  return visiblePieces(text)
    .map((piece) => (piece.kind === "text" ? piece.text : `[${piece.mark}]`))
    .join("");
}

function belongs(text: string, at: number, character: string): boolean {
  if (character !== "\u200d" && character !== "\u200c") return false;
  // A surrogate pair is two units; four reach over a modifier or a variation selector too.
  const before = text.slice(Math.max(0, at - 4), at);
  const after = text.slice(at + 1, at + 3);
  if (character === "\u200d" && emojiBefore.test(before) && emojiAfter.test(after)) return true;
  return joiningScript.test(lastCharacter(before)) && joiningScript.test(firstCharacter(after));
}

function lastCharacter(text: string): string {
  return Array.from(text).at(-1) ?? "";
}

function firstCharacter(text: string): string {
  return Array.from(text)[0] ?? "";
}
