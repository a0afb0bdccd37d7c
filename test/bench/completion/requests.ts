/** One request to an engine as it ended. */
export interface ComputedRequest {
  /** The text that the generated text was meant to follow, from where the prompt's window begins. */
  readonly base: string;
  readonly generated: string;
  readonly prompt_n: number;
  readonly cache_n: number;
  readonly predicted_n: number;
  /** It differs from the one before it in the same KV cache only in what was typed. */
  readonly typedOnly: boolean;
}

/** So much of a base's end tells where in the document it ends. */
const TELLING = 200;

/** The requests of one side, and which of them came to be seen. */
export class RequestLog {
  private readonly requests: (ComputedRequest & { shown: boolean })[] = [];

  add(request: ComputedRequest): void {
    this.requests.push({ ...request, shown: false });
  }

  /** A text is shown behind `before`: the newest request that it may come from was not in vain. */
  shown(before: string, text: string): void {
    const source = this.requests.findLast((request) => isFrom(request, before, text));
    if (source !== undefined) source.shown = true;
  }

  get count(): number {
    return this.requests.length;
  }

  /** Of the prompts that only typing changed, the share found in the KV cache; null without such requests. */
  get cachedShare(): number | null {
    const typed = this.requests.filter(({ typedOnly }) => typedOnly);
    const cached = sum(typed.map(({ cache_n }) => cache_n));
    const all = cached + sum(typed.map(({ prompt_n }) => prompt_n));
    return all === 0 ? null : cached / all;
  }

  /** Of all tokens computed, prompt and generated, the share in requests of which nothing was seen. */
  get wastedShare(): number | null {
    const all = sum(this.requests.map(tokens));
    return all === 0 ? null : sum(this.requests.filter(({ shown }) => !shown).map(tokens)) / all;
  }

  /** Of all tokens computed, those of requests that generate nothing: prompts put into the KV cache ahead of time. */
  get aheadShare(): number | null {
    const all = sum(this.requests.map(tokens));
    return all === 0 ? null : sum(this.requests.filter(({ predicted_n }) => predicted_n === 0).map(tokens)) / all;
  }
}

/** Whether a text shown behind `before` is what a request generated, less what was typed of it since. */
export function isFrom({ base, generated }: Pick<ComputedRequest, "base" | "generated">, before: string, text: string) {
  const end = base.slice(-TELLING);
  const at = before.lastIndexOf(end);
  if (at < 0 || generated.trim() === "") return false;
  const typed = before.slice(at + end.length);
  // Indentation may be made the file's own before a text is shown.
  const [whole, seen] = [withoutIndent(generated), withoutIndent(typed + text)];
  if (!whole.startsWith(withoutIndent(typed).trimEnd())) return false;
  const length = Math.min(whole.length, seen.length, withoutIndent(typed).length + 3);
  return length > 0 && whole.slice(0, length) === seen.slice(0, length);
}

function withoutIndent(text: string): string {
  return text.replaceAll(/^[ \t]+/gmu, "").trimStart();
}

function tokens({ prompt_n, predicted_n }: ComputedRequest): number {
  return prompt_n + predicted_n;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
