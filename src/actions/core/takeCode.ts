import { fencedBlocks } from "./fence";
import { isBlank } from "./indentation";

export type TakenCode =
  { readonly kind: "code"; readonly lines: readonly string[] } | { readonly kind: "none" | "cutOff" | "repeats" };

/** A model that has lost its way writes the same lines again and again. */
const mostRepeats = 5;

/**
 * The code of an answer without fences and what is said around it.
 * @param ended the model ended by itself, rather than by a limit.
 */
export function takeCode(answer: string, ended: boolean): TakenCode {
  const text = answer.replace(/\r\n?/gu, "\n");
  const blocks = fencedBlocks(text);
  const [first] = blocks.filter((block) => !isBlank(block.text));
  if (blocks.length > 0 && first === undefined) return { kind: "none" };
  const lines = (first?.text ?? withoutTalk(text)).split("\n");
  while (lines.length > 0 && isBlank(lines[0] ?? "")) lines.shift();
  while (lines.length > 0 && isBlank(lines.at(-1) ?? "")) lines.pop();
  if (lines.length === 0) return { kind: "none" };
  if (repeats(lines)) return { kind: "repeats" };
  // A block that was not closed is whole where the model stopped by itself.
  if (!ended && first?.closed !== true) return { kind: "cutOff" };
  return { kind: "code", lines };
}

const talk =
  /^(?:here(?:'s| is| are)\b|sure\b|certainly\b|of course\b|the (?:fixed|corrected|updated|following|code)\b|i (?:have|fixed|changed)\b|this (?:code|function|version)\b|note\b|explanation\b|changes?:)/iu;

/** Without fences: sentences before the code and after the blank line that ends it. */
function withoutTalk(text: string): string {
  const lines = text.split("\n");
  while (lines.length > 0 && (isBlank(lines[0] ?? "") || talk.test(lines[0] ?? ""))) lines.shift();
  const after = lines.findIndex((line, at) => at > 0 && isBlank(lines[at - 1] ?? "") && talk.test(line));
  return (after < 0 ? lines : lines.slice(0, after)).join("\n");
}

/** The end of the code is a few lines over and over. */
export function repeats(lines: readonly string[]): boolean {
  const full = lines.map((line) => line.trim()).filter((line) => line.length > 2);
  for (let size = 1; size <= 4; size++) {
    const block = full.slice(-size).join("\n");
    if (full.length < size * mostRepeats || block === "") continue;
    let count = 0;
    for (let at = full.length - size; at >= 0 && full.slice(at, at + size).join("\n") === block; at -= size) count++;
    if (count >= mostRepeats) return true;
  }
  return false;
}

const elision =
  /^\W*(?:(?:\.\.\.|…)\s*(?:\(?(?:rest|existing|other|remaining|previous|unchanged|same|your|the)\b.*)?|(?:rest|remainder) of (?:the )?(?:code|function|class|file|method|implementation)\b.*|(?:existing|unchanged|remaining|previous) (?:code|implementation|methods?|functions?)\b.*)$/iu;
const comment = /^\s*(?:\/\/|#|--|\/\*|<!--|\*)/u;

/** Whether some line stands for code that was left out: "// ... existing code ...". */
export function hasElision(lines: readonly string[], original: readonly string[], languageId: string): boolean {
  const own = new Set(original.map((line) => line.trim()));
  return lines.some((line) => {
    const text = line.trim();
    if (own.has(text)) return false;
    // In Python a bare "..." is code.
    if (text === "..." || text === "…") return languageId !== "python";
    return (
      comment.test(line) &&
      elision.test(text.replace(/^(?:\/\/|#|--|\/\*|<!--|\*)\s*/u, "").replace(/\s*(?:\*\/|-->)$/u, ""))
    );
  });
}
