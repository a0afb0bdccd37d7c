import type { ControlledEvaluateInputItem, Token } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import type { Params, RequestContext, RequestHandlers, Result } from "../../platform/core/rpc";
import type { SearchProgress, SearchResult } from "../core/search";
import type { InfillProgress, InfillResult } from "../infill";
import { type EngineContract, type GenerationProgress, type GenerationResult, PROTOCOL_VERSION } from "../protocol";
import { type RenderedChat } from "./chatPrompt";
import { checkTokens } from "./checkTokens";
import { generate } from "./generate";
import { gpuMemory } from "./gpuMemory";
import { createGrammar } from "./grammar";
import { infill } from "./infill";
import { beginning } from "./infillPrompt";
import { type Job, Jobs } from "./jobs";
import { timeKernels } from "./kernels/timeKernels";
import { LoadedModel } from "./loadedModel";
import { comparePredictions, type Place, writePredictions } from "./measureDivergence";
import { estimateMemory } from "./measureMemory";
import { measureOverhead } from "./measureOverhead";
import { measureSpeed, measureTest } from "./measureSpeed";
import { ModelContext } from "./modelContext";
import { commonPrefix, type Slot } from "./slots";
import { type EngineLog, protocolMismatch, type Runtime, startRuntime } from "./runtime";
import { loadState, saveState } from "./savedState";
import { search, searchFor } from "./search";
import { RequestTimer } from "./timer";
import { chatWithTools } from "./toolChat";

type JobPlace = Pick<Params<EngineContract, "chat">, "job" | "context" | "session" | "waited_ms">;
type JobParams = JobPlace & Pick<Params<EngineContract, "chat">, "sampling" | "maxTokens" | "lookupTokens">;
type Prepared = Omit<RenderedChat, "tokens"> & {
  readonly tokens: Token[];
  readonly schema: Readonly<Record<string, unknown>> | undefined;
  readonly reasoningBudget?: number | undefined;
  readonly remember: ((tokens: readonly Token[], text: string) => void) | undefined;
};

/** Answers the contract for one model. */
export class Engine {
  private runtime: Promise<Runtime> | undefined;
  private loaded: LoadedModel | undefined;
  private readonly contexts = new Map<string, ModelContext>();
  readonly jobs = new Jobs();

  constructor(private readonly log: EngineLog) {}

