import { setTimeout as sleep } from "node:timers/promises";
import {
  type EditorSnapshot,
  joinedLines,
  linePrefix,
  lineSuffix,
  linesOfText,
} from "../../../src/completion/core/editorSnapshot";
import { Emitter } from "../../../src/platform/core/event";
import { seededRandom } from "../../support/random";
import type { Answer, Assistant, Rules } from "./assistant";
import type { LlamaServer } from "./llamaServer";
import type { RequestLog } from "./requests";
import { Ring } from "./ring";

/**
 * The yardstick: llama-server asked as llama.vscode asks it, written from that extension's published behaviour and
 * default settings (version of August 2026). What differs, to its advantage or for comparison's sake:
 * - one completion a request instead of three, which at temperature 0 would be the same text thrice;
 * - temperature 0, appended to its samplers, so that both sides give the most probable text;
 * - where Paddock's rule says that a suggestion has one line, the server is told to stop at the line's end too; where
 *   it says several, llama.vscode's own rules stop it (indentation, and the time after the first line);
 * - that a suggestion is followed by nothing is remembered like what follows it, since the stop makes it frequent;
 * - a model without FIM tokens, which llama.vscode has no use for, gets the prompt of /infill without its marks and its
 *   suffix, cut to the same number of tokens.
 */
const PREFIX_LINES = 256;
const SUFFIX_LINES = 64;
const MAX_LINE_SUFFIX = 8;
const CACHED_RESULTS = 250;
/** While a request is in progress, the next one looks again after this, ms. */
const WAIT_MS = 150;
const RING_UPDATE_MS = 1000;
/** The ring changes when nothing was asked for this long, ms. */
const RING_IDLE_MS = 3000;
const PREDICTED_TOKENS = 128;
const sampling = {
  top_k: 40,
  top_p: 0.99,
  temperature: 0,
  samplers: ["top_k", "top_p", "infill", "temperature"],
  stream: false,
};
const always = { id_slot: 0, cache_prompt: true, t_max_prompt_ms: 500 };
/** What /infill puts before a chunk where the model has no token for it. */
const CHUNK_MARK = "\n\n--- snippet ---\n\n";

type Server = Pick<LlamaServer, "infills" | "infill" | "completion" | "tokenize" | "beginning" | "shares">;

interface Parts {
  /** Whole lines before the cursor's. */
  readonly prefix: string;
  readonly suffix: string;
  /** The cursor's line left of it; empty when it is blank. */
  readonly prompt: string;
}

export class ServerCompletions implements Assistant {
  private readonly growth = new Emitter<unknown>();
  readonly onDidGrow = this.growth.event;
  private readonly ring: Ring;
  private readonly results = new Map<string, string>();
  private readonly running = new Set<Promise<unknown>>();
  private readonly timer: NodeJS.Timeout;
  private readonly chunkTokens = new Map<string, Promise<number[]>>();
  private inProgress = false;
  private closed = false;
  private lastAsked = performance.now();
  private lastPrompt = "";
  private failure: Error | undefined;

  constructor(
    private readonly server: Server,
    private readonly rules: Rules,
    private readonly log: RequestLog,
    seed = 1,
  ) {
    this.ring = new Ring(seededRandom(seed));
    this.timer = setInterval(() => this.updateRing(), RING_UPDATE_MS);
  }

  open(snapshot: EditorSnapshot): void {
    this.ring.opened(snapshot);
  }

  /** llama.vscode does nothing at a change; it waits to be asked. */
  changed(): void {
    // Nothing.
  }

  async suggest(snapshot: EditorSnapshot, signal: AbortSignal): Promise<Answer> {
    while (this.inProgress) {
      await sleep(WAIT_MS);
      if (signal.aborted) return { none: "typed on" };
    }
    if (this.failure !== undefined) throw this.failure;
    this.inProgress = true;
    try {
      this.lastAsked = performance.now();
      if (lineSuffix(snapshot).length > MAX_LINE_SUFFIX) return { none: "long suffix" };
      const parts = partsOf(snapshot);
      const cached = this.cached(parts);
      const content = cached ?? (await this.ask(parts, snapshot));
      const lines = withoutBlankEnd(content.split(/\r?\n/u));
      const text = repeats(lines, snapshot) ? "" : fitted(lines, lineSuffix(snapshot));
      if (text === "") return { none: "empty" };
      if (cached === undefined) this.remember(parts, text);
      setTimeout(() => this.afterwards(parts, snapshot, text, signal), 0);
      return { text: withoutIndent(text, parts.prompt === "" ? linePrefix(snapshot).length : 0) };
    } finally {
      this.inProgress = false;
    }
  }

