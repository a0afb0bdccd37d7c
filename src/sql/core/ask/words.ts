/** Words of names and questions, made comparable: `Singer_IDs` and `singer id` have the same. */

/** Words that say nothing of what is asked for. */
const idle = new Set(
  `a an and are as at be been by can could did do does each every find for from give had has have how i in is it its list
  me of on or please return show tell than that the their them there these they this those to was were what when where
  which who whose will with you all any also both`.split(/\s+/),
);

/** The parts of a name or text, lower-case and without their endings, in order. */
export function wordsOf(text: string): string[] {
  return text
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "")
    .map((word) => stem(word.toLowerCase()));
}

/** Those of a question that say something. */
export function tellingWords(question: string): string[] {
  return question
    .replaceAll(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((word) => word !== "" && !idle.has(word))
    .map(stem);
}

/** Takes off the commonest English endings, so that singular and plural, noun and verb meet. */
export function stem(word: string): string {
  if (word.length <= 3) return word;
  const bare = word
    .replace(/ies$/, "y")
    .replace(/(ss|sh|ch|x)es$/, "$1")
    .replace(/([^s])s$/, "$1");
  return bare.length <= 4 ? bare : bare.replace(/(ing|ed|er|or|ion|ment)$/, "").replace(/e$/, "");
}