  readonly handlers: RequestHandlers<EngineContract> = {
    hello: async ({ protocolVersion, gpu, maxThreads }) => {
      if (protocolVersion !== PROTOCOL_VERSION) throw protocolMismatch(protocolVersion);
      this.runtime ??= startRuntime(gpu, maxThreads, this.log);
      return (await this.runtime).info;
    },
    loadModel: async (wanted, { signal, progress }) => {
      if (this.loaded !== undefined) throw new PaddockError("unsupported", "This engine has its model already.");
      const runtime = await this.started();
      this.loaded = await LoadedModel.load(runtime, this.log, {
        ...wanted,
        signal,
        onFraction: (fraction) => progress({ fraction }),
      });
      return this.loaded.info;
    },
    createContext: async (options) => {
      if (this.contexts.has(options.context))
        throw new PaddockError("unsupported", `There is a context ${options.context} already.`);
      const context = await ModelContext.create(await this.started(), this.model(), this.log, options);
      this.contexts.set(options.context, context);
      return context.info;
    },
    closeContext: async ({ context }) => {
      await this.closeContext(context);
      return {};
    },
    unloadModel: async () => {
      for (const context of this.contexts.keys()) await this.closeContext(context);
      const { loaded } = this;
      this.loaded = undefined;
      await loaded?.model.dispose();
      return {};
    },
    chat: (params, request) => this.chat(params, request),
    complete: ({ prompt, stop, schema, ...job }, request) =>
      this.generate(job, request, () => ({
        tokens: [...beginning(this.model().model), ...this.model().model.tokenize(prompt, false)],
        ...rawPrompt(stop),
        schema,
      })),
    fillInMiddle: ({ prefix, suffix, files, repository, stop, ...job }, request) =>
      this.generate(job, request, () => ({
        tokens: this.model()
          .infill.parts({ prefix, suffix, files: files ?? [], repository: repository ?? "", file: "", typed: "" })
          .flatMap(({ tokens }) => tokens),
        ...rawPrompt(stop),
        schema: undefined,
      })),
    infill: (params, request) => this.infill(params, request),
    search: (params, request) => this.search(params, request),
    describeInfill: ({ layout, prompt }) => ({ parts: this.model().infill.describe(prompt, layout) }),
    embed: ({ job, inputs }, { signal }) =>
      this.jobs.run(job, signal, (running) => this.model().embed(inputs, running.signal)),
    countTokens: (params) => {
      const loaded = this.model();
      if (params.of === "texts")
        return { counts: params.texts.map((text) => loaded.model.tokenize(text, false).length) };
      const anyContext = this.contexts.values().next();
      const continueLast = params.messages.at(-1)?.role === "assistant";
      const sampled = anyContext.done === true ? undefined : anyContext.value.sampled;
      return { counts: [loaded.renderer.render(params.messages, sampled, continueLast, params.tools).tokens.length] };
    },
    tokenize: ({ text, special }) => ({ tokens: this.model().model.tokenize(text, special) }),
    detokenize: ({ tokens, special }) => {
      const { model } = this.model();
      const checked = checkTokens(tokens, this.model().info.vocabularySize);
      return {
        text: model.detokenize(checked, special),
        pieces: checked.map((token) => model.detokenize([token], special)),
      };
    },
    probabilities: (params, { signal }) => this.jobs.run(params.job, signal, (job) => this.probabilities(params, job)),
    saveState: ({ job, context, ...state }, { signal }) =>
      this.jobs.run(job, signal, (running) => saveState(this.context(context), state, running)),
    loadState: ({ job, context, ...state }, { signal }) =>
      this.jobs.run(job, signal, (running) => loadState(this.context(context), state, running)),
    gpuMemory: async () => gpuMemory(await this.started()),
    estimateMemory: async (params) => estimateMemory(await this.started(), this.log, params),
    measureSpeed: ({ job, context, ...request }, { signal, progress }) =>
      this.measure(job, context, signal, (place) => measureSpeed(place, request, (fraction) => progress({ fraction }))),
    measureTest: ({ job, context, ...request }, { signal, progress }) =>
      this.measure(job, context, signal, (place) => measureTest(place, request, progress)),
    measureOverhead: ({ job, context, depth }, { signal }) =>
      this.measure(job, context, signal, (place) => measureOverhead(place, depth)),
    timeKernels: ({ job, ...request }, { signal, progress }) =>
      this.jobs.run(job, signal, async (running) =>
        timeKernels(await this.started(), request, running, (fraction) => progress({ fraction })),
      ),
    writePredictions: ({ job, context, ...request }, { signal, progress }) =>
      this.measure(job, context, signal, (place) =>
        writePredictions(place, request, (fraction) => progress({ fraction })),
      ),
    comparePredictions: ({ job, context, ...request }, { signal, progress }) =>
      this.measure(job, context, signal, (place) =>
        comparePredictions(place, request, (fraction) => progress({ fraction })),
      ),
    stats: () => {
      let vramBytes = this.loaded?.model.memoryUsage.vram ?? 0;
      for (const { info } of this.contexts.values()) vramBytes += info.vramBytes;
      return {
        rssBytes: process.memoryUsage.rss(),
        vramBytes,
        contexts: [...this.contexts].map(([context, { info, slots }]) => ({
          context,
          contextSize: info.contextSize,
          used: slots.all.map((slot) => slot.sequence.nextTokenIndex),
        })),
        jobs: this.jobs.count,
      };
    },
  };

