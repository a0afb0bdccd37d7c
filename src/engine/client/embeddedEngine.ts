import { PaddockError } from "../../platform/core/errors";
import { type Disposable, toDisposable } from "../../platform/core/disposables";
import type { Event } from "../../platform/core/event";
import type {
  ChatRequest,
  CompleteRequest,
  EmbeddedBackend,
  FillInMiddleRequest,
  InfillOptions,
  InfillRequest,
  JobOptions,
  LoadedModel,
  ModelId,
  ModelLifecycle,
  ModelState,
  ModelStateChange,
  SearchOptions,
  SearchRequest,
  StateOptions,
} from "../backend";
import type { SearchProgress, SearchResult } from "../core/search";
import type { DescribedPart, InfillProgress, InfillResult } from "../infill";
import type { GenerationProgress, GenerationResult, PromptMessage, Tool } from "../protocol";
import { type EmbeddedEngineOptions, EngineJobs } from "./engineJobs";
import type { EngineProcess } from "./engineProcess";
import { ProcessMeasuring, type ProcessMeasuringOptions } from "./measuring";
import type { Running, Supervisor } from "./supervisor";

type Where = { readonly model: ModelId; readonly signal: AbortSignal };

const answers = ({ predicted_n }: GenerationProgress): boolean => predicted_n > 0;

/** llama.cpp in processes of its own, one for each loaded model, behind the two tiers of the backend interface. */
export class EmbeddedEngine implements EmbeddedBackend, ModelLifecycle {
  private readonly jobs: EngineJobs;
  readonly onDidChangeState: Event<ModelStateChange>;
  private readonly leaving = new Set<(model: ModelId) => Promise<void>>();

  private readonly measurers: ProcessMeasuring[] = [];

  constructor(private readonly options: EmbeddedEngineOptions) {
    this.jobs = new EngineJobs(options);
    this.onDidChangeState = this.jobs.onDidChangeState;
  }

  // --- lifecycle ---

  state(model: ModelId): ModelState {
    return this.jobs.known(model)?.state ?? { status: "unloaded" };
  }

  async load(model: ModelId, signal: AbortSignal): Promise<LoadedModel> {
    const supervisor = this.jobs.supervisor(model);
    await supervisor.load(signal);
    return loadedOf(supervisor);
  }

  async prepare(model: ModelId, signal: AbortSignal): Promise<void> {
    await this.load(model, signal);
  }

  async unload(model: ModelId): Promise<void> {
    await this.saidGoodbye(model);
    await this.jobs.known(model)?.unload();
  }

  async restart(model: ModelId, signal: AbortSignal): Promise<LoadedModel> {
    const supervisor = this.jobs.supervisor(model);
    await this.saidGoodbye(model);
    await supervisor.restart(signal);
    return loadedOf(supervisor);
  }

  beforeUnload(listener: (model: ModelId) => Promise<void>): Disposable {
    this.leaving.add(listener);
    return toDisposable(() => this.leaving.delete(listener));
  }

  /** Models that have an engine now. */
  loadedModels(): ModelId[] {
    return this.jobs.loadedModels();
  }

  /** Ends every engine; nothing is left running when it resolves. */
  async close(): Promise<void> {
    await Promise.all([this.jobs.close(), ...this.measurers.map((measurer) => measurer.close())]);
  }

  /** Measures files in processes of their own, in turn with all else that this engine does. */
  measuring(how: Pick<ProcessMeasuringOptions, "check" | "folder">): ProcessMeasuring {
    const { scheduler } = this.jobs;
    const { settings } = this.options;
    const launch = (poolThreads?: number): EngineProcess => this.jobs.launch(poolThreads);
    const measurer = new ProcessMeasuring({ launch, scheduler, settings, ...how });
    this.measurers.push(measurer);
    return measurer;
  }

  // --- portable tier ---

  async capabilities(model: ModelId, signal: AbortSignal): Promise<LoadedModel["info"]["can"]> {
    return (await this.load(model, signal)).info.can;
  }

  chat(request: ChatRequest, options: JobOptions): Promise<GenerationResult> {
    return this.jobs.generate(options, answers, (running, fields, call) =>
      running.engine.peer.request(
        "chat",
        {
          ...fields,
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          ...guessing(running),
          messages: [...request.messages],
          ...(request.continueLast === undefined ? {} : { continueLast: request.continueLast }),
          ...(request.reasoningBudget === undefined ? {} : { reasoningBudget: request.reasoningBudget }),
          ...(request.tools === undefined ? {} : { tools: [...request.tools] }),
          ...(request.schema === undefined ? {} : { schema: { ...request.schema } }),
        },
        call,
      ),
    );
  }

  complete(request: CompleteRequest, options: JobOptions): Promise<GenerationResult> {
    return this.jobs.generate(options, answers, (running, fields, call) =>
      running.engine.peer.request(
        "complete",
        {
          ...fields,
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          ...guessing(running),
          prompt: request.prompt,
          ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
          ...(request.schema === undefined ? {} : { schema: { ...request.schema } }),
        },
        call,
      ),
    );
  }

  fillInMiddle(request: FillInMiddleRequest, options: JobOptions): Promise<GenerationResult> {
    return this.jobs.generate(options, answers, (running, fields, call) =>
      running.engine.peer.request(
        "fillInMiddle",
        {
          ...fields,
          sampling: request.sampling,
          maxTokens: request.maxTokens,
          prefix: request.prefix,
          suffix: request.suffix,
          ...(request.files === undefined ? {} : { files: [...request.files] }),
          ...(request.repository === undefined ? {} : { repository: request.repository }),
          ...(request.stop === undefined ? {} : { stop: [...request.stop] }),
        },
        call,
      ),
    );
  }

