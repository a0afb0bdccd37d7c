import type { LlamaModel, Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { Params } from "../../platform/core/rpc";
import type { SearchAnswer, SearchProgress, SearchResult } from "../core/search";
import type { SqlLanguage } from "../core/sqlLanguage";
import { SqlPrefix } from "../core/sqlPrefix";
import type { EngineContract } from "../protocol";
import type { SampledTokens } from "./chatPrompt";
import { beginning } from "./infillPrompt";
import { Drafts } from "./drafts";
import type { Job } from "./jobs";
import type { LoadedModel } from "./loadedModel";
import type { ModelContext } from "./modelContext";
import { prefill } from "./prefill";
import { SearchTokens } from "./searchTokens";
import { commonPrefix, type Slot } from "./slots";
import type { RequestTimer } from "./timer";
import { bytesOf, textOfBytes, type Vocabulary } from "./vocabulary";

/** Room that must be left for an answer, or a prompt is refused. */
const LEAST_ANSWER = 8;
/** A token less probable than this is no beginning of another answer, natural logarithm. */
const LEAST_BRANCH = Math.log(0.004);
/**
 * Nor is what makes an answer so much less probable than the best one, e^-3 or a twentieth. With the starter and its
 * adapter that leaves three answers on average; a wider window has more, and of 209 questions none more right.
 */
const WINDOW = 3;
/** Tokens of all answers together for each one that is wanted: a bound for what may lead nowhere. */
const TOKENS_PER_ANSWER = 120;

/** What the answers have to be; texts are their bytes, one to a character. */
export interface AnswerLanguage {
  isBeginning(bytes: string): boolean;
  isWhole(bytes: string): boolean;
}

/** What is searched for, in the model's own tokens. */
export interface SearchFor {
  readonly model: LlamaModel;
  readonly prompt: readonly Token[];
  readonly stopTokens: ReadonlySet<Token>;
  readonly vocabulary: Vocabulary;
  readonly language: AnswerLanguage | undefined;
  readonly answers: number;
  readonly budgetMs: number;
  readonly maxTokens: number;
  readonly not: ReadonlySet<string>;
}

export interface SearchOptions extends SearchFor {
  readonly context: Pick<ModelContext, "context" | "slots" | "sizer">;
  readonly slot: Slot;
  readonly job: Job;
  readonly timer: RequestTimer;
  readonly progress: (progress: SearchProgress) => void;
}

/** @throws PaddockError unsupported for a model whose vocabulary has no texts to choose by. */
export async function searchFor(
  loaded: LoadedModel,
  sampled: SampledTokens,
  { prompt, language, answers, budgetMs, maxTokens, not }: Params<EngineContract, "search">,
): Promise<SearchFor> {
  const { model } = loaded;
  const vocabulary = await loaded.vocabulary();
  if (vocabulary === undefined) throw new PaddockError("unsupported", "This model's vocabulary cannot be read.");
  const rendered = prompt.of === "messages" ? loaded.renderer.render(prompt.messages, sampled, false) : undefined;
  const pieces = prompt.of === "messages" ? [] : prompt.pieces;
  return {
    ...{ model, vocabulary, answers, budgetMs, maxTokens, not: new Set(not) },
    prompt: rendered?.tokens ?? [
      ...beginning(model),
      ...pieces.flatMap(({ kind, text }) => model.tokenize(text, kind === "mark")),
    ],
    stopTokens: rendered?.stopTokens ?? new Set(),
    language: language === undefined ? undefined : new SqlPrefix(inBytes(language)),
  };
}

/** A token may end within a character, so names are compared by their bytes. */
function inBytes({ tables, joins, texts }: SqlLanguage): SqlLanguage {
  return {
    ...(texts === undefined
      ? {}
      : {
          texts: {
            question: bytesOf(texts.question),
            values: texts.values.map(({ table, column, value }) => ({
              ...{ table: bytesOf(table), column: bytesOf(column), value: bytesOf(value) },
            })),
          },
        }),
    tables: tables.map(({ name, columns }) => ({ name: bytesOf(name), columns: columns.map(bytesOf) })),
    joins: joins.map(({ table, column, toTable, toColumn }) => ({
      ...{ table: bytesOf(table), column: bytesOf(column), toTable: bytesOf(toTable), toColumn: bytesOf(toColumn) },
    })),
  };
}

/** A beginning of an answer that was seen on the way to another one. */
interface Branch {
  readonly tokens: readonly Token[];
  readonly bytes: string;
  /** An upper bound for all answers that begin so. */
  readonly logProbability: number;
  /** It is a whole answer. */
  readonly ended: boolean;
}

/**
 * The most probable answers, in one KV cache: each answer follows the best beginning that is left, greedily to its end,
 * and leaves behind the beginnings it did not take. Going back to one costs the tokens after the place where they part,
 * in one batch.
 * @throws PaddockError context/overflow when the prompt leaves no room for an answer.
 */
export async function search(options: SearchOptions): Promise<Pick<SearchResult, "answers" | "stopReason">> {
  const { slot, prompt, timer, job, progress } = options;
  const { sequence } = slot;
  if (prompt.length === 0) throw new PaddockError("invalid-message", "There is nothing to answer.");
  if (prompt.length + LEAST_ANSWER > sequence.contextSize) {
    throw new PaddockError(
      "context/overflow",
      `The prompt has ${prompt.length.toLocaleString("en")} tokens and the context holds ${sequence.contextSize.toLocaleString("en")}.`,
    );
  }
  const shared = Math.min(commonPrefix(sequence.contextTokens, prompt), prompt.length - 1);
  await sequence.adaptStateToTokens(prompt.slice(0, shared), false);
  const cached = sequence.nextTokenIndex;
  const fresh = prompt.slice(cached);
  if (job.gate.closed) timer.pausedFor(await job.gate.pass(job.signal));
  timer.promptBegins(fresh.length, cached);
  const report = (processed: number, answers: SearchAnswer[] = []): void =>
    progress({ answers, prompt: { total: prompt.length, cached, processed } });
  const before = fresh.slice(0, -1);
  const done = await prefill(sequence, before, {
    ...{ sizer: options.context.sizer, gate: job.gate, signal: job.signal, timer },
    onSlice: (processed) => report(processed),
  });
  if (options.answers === 0 || done < before.length || job.signal.aborted) {
    timer.promptStoppedAt(done);
    return { answers: [], stopReason: job.signal.aborted ? "cancelled" : "end" };
  }
  const searching = new Searching(options);
  try {
    return await searching.run((answer) => report(fresh.length, [answer]));
  } finally {
    await searching.end();
  }
}

class Searching {
  private readonly since = performance.now();
  private readonly branches: Branch[] = [{ tokens: [], bytes: "", logProbability: 0, ended: false }];
  private readonly found: SearchAnswer[] = [];
  private readonly seen: Set<string>;
  private readonly tokens: SearchTokens;
  private readonly drafts: Drafts<Token>;
  private stopReason: SearchResult["stopReason"] = "end";

  constructor(private readonly options: SearchOptions) {
    this.tokens = new SearchTokens(options.context, options.slot);
    this.seen = new Set(options.not);
    const { prompt, vocabulary } = options;
    this.drafts = new Drafts(prompt, (token) => /^\w/.test(vocabulary.text(token) ?? ""));
  }

  async run(tell: (answer: SearchAnswer) => void): Promise<Pick<SearchResult, "answers" | "stopReason">> {
    const { answers, budgetMs, job } = this.options;
    while (this.found.length < answers && !job.signal.aborted) {
      if (this.options.timer.predicted > answers * TOKENS_PER_ANSWER) break;
      if (this.found.length > 0 && this.elapsed > budgetMs) break;
      const branch = this.next();
      if (branch === undefined) break;
      const answer = await this.follow(branch);
      if (answer === undefined) continue;
      this.found.push(answer);
      tell(answer);
    }
    return {
      answers: this.found.toSorted((a, b) => b.logProbability - a.logProbability),
      stopReason: job.signal.aborted ? "cancelled" : this.found.length > 0 ? "end" : this.stopReason,
    };
  }

  end(): Promise<void> {
    return this.tokens.end();
  }

  private get elapsed(): number {
    return performance.now() - this.since;
  }

  /** The best beginning left, where it is worth it. */
  private next(): Branch | undefined {
    let best = 0;
    for (const [index, branch] of this.branches.entries())
      if (branch.logProbability > (this.branches[best]?.logProbability ?? 0)) best = index;
    const [branch] = this.branches.splice(best, 1);
    return branch !== undefined && branch.logProbability >= this.least ? branch : undefined;
  }

  /** Below this nothing is worth it; -Infinity before there is an answer. */
  private get least(): number {
    return Math.max(...this.found.map(({ logProbability }) => logProbability)) - WINDOW;
  }

  /** Goes on from a beginning to the end of an answer; undefined where it leads nowhere or to what was found. */
  private async follow(branch: Branch): Promise<SearchAnswer | undefined> {
    const { prompt, slot, job, timer, maxTokens, budgetMs, vocabulary } = this.options;
    let { bytes, logProbability } = branch;
    if (branch.ended) return this.answer(bytes, logProbability);
    const written = [...branch.tokens];
    for (;;) {
      if (job.gate.closed) {
        this.tokens.giveWay();
        timer.pausedFor(await job.gate.pass(job.signal));
      }
      if (job.signal.aborted || logProbability < this.least) return undefined;
      if (this.found.length > 0 && this.elapsed > budgetMs) return undefined;
      if (written.length >= maxTokens) {
        this.stopReason = "maxTokens";
        return undefined;
      }
      if (prompt.length + written.length >= slot.sequence.contextSize) {
        this.stopReason = "contextFull";
        return undefined;
      }
      const choices = await this.tokens.after([...prompt, ...written], this.drafts.after(written), (token) =>
        this.fits(bytes, token),
      );
      const [best, ...others] = choices;
      if (best === undefined) return undefined;
      timer.token();
      // Where the language rules out what the model would write, what is left is the best there is.
      const least = Math.min(LEAST_BRANCH, best.logProbability - 2);
      for (const { token, logProbability: own } of others) {
        if (own < least || logProbability + own < this.least) continue;
        const ended = this.ends(token);
        this.branches.push({
          tokens: [...written, token],
          bytes: ended ? bytes : bytes + (vocabulary.text(token) ?? ""),
          logProbability: logProbability + own,
          ended,
        });
      }
      logProbability += best.logProbability;
      if (this.ends(best.token)) {
        this.drafts.remember(written);
        return this.answer(bytes, logProbability);
      }
      written.push(best.token);
      bytes += vocabulary.text(best.token) ?? "";
    }
  }

  private answer(bytes: string, logProbability: number): SearchAnswer | undefined {
    const text = textOfBytes(bytes).trim();
    if (text === "" || this.seen.has(text)) return undefined;
    this.seen.add(text);
    return { text, logProbability };
  }

  private ends(token: Token): boolean {
    return this.options.model.isEogToken(token) || this.options.stopTokens.has(token);
  }

  private fits(bytes: string, token: Token): boolean {
    const { language, vocabulary } = this.options;
    if (this.ends(token)) return language === undefined ? bytes !== "" : language.isWhole(bytes);
    const text = vocabulary.text(token);
    if (text === undefined || text === "") return false;
    return language?.isBeginning(bytes + text) ?? true;
  }
}