  private chat(
    params: Params<EngineContract, "chat">,
    request: RequestContext<GenerationProgress>,
  ): Promise<GenerationResult> {
    const { messages, continueLast = false, tools = [], schema, reasoningBudget, ...job } = params;
    const context = this.context(job.context);
    const loaded = this.model();
    if (!loaded.info.can.chat)
      throw new PaddockError("unsupported", "This model does not chat.", { remedy: "Choose a chat model." });
    if (tools.length > 0) {
      const { tokens } = loaded.renderer.render(messages, context.sampled, false, tools);
      return this.withSlot(job, request, tokens, (running, timer, slot) =>
        this.started().then((runtime) =>
          chatWithTools({
            runtime,
            loaded,
            context,
            slot,
            job: running,
            timer,
            prompt: tokens,
            messages,
            tools,
            sampling: job.sampling,
            maxTokens: job.maxTokens,
            reasoningBudget,
            progress: request.progress,
          }),
        ),
      );
    }
    const last = messages.at(-1);
    const before =
      continueLast && last?.role === "assistant"
        ? last.parts.map((part) => (part.type === "text" ? part.text : "")).join("")
        : "";
    return this.generate(job, request, () => {
      const rendered = loaded.renderer.render(messages, context.sampled, continueLast);
      return {
        ...rendered,
        reasoningBudget,
        schema,
        remember: (tokens, text) => {
          // An answer that goes on is one text in the next turn's history.
          const earlier = before === "" ? [] : (context.sampled.get(before) ?? loaded.model.tokenize(before, false));
          context.sampled.remember(before + text, [...earlier, ...tokens]);
        },
      };
    });
  }

  private generate(
    params: JobParams,
    request: RequestContext<GenerationProgress>,
    prepare: () => Omit<Prepared, "remember"> & Partial<Pick<Prepared, "remember">>,
  ): Promise<GenerationResult> {
    const prepared = prepare();
    const context = this.context(params.context);
    return this.withSlot(params, request, prepared.tokens, async (job, timer, slot) => {
      const runtime = await this.started();
      const { model } = this.model();
      const grammar = prepared.schema === undefined ? undefined : await createGrammar(runtime, model, prepared.schema);
      const generated = await generate({
        model,
        context,
        slot,
        job,
        timer,
        prompt: prepared.tokens,
        sampling: params.sampling,
        maxTokens: params.maxTokens,
        lookupTokens: params.lookupTokens ?? 0,
        stopTokens: prepared.stopTokens,
        shownTokens: prepared.shownTokens,
        markers: { ...prepared.markers, stop: [...prepared.markers.stop, ...(grammar?.stop ?? [])] },
        reasoning:
          prepared.reasoningBudget === undefined || prepared.endOfReasoning.length === 0 || grammar !== undefined
            ? undefined
            : { budget: prepared.reasoningBudget, end: prepared.endOfReasoning },
        grammar: grammar?.state,
        progress: request.progress,
      });
      const text = generated.parts.find((part) => part.type === "text");
      if (generated.textTokens.length > 0 && text?.type === "text")
        prepared.remember?.(generated.textTokens, text.text);
      // A grammar that is through is an ordinary end, not a text that somebody asked to stop at.
      return grammar !== undefined && generated.stopReason === "stopText"
        ? { ...generated, stopReason: "end" }
        : generated;
    });
  }

  private async infill(
    params: Params<EngineContract, "infill">,
    request: RequestContext<InfillProgress>,
  ): Promise<InfillResult> {
    const { layout, prompt, maxTokens, branch = 0, ...place } = params;
    const loaded = this.model();
    const context = this.context(place.context);
    const parts = loaded.infill.parts(prompt, layout);
    const marks = loaded.infill.marksOf(layout ?? loaded.infill.layout);
    const reading = loaded.vocabulary();
    const tokens = parts.flatMap((part) => part.tokens);
    return this.withSlot(place, request, tokens, async (job, timer, slot) => {
      // A prompt that is only processed has time to read it meanwhile.
      const vocabulary = maxTokens === 0 ? undefined : await reading;
      const { progress } = request;
      const { model } = loaded;
      return infill({ model, context, slot, job, timer, parts, marks, vocabulary, maxTokens, branch, progress });
    });
  }

  private async search(
    params: Params<EngineContract, "search">,
    request: RequestContext<SearchProgress>,
  ): Promise<SearchResult> {
    const context = this.context(params.context);
    const asked = await searchFor(this.model(), context.sampled, params);
    return this.withSlot(params, request, asked.prompt, (job, timer, slot) =>
      search({ ...asked, context, slot, job, timer, progress: request.progress }),
    );
  }

