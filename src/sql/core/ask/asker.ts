import type { EmbeddedBackend, ModelId, SearchOptions, SearchRequest } from "../../../engine/backend";
import type { SearchResult } from "../../../engine/core/search";
import { cancelled } from "../../../platform/core/errors";
import type { Answer, Asker, AskOptions, Confidence } from "../asking";
import type { OpenDatabase, ValueHit } from "../database";
import type { StatementGate } from "../gate";
import type { DatabaseSchema } from "../schema";
import { chatBeginning, chatMessages, statementIn } from "./chatLayout";
import { samePair, similarPairs } from "./examples";
import { isFollowUp, merged } from "./followUp";
import { languageOf } from "./language";
import { linesBeginning, linesPrompt, schemaLines } from "./layout";
import { inNames, Lexicon, type Notes } from "./lexicon";
import { elect } from "./rank";
import { ShownSchema } from "./shown";
import type { AskSteps, PromptLayoutName } from "./steps";
import { type Trial, Trials } from "./trial";

/** Values that are looked for; those shown to a model are fewer, the others say which column holds what. */
const MOST_HITS = 40;
const MAX_TOKENS = 160;
/** After so long no further answer is run, ms. */
const RUN_MS = 2000;
/**
 * A result has the majority where more than half of what the model might say has it. Of the starter's answers that is
 * so for one in three; 90% of those were right, and 53% of the others, on databases it was tuned on and on others alike.
 */
const MAJORITY = 0.5;

export interface AskModel {
  readonly id: ModelId;
  readonly layout: PromptLayoutName;
  readonly steps: AskSteps;
  /** Of the context that questions are answered in, tokens. */
  readonly contextSize: number;
}

export interface AskerOptions {
  readonly backend: Pick<EmbeddedBackend, "search" | "countTokens">;
  readonly model: AskModel;
  readonly database: Pick<OpenDatabase, "engine" | "prepare" | "query" | "findValues">;
  readonly schema: DatabaseSchema;
  readonly gate: StatementGate;
  readonly notes: Notes;
  /** Whether values may be read for the prompt. */
  readonly values: boolean;
  /** Whether answers may be run to compare their results; absent: yes. */
  readonly runsAnswers?: () => boolean;
  /** Whose KV cache it is: the same for every question on the database. */
  readonly session: string;
  /** A monotonic clock, ms. */
  readonly now?: () => number;
}

interface Failed {
  readonly sql: string;
  readonly error: string;
}

export function createAsker(options: AskerOptions): Asker {
  return new ModelAsker(options);
}

class ModelAsker implements Asker {
  private readonly lexicon: Lexicon;
  private readonly shown: ShownSchema;
  private readonly now: () => number;

  constructor(private readonly options: AskerOptions) {
    const { schema, model, backend, notes } = options;
    this.lexicon = new Lexicon(notes);
    this.now = options.now ?? ((): number => performance.now());
    this.shown = new ShownSchema({
      ...{ schema, layout: model.layout, lexicon: this.lexicon, contextSize: model.contextSize },
      count: async (text, signal) => (await backend.countTokens([text], { model: model.id, signal }))[0] ?? 0,
    });
  }

  async warm(signal: AbortSignal): Promise<void> {
    const schema = await this.shown.whole(signal);
    if (schema === undefined) return;
    const { layout } = this.options.model;
    const prompt: SearchRequest["prompt"] =
      layout === "schema-lines"
        ? { of: "pieces", pieces: linesBeginning(schemaLines(schema)) }
        : { of: "messages", messages: [{ role: "system", text: chatBeginning({ schema, lexicon: this.lexicon }) }] };
    const request = { prompt, answers: 0, budgetMs: 0, maxTokens: 1 };
    await this.options.backend.search(request, { ...this.job(signal), priority: "prefetch" });
  }

  async ask(question: string, options: AskOptions): Promise<Answer> {
    const begun = this.now();
    const known = samePair(question, options.examples);
    if (known !== undefined && !isFollowUp(question)) {
      const trials = new Trials(this.options);
      const trial = await trials.check({ sql: known.sql, logProbability: 0 }, options.signal);
      if (trial !== undefined) return this.answer(trial, "confirmed", [], trials, begun, 1);
    }
    return this.find(question, undefined, options, begun);
  }

  async fix(sql: string, error: string, options: AskOptions): Promise<Answer> {
    const begun = this.now();
    const { signal, earlier } = options;
    const trials = new Trials(this.options);
    options.onStep?.("repair");
    const trial = await trials.check({ sql, logProbability: 0 }, signal);
    // What only had names wrong is put right without a model, and stays what the person wrote.
    if (trial !== undefined && trial.assumptions.length > 0)
      return this.answer(trial, "unconfirmed", [], trials, begun, 1);
    const question = earlier.at(-1)?.question ?? trial?.statement.explanation ?? sql;
    return this.find(question, { sql, error }, { ...options, earlier: earlier.slice(0, -1) }, begun);
  }