  shown(before: string, text: string): void {
    this.log.shown(before, text);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearInterval(this.timer);
    // What runs may start the next, such as the prefetch after a suggestion.
    while (this.running.size > 0) await Promise.allSettled(this.running);
    this.growth.dispose();
    if (this.failure !== undefined) throw this.failure;
  }

  /** What is done once a suggestion stands there: the one after it is asked for, and the ring gets its chunks. */
  private afterwards(parts: Parts, snapshot: EditorSnapshot, text: string, signal: AbortSignal): void {
    if (signal.aborted || this.closed) return;
    this.inBackground(async () => {
      if (lineSuffix(snapshot).trim() === "") await this.prefetch(parts, snapshot, text);
      if (!signal.aborted) this.ring.shown(snapshot);
    });
  }

  private async prefetch(parts: Parts, snapshot: EditorSnapshot, text: string): Promise<void> {
    const accepted = afterAccepting(snapshot, parts, text);
    const next = partsAfter(parts, text);
    if (!this.results.has(keyOf(next))) {
      const content = await this.ask(next, accepted);
      this.remember(next, withoutBlankEnd(content.split(/\r?\n/u)).join("\n"));
    }
    const [first = "", ...rest] = text.split("\n");
    if (rest.length === 0) return;
    const line: Parts = { ...parts, prefix: `${parts.prefix}${parts.prompt}${first}\n`, prompt: "" };
    if (!this.results.has(keyOf(line))) this.remember(line, rest.join("\n"));
  }

  private updateRing(): void {
    if (performance.now() - this.lastAsked < RING_IDLE_MS || !this.ring.advance()) return;
    const payload = { ...always, n_predict: 0, samplers: [], t_max_predict_ms: 1 };
    this.inBackground(() => this.send({ prefix: "", suffix: "", prompt: "" }, payload));
  }

  private ask(parts: Parts, snapshot: EditorSnapshot): Promise<string> {
    const line = snapshot.lines.line(snapshot.cursor.line);
    const indent = line.length - line.trimStart().length;
    return this.send(parts, {
      ...always,
      ...sampling,
      n_predict: PREDICTED_TOKENS,
      t_max_predict_ms: 500,
      ...(indent > 0 ? { n_indent: indent } : {}),
      ...(this.rules.multiLine(snapshot) ? {} : { stop: ["\n"] }),
    });
  }

  private async send(parts: Parts, payload: Readonly<Record<string, unknown>>): Promise<string> {
    const base = parts.prefix + parts.prompt;
    const chunks = this.ring.chunks;
    const job = this.server.infills
      ? this.server.infill({
          ...payload,
          input_prefix: parts.prefix,
          input_suffix: parts.suffix,
          input_extra: chunks.map(({ filename, text }) => ({ filename, text })),
          prompt: parts.prompt,
        })
      : this.prefixOnly(parts).then((prompt) => this.server.completion({ ...payload, prompt }));
    const { content, timings } = await this.kept(job);
    const told = JSON.stringify([chunks.map(({ text }) => text), parts.prefix, parts.suffix]);
    this.log.add({ base, generated: content, ...timings, typedOnly: told === this.lastPrompt });
    this.lastPrompt = told;
    return content;
  }

  /** /infill's prompt without its marks and suffix, as tokens. */
  private async prefixOnly({ prefix, prompt }: Parts): Promise<number[]> {
    const { prefix: most, extra } = this.server.shares;
    const tokenized = (text: string): Promise<number[]> => {
      const known = this.chunkTokens.get(text) ?? this.server.tokenize(text);
      this.chunkTokens.set(text, known);
      return known;
    };
    const [beginning, before, line] = await Promise.all([
      this.server.beginning(),
      this.server.tokenize(prefix),
      this.server.tokenize(prompt),
    ]);
    const chunks = (await Promise.all(this.ring.chunks.map(({ text }) => tokenized(CHUNK_MARK + text)))).flat();
    return [...beginning, ...chunks.slice(-extra), ...before.slice(-most), ...line];
  }

  private inBackground(work: () => Promise<unknown>): void {
    void this.kept(
      work().catch((error: unknown) => {
        this.failure ??= error instanceof Error ? error : new Error(String(error));
      }),
    );
  }