  private withSlot<T extends object>(
    params: JobPlace,
    request: { readonly signal: AbortSignal },
    prompt: readonly Token[],
    work: (job: Job, timer: RequestTimer, slot: Slot) => Promise<T>,
  ): Promise<T & Pick<GenerationResult, "timings" | "machine">> {
    const timer = new RequestTimer(params.waited_ms);
    const context = this.context(params.context);
    return this.jobs.run(params.job, request.signal, (job) =>
      context.slots.use(params.session, prompt, async (slot) => {
        const made = await work({ ...job, gate: context.slots.restingAt(job.gate) }, timer, slot);
        return { ...made, timings: timer.finish(), machine: context.machineUse(slot) };
      }),
    );
  }

  /** With a sequence whose KV cache is the measurement's alone. */
  private measure<T>(job: string, name: string, signal: AbortSignal, work: (place: Place) => Promise<T>): Promise<T> {
    const context = this.context(name);
    const { model } = this.model();
    return this.jobs.run(job, signal, (running) =>
      context.slots.use(undefined, [], (slot) =>
        work({ model, context, slot, job: { ...running, gate: context.slots.restingAt(running.gate) } }),
      ),
    );
  }

  private async probabilities(
    params: Params<EngineContract, "probabilities">,
    job: Job,
  ): Promise<Result<EngineContract, "probabilities">> {
    const context = this.context(params.context);
    const tokens = checkTokens(params.tokens, this.model().info.vocabularySize);
    if (tokens.length === 0 || params.from >= tokens.length)
      throw new PaddockError("invalid-message", "No position to look at.");
    if (tokens.length > context.info.contextSize)
      throw new PaddockError("context/overflow", "The text is longer than the context.");
    return context.slots.use(params.session, tokens, async (slot) => {
      const { sequence } = slot;
      await sequence.adaptStateToTokens(
        tokens.slice(0, Math.min(params.from, commonPrefix(sequence.contextTokens, tokens))),
        false,
      );
      const positions: Result<EngineContract, "probabilities">["positions"] = [];
      for (let start = sequence.nextTokenIndex; start < tokens.length;) {
        await job.gate.pass(job.signal);
        job.signal.throwIfAborted();
        const end = Math.min(tokens.length, start + context.sizer.next());
        const input = tokens.slice(start, end).map((token, offset): ControlledEvaluateInputItem =>
          // At temperature 0 the binding hands out the whole vocabulary; otherwise its top-k and top-p cut it.
          start + offset < params.from
            ? token
            : [token, { generateNext: { probabilities: true, options: { temperature: 0 } } }],
        );
        const since = performance.now();
        const outputs = await sequence.controlledEvaluate(input);
        context.sizer.measured(end - start, performance.now() - since);
        for (let index = Math.max(start, params.from); index < end; index++) {
          const probabilities = outputs[index - start]?.next.probabilities ?? new Map<Token, number>();
          const follows = tokens[index + 1];
          positions.push({
            actual: follows === undefined ? null : (probabilities.get(follows) ?? 0),
            top: [...probabilities].slice(0, params.top).map(([token, probability]) => ({ token, probability })),
          });
        }
        start = end;
      }
      return { positions, machine: context.machineUse(slot) };
    });
  }

  private async started(): Promise<Runtime> {
    if (this.runtime === undefined) throw new PaddockError("invalid-message", "hello comes first.");
    return this.runtime;
  }

  private model(): LoadedModel {
    if (this.loaded === undefined) throw new PaddockError("model/not-loaded", "No model is loaded.");
    return this.loaded;
  }

  private async closeContext(name: string): Promise<void> {
    const closing = this.context(name);
    this.contexts.delete(name);
    // Whoever still uses one of its sequences ends first.
    for (const { mutex } of closing.slots.all) await mutex.run(() => Promise.resolve());
    await closing.dispose();
  }

  private context(name: string): ModelContext {
    const context = this.contexts.get(name);
    if (context === undefined) throw new PaddockError("context/unknown", `There is no context ${name}.`);
    return context;
  }
}

function rawPrompt(
  stop: readonly string[] | undefined,
): Pick<Prepared, "stopTokens" | "shownTokens" | "markers" | "endOfReasoning"> {
  return {
    stopTokens: new Set(),
    shownTokens: new Map(),
    endOfReasoning: [],
    markers: { reasoning: null, stop: stop?.filter((text) => text !== "") ?? [] },
  };
}
