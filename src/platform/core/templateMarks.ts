/**
 * Chat templates print the descriptions of tools, and what they were called with, among their own marks, and there a text
 * that looks like a mark is tokenised as one; servers do so with everything in a prompt. These are the ways in which
 * models write theirs: `<|im_end|>`, `<｜User｜>`, `</s>`, `<end_of_turn>`, `[INST]`, `<BOS_TOKEN>`. Case counts, as it
 * does for them: `<S>` is a type parameter.
 */
const mark =
  /<[|｜][^\s<>|｜]{1,40}[|｜]>|<\/?(?:s|bos|eos|unk|pad|think|tool_call|tool_response|(?:start|end)_of_[a-z]{1,20}|(?:BOS|EOS)_TOKEN)>|\[\/?(?:INST|SYS|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_[A-Z]{1,20})\]/gu;
/** Deeper than any arguments that a grammar lets through. */
const deepest = 20;

/** The same text with a blank after the first character of each mark, so that it is read as the text it is. */
export function withoutMarks(text: string): string {
  return text.replace(mark, (found) => `${found.slice(0, 1)} ${found.slice(1)}`);
}

/** The same for all texts in a value as JSON has it; the value itself where there is none to change. */
export function valueWithoutMarks(value: unknown, depth = 0): unknown {
  if (typeof value === "string") return withoutMarks(value);
  if (typeof value !== "object" || value === null || depth > deepest) return value;
  if (Array.isArray(value)) return value.map((one: unknown) => valueWithoutMarks(one, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [withoutMarks(key), valueWithoutMarks(one, depth + 1)]),
  );
}