  private async kept<T>(job: Promise<T>): Promise<T> {
    this.running.add(job);
    try {
      return await job;
    } finally {
      this.running.delete(job);
    }
  }

  /** A result for this place, or for one left of it on the line from which just that was typed. */
  private cached(parts: Parts): string | undefined {
    for (let length = parts.prompt.length; length >= 0; length--) {
      const key = keyOf({ ...parts, prompt: parts.prompt.slice(0, length) });
      const result = this.results.get(key);
      const typed = parts.prompt.slice(length);
      if (!result?.startsWith(typed)) continue;
      this.results.delete(key);
      this.results.set(key, result);
      return result.slice(typed.length);
    }
    return undefined;
  }

  private remember(parts: Parts, text: string): void {
    const key = keyOf(parts);
    this.results.delete(key);
    this.results.set(key, text);
    const [oldest] = this.results.keys();
    if (this.results.size > CACHED_RESULTS && oldest !== undefined) this.results.delete(oldest);
  }
}

function keyOf({ prefix, suffix, prompt }: Parts): string {
  return `${prefix}|${suffix}|${prompt}`;
}

function partsOf(snapshot: EditorSnapshot): Parts {
  const { lines, cursor } = snapshot;
  const prompt = linePrefix(snapshot);
  return {
    prefix: joinedLines(lines, cursor.line - PREFIX_LINES, cursor.line),
    suffix: `${lineSuffix(snapshot)}\n${joinedLines(lines, cursor.line + 1, cursor.line + 1 + SUFFIX_LINES)}`,
    prompt: prompt.trim() === "" ? "" : prompt,
  };
}

/** The place once a suggestion was taken whole. */
function partsAfter({ prefix, suffix, prompt }: Parts, text: string): Parts {
  const lines = (prefix + prompt + text).split("\n");
  const last = lines.pop() ?? "";
  return {
    prefix: lines
      .slice(-PREFIX_LINES)
      .map((line) => `${line}\n`)
      .join(""),
    suffix,
    prompt: last,
  };
}

function afterAccepting(snapshot: EditorSnapshot, { prompt }: Parts, text: string): EditorSnapshot {
  const { lines, cursor } = snapshot;
  const left = prompt === "" ? text : prompt + text;
  const before = joinedLines(lines, 0, cursor.line) + left;
  const after = lineSuffix(snapshot) + "\n" + joinedLines(lines, cursor.line + 1, lines.lineCount);
  const line = cursor.line + left.split("\n").length - 1;
  return {
    ...snapshot,
    lines: linesOfText(before + after),
    cursor: { line, character: left.length - (left.lastIndexOf("\n") + 1) },
  };
}

function withoutBlankEnd(lines: readonly string[]): string[] {
  return lines.slice(0, lines.findLastIndex((line) => line.trim() !== "") + 1);
}

/** What is discarded because it stands below already. */
function repeats(suggestion: readonly string[], snapshot: EditorSnapshot): boolean {
  const { lines, cursor } = snapshot;
  const [first, ...rest] = suggestion;
  if (first === undefined) return true;
  const below = (index: number): string | undefined => (index < lines.lineCount ? lines.line(index) : undefined);
  if (cursor.line === lines.lineCount - 1) return false;
  const right = lineSuffix(snapshot);
  const isBelow = (from: number): boolean => rest.every((line, index) => line === below(from + index));
  if (rest.length > 0 && (first.trim() === "" || first.trim() === right.trim()) && isBelow(cursor.line + 1))
    return true;
  if (rest.length === 0 && first === right) return true;
  let next = cursor.line + 1;
  while (below(next)?.trim() === "") next++;
  if (linePrefix(snapshot) + first !== below(next)) return false;
  if (rest.length === 1) return below(next + 1)?.startsWith(rest[0] ?? "") === true;
  return isBelow(next + 1);
}

/** Where text follows on the line, the suggestion ends before it. */
function fitted(lines: readonly string[], right: string): string {
  const [first = ""] = lines;
  if (right.trim() !== "") {
    if (first.endsWith(right)) return first.slice(0, -right.length);
    if (lines.length > 1) return first;
  }
  return lines.join("\n");
}

/** Without the blanks that stand left of the cursor already. */
function withoutIndent(text: string, most: number): string {
  let count = 0;
  while (count < most && /[ \t]/u.test(text.charAt(count))) count++;
  return text.slice(count);
}