  embed(inputs: readonly string[], options: JobOptions): Promise<{ vectors: number[][]; tokens: number }> {
    return this.jobs.scheduled(options, (running, job) =>
      running.engine.peer.request("embed", { job, inputs: [...inputs] }, { signal: options.signal }),
    );
  }

  async countTokens(texts: readonly string[], where: Where): Promise<number[]> {
    return (
      await this.jobs.light(where, ({ engine }) =>
        engine.peer.request("countTokens", { of: "texts", texts: [...texts] }, where),
      )
    ).counts;
  }

  async countMessageTokens(
    messages: readonly PromptMessage[],
    options: Where & { readonly tools?: readonly Tool[] },
  ): Promise<number> {
    const { counts } = await this.jobs.light(options, ({ engine }) =>
      engine.peer.request(
        "countTokens",
        {
          of: "messages",
          messages: [...messages],
          ...(options.tools === undefined ? {} : { tools: [...options.tools] }),
        },
        { signal: options.signal },
      ),
    );
    return counts[0] ?? 0;
  }

  // --- embedded-only tier ---

  infill(request: InfillRequest, options: InfillOptions): Promise<InfillResult> {
    return this.jobs.generate(
      options,
      ({ pieces }: InfillProgress) => pieces.length > 0,
      (running, fields, call) =>
        running.engine.peer.request(
          "infill",
          {
            ...fields,
            prompt: request.prompt,
            maxTokens: request.maxTokens,
            ...(request.layout === undefined ? {} : { layout: request.layout }),
            ...(request.branch === undefined ? {} : { branch: request.branch }),
          },
          call,
        ),
    );
  }

  search(request: SearchRequest, options: SearchOptions): Promise<SearchResult> {
    const { language, not } = request;
    return this.jobs.generate(
      options,
      ({ answers }: SearchProgress) => answers.length > 0,
      (running, fields, call) =>
        running.engine.peer.request(
          "search",
          {
            ...fields,
            prompt: request.prompt,
            answers: request.answers,
            budgetMs: request.budgetMs,
            maxTokens: request.maxTokens,
            ...(language === undefined ? {} : { language }),
            ...(not === undefined ? {} : { not: [...not] }),
          },
          call,
        ),
    );
  }

  async describeInfill(
    { layout, prompt }: Pick<InfillRequest, "layout" | "prompt">,
    where: Where,
  ): Promise<DescribedPart[]> {
    const { parts } = await this.jobs.light(where, ({ engine }) =>
      engine.peer.request("describeInfill", { prompt, ...(layout === undefined ? {} : { layout }) }, where),
    );
    return parts;
  }

  async tokenize(text: string, options: Where & { readonly special: boolean }): Promise<number[]> {
    const { special, signal } = options;
    return (
      await this.jobs.light(options, ({ engine }) => engine.peer.request("tokenize", { text, special }, { signal }))
    ).tokens;
  }

  detokenize(
    tokens: readonly number[],
    options: Where & { readonly special: boolean },
  ): Promise<{ text: string; pieces: string[] }> {
    const { special, signal } = options;
    return this.jobs.light(options, ({ engine }) =>
      engine.peer.request("detokenize", { tokens: [...tokens], special }, { signal }),
    );
  }

  async probabilities(
    request: { tokens: readonly number[]; from: number; top: number },
    options: JobOptions,
  ): Promise<{ actual: number | null; top: { token: number; probability: number }[] }[]> {
    const { positions } = await this.jobs.scheduled(options, async (running, job) => {
      const context = await this.jobs.context(running, options);
      const { from, top } = request;
      return running.engine.peer.request(
        "probabilities",
        {
          job,
          context,
          tokens: [...request.tokens],
          from,
          top,
          ...(options.session === undefined ? {} : { session: options.session }),
        },
        { signal: options.signal },
      );
    });
    return positions;
  }

  saveState(path: string, options: StateOptions): Promise<{ tokens: number; bytes: number; identityKey: string }> {
    const { session, signal } = options;
    return this.jobs.withState(options, ({ engine }, job) =>
      engine.peer.request("saveState", { job, context: "main", session, path }, { signal }),
    );
  }

  loadState(
    path: string,
    options: StateOptions & { readonly identityKey: string },
  ): Promise<{ tokens: number; loaded: boolean }> {
    const { session, identityKey, signal } = options;
    return this.jobs.withState(options, ({ engine }, job) =>
      engine.peer.request("loadState", { job, context: "main", session, path, identityKey }, { signal }),
    );
  }

  /** What a model that is ready and idle holds in memory may be saved before it goes. */
  private async saidGoodbye(model: ModelId): Promise<void> {
    const { state } = this.jobs.known(model) ?? {};
    if (state?.status !== "ready" || state.busy) return;
    await Promise.allSettled([...this.leaving].map((listener) => listener(model)));
  }
}

function loadedOf({ state }: Supervisor): LoadedModel {
  if (state.status === "ready") return state.loaded;
  throw state.status === "failed" ? state.error : new PaddockError("engine/crashed", "The engine crashed.");
}

function guessing({ tuning: { lookupTokens } }: Running): { readonly lookupTokens?: number } {
  return lookupTokens === undefined ? {} : { lookupTokens };
}
