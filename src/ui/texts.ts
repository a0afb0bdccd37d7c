/**
 * A page's texts as the host gave them; where one is missing or no text, the English one stands in.
 * @param json of the page's data-texts.
 */
export function readTexts<T extends Readonly<Record<string, string>>>(english: T, json: string | undefined): T {
  if (json === undefined) return english;
  let given: unknown;
  try {
    given = JSON.parse(json);
  } catch {
    return english;
  }
  if (typeof given !== "object" || given === null) return english;
  const known = new Map(Object.entries(given));
  const texts = Object.entries(english).map(([key, text]) => {
    const translated: unknown = known.get(key);
    return [key, typeof translated === "string" && translated !== "" ? translated : text];
  });
  return Object.fromEntries(texts) as T;
}

/** Puts values into "{0}", "{1}" of a text. */
export function fill(text: string, ...values: readonly (string | number)[]): string {
  return text.replace(/\{(\d)\}/g, (whole, index: string) => String(values[Number(index)] ?? whole));
}