  private async find(
    question: string,
    failed: Failed | undefined,
    options: AskOptions,
    begun: number,
  ): Promise<Answer> {
    const { signal, onStep } = options;
    const { database, values, schema, model } = this.options;
    const single = model.layout === "schema-lines";
    const asked = single ? inNames(merged(question, options.earlier), schema.tables, this.lexicon) : question;
    onStep?.("values");
    const hits = values ? await database.findValues(asked, { limit: MOST_HITS, signal }) : [];
    onStep?.("schema");
    const shown = await this.shown.for(asked, hits, signal);
    onStep?.("generate");
    const trials = new Trials(this.options);
    const request = this.request(shown, asked, hits, failed, options);
    const { constrained } = model.steps;
    const language = { language: languageOf(shown, asked, hits) };
    let found = await this.search(constrained === "always" ? { ...request, ...language } : request, signal, begun);
    onStep?.("check");
    let candidates = await this.checked(found, trials, signal);
    if (candidates.length === 0 && constrained === "on-failure") {
      onStep?.("repair");
      found = await this.search({ ...request, ...language }, signal, begun);
      candidates = await this.checked(found, trials, signal);
    }
    onStep?.("vote");
    const tried = await this.run(candidates, trials, signal);
    const [first, ...others] = tried;
    if (first === undefined) return noAnswer(trials);
    const { candidate, probability } = elect([first, ...others], { question: asked, hits, schema: shown }, model.steps);
    const confidence = probability > MAJORITY ? "majority" : "unconfirmed";
    const { cache_n, prompt_n } = found.timings;
    return this.answer(candidate, confidence, hits, trials, begun, cache_n / Math.max(1, cache_n + prompt_n));
  }

  private request(
    shown: DatabaseSchema,
    question: string,
    hits: readonly ValueHit[],
    failed: Failed | undefined,
    { earlier, examples }: AskOptions,
  ): SearchRequest {
    const { layout, steps } = this.options.model;
    const { answers, budgetMs } = steps;
    const common = { answers, budgetMs, maxTokens: MAX_TOKENS, ...(failed === undefined ? {} : { not: [failed.sql] }) };
    if (layout === "schema-lines") {
      return { ...common, prompt: { of: "pieces", pieces: linesPrompt(schemaLines(shown), hits, question) } };
    }
    const messages = chatMessages({
      ...{ schema: shown, lexicon: this.lexicon, hits: hits.slice(0, 8), question, earlier },
      examples: similarPairs(question, examples),
      ...(failed === undefined ? {} : { failed }),
    });
    return { ...common, prompt: { of: "messages", messages } };
  }

  private async search(request: SearchRequest, signal: AbortSignal, askedAt: number): Promise<SearchResult> {
    const result = await this.options.backend.search(request, { ...this.job(signal), askedAt });
    if (signal.aborted) throw cancelled();
    return result;
  }

  private job(signal: AbortSignal): SearchOptions {
    const { model, session } = this.options;
    return { model: model.id, feature: "sql", priority: "chat", signal, session };
  }

  private async checked({ answers }: SearchResult, trials: Trials, signal: AbortSignal): Promise<Trial[]> {
    const passed: Trial[] = [];
    for (const { text, logProbability } of answers) {
      const trial = await trials.check({ sql: statementIn(text), logProbability }, signal);
      if (trial !== undefined) passed.push(trial);
    }
    return passed;
  }

  private async run(candidates: readonly Trial[], trials: Trials, signal: AbortSignal): Promise<Trial[]> {
    const { model, runsAnswers } = this.options;
    if (!model.steps.voted || runsAnswers?.() === false) return [...candidates];
    const until = this.now() + RUN_MS;
    const tried: Trial[] = [];
    for (const trial of candidates) {
      const ran = this.now() > until ? trial : await trials.run(trial, signal);
      if (ran !== undefined) tried.push(ran);
    }
    return tried;
  }

  private answer(
    { written, statement, result, assumptions }: Trial,
    confidence: Confidence,
    hits: readonly ValueHit[],
    trials: Trials,
    begun: number,
    cachedShare: number,
  ): Answer {
    return {
      ...{ kind: "sql", sql: written, statement, confidence, attempts: trials.failures },
      assumptions: [...assumptions, ...matched(written, hits)],
      ...(result === undefined ? {} : { result }),
      ...{ elapsedMs: this.now() - begun, cachedShare },
    };
  }
}

/** Values of the database that the statement compares with, and that the question only named. */
function matched(sql: string, hits: readonly ValueHit[]): string[] {
  const told = new Map<string, string>();
  for (const { table, column, value } of hits) {
    if (sql.includes(`'${value.replaceAll("'", "''")}'`) && sql.includes(column) && !told.has(value))
      told.set(value, `“${value}” is taken for a value of ${table}.${column}.`);
  }
  return [...told.values()];
}

function noAnswer({ failures }: Trials): Answer {
  const last = failures.at(-1);
  return {
    kind: "failed",
    message:
      last === undefined
        ? "The model found no statement over this database that answers the question."
        : `The model found no statement that the database understands: ${last.error}`,
    attempts: failures,
  };
}
