import * as v from "valibot";
import { searchFields, searchProgressSchema, searchResultSchema } from "./core/search";
import { contextIdentitySchema } from "./identity";
import {
  describedPartSchema,
  infillLayoutSchema,
  infillProgressSchema,
  infillPromptSchema,
  infillResultSchema,
} from "./infill";
import { measuringRequests } from "./measuring";
import { promptMessageSchema, reasoningSchema, textSchema, toolCallSchema } from "./messages";
import { machineUseSchema, timingsSchema } from "./timings";
import { kvCacheTypes, lookupTokensSchema } from "./tuning";

export { type PromptMessage, promptMessageSchema } from "./messages";

/**
 * The contract between the extension host and one engine process, which holds one model file and its contexts.
 * It knows nothing of fork's IPC: the same messages go over stdio, a pipe or a socket.
 * Raise the version with every change that an older side would misread.
 */
export const PROTOCOL_VERSION = 1;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const positive = v.pipe(v.number(), v.integer(), v.minValue(1));
const token = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Chosen by the caller, unique per connection. */
const jobId = v.pipe(v.string(), v.minLength(1), v.maxLength(100));
const contextId = v.pipe(v.string(), v.minLength(1), v.maxLength(100));

// --- values -----------------------------------------------------------------------------------------------------

export const samplingSchema = v.object({
  /** 0 is greedy. */
  temperature: v.pipe(v.number(), v.minValue(0), v.maxValue(5)),
  topK: v.optional(count),
  topP: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  minP: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
  seed: v.optional(count),
  /** Off when absent; code wants none. */
  repeatPenalty: v.optional(v.object({ penalty: v.number(), lastTokens: positive })),
  /** DRY's multiplier; its base and the length it lets repeat are llama.cpp's 1.75 and 2 where absent. */
  dryStrength: v.optional(v.pipe(v.number(), v.minValue(0))),
  dryBase: v.optional(v.pipe(v.number(), v.minValue(1), v.maxValue(8))),
  dryAllowedLength: v.optional(positive),
});
export type Sampling = v.InferOutput<typeof samplingSchema>;

/** A JSON Schema of the subset that llama.cpp's grammars can express; checked again where the grammar is made. */
export const jsonSchemaSchema = v.record(v.string(), v.unknown());

export const toolSchema = v.object({
  name: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_-]{0,63}$/)),
  description: v.string(),
  parameters: v.optional(jsonSchemaSchema),
});
export type Tool = v.InferOutput<typeof toolSchema>;

export const stopReasonSchema = v.picklist(["end", "stopText", "maxTokens", "toolCalls", "contextFull", "cancelled"]);
export type StopReason = v.InferOutput<typeof stopReasonSchema>;

export const generatedPartSchema = v.variant("type", [textSchema, reasoningSchema, toolCallSchema]);
export type GeneratedPart = v.InferOutput<typeof generatedPartSchema>;

/** Sent every 30 ms or so while a job runs. Counts are totals so far, texts are what is new. */
export const generationProgressSchema = v.object({
  text: v.optional(v.string()),
  reasoning: v.optional(v.string()),
  prompt: v.object({ total: count, cached: count, processed: count }),
  predicted_n: count,
  /** Time since the first token, for a live tokens/s; 0 before. */
  predicted_ms: v.number(),
});
export type GenerationProgress = v.InferOutput<typeof generationProgressSchema>;

export const generationResultSchema = v.object({
  parts: v.array(generatedPartSchema),
  stopReason: stopReasonSchema,
  timings: timingsSchema,
  machine: machineUseSchema,
});
export type GenerationResult = v.InferOutput<typeof generationResultSchema>;

/** A job that generates. `session` names whose KV cache to prefer: the same conversation, the same document. */
const jobFields = {
  job: jobId,
  context: contextId,
  session: v.optional(v.string()),
  /** How long was waited for the job before it came here, ms: part of its queue and TTFT. */
  waited_ms: v.optional(v.pipe(v.number(), v.minValue(0))),
  sampling: samplingSchema,
  maxTokens: positive,
  /** Speculation: how many tokens at most are guessed at once from the text so far. The answer stays the same. */
  lookupTokens: v.optional(lookupTokensSchema),
};

export const gpuChoices = ["auto", "cpu", "metal", "vulkan", "cuda"] as const;
export type GpuChoice = (typeof gpuChoices)[number];

export const engineInfoSchema = v.object({
  protocolVersion: positive,
  pid: positive,
  /** node-llama-cpp's version. */
  bindingVersion: v.string(),
  llamaCppVersion: v.string(),
  backend: v.picklist(["cpu", "metal", "vulkan", "cuda"]),
  /** Why this backend: a sentence for a person. */
  backendReason: v.string(),
  devices: v.array(v.string()),
  /** CPU threads the engine evaluates with. */
  threads: positive,
  /** What llama.cpp makes use of of the processor, by its names, such as "AVX2" and "REPACK". */
  cpuFeatures: v.array(v.string()),
});
export type EngineInfo = v.InferOutput<typeof engineInfoSchema>;

export const modelInfoSchema = v.object({
  modelHash: v.string(),
  name: v.nullable(v.string()),
  architecture: v.string(),
  /** As the file declares it, e.g. "Q4_1"; quality figures never rest on it. */
  fileType: v.string(),
  parameters: count,
  sizeBytes: count,
  layers: count,
  gpuLayers: count,
  /** The weights are a mapping of the file. */
  mapped: v.boolean(),
  trainContextSize: count,
  vocabularySize: count,
  chatTemplate: v.nullable(v.string()),
  /** How its infill prompts are laid out, from its metadata. */
  infill: infillLayoutSchema,
  can: v.object({
    chat: v.boolean(),
    fillInMiddle: v.boolean(),
    embed: v.boolean(),
    tools: v.boolean(),
    schema: v.boolean(),
  }),
});
export type ModelInfo = v.InferOutput<typeof modelInfoSchema>;

export const contextInfoSchema = v.object({
  context: contextId,
  identity: contextIdentitySchema,
  identityKey: v.string(),
  /** Tokens per sequence. */
  contextSize: positive,
  sequences: positive,
  batchSize: positive,
  threads: positive,
  flashAttention: v.boolean(),
  /** What llama.cpp allocated for it, bytes. */
  ramBytes: v.number(),
  vramBytes: v.number(),
  /** The model cannot drop the end of a sequence without checkpoints (sliding window, hybrid, recurrent). */
  needsCheckpoints: v.boolean(),
});
export type ContextInfo = v.InferOutput<typeof contextInfoSchema>;

export const contextOptionsSchema = v.object({
  context: contextId,
  /** Wanted tokens per sequence; the engine gives at most what the model was trained on and memory allows, at least 512. */
  contextSize: v.optional(positive),
  /** How many KV caches side by side; the engine picks the one with the longest common prefix for a job. */
  sequences: v.optional(positive),
  batchSize: v.optional(positive),
  threads: v.optional(positive),
  /** Absent: where the model allows it. */
  flashAttention: v.optional(v.boolean()),
  /** Absent: F16. Values are kept in less only with flash attention. */
  kvCacheKeyType: v.optional(v.picklist(kvCacheTypes)),
  kvCacheValueType: v.optional(v.picklist(kvCacheTypes)),
  adapters: v.optional(v.array(v.object({ path: v.string(), scale: v.number() }))),
});
export type ContextOptions = v.InferOutput<typeof contextOptionsSchema>;

// --- what the engine answers --------------------------------------------------------------------------------------

export const engineContract = {
  requests: {
    /** First on every connection. Rejects with `protocol-version` when the versions differ. */
    hello: {
      params: v.object({ protocolVersion: v.number(), gpu: v.picklist(gpuChoices), maxThreads: v.optional(positive) }),
      result: engineInfoSchema,
    },
    loadModel: {
      params: v.object({
        path: v.string(),
        /** Layers on the GPU; absent: as many as fit. */
        gpuLayers: v.optional(count),
        useMmap: v.optional(v.boolean()),
        /** Keep the weights from being swapped out. */
        useMlock: v.optional(v.boolean()),
      }),
      /** 0 to 1. */
      progress: v.object({ fraction: v.number() }),
      result: modelInfoSchema,
    },
    /** Closes its contexts and forgets the model, so that another can be loaded: a process takes 0.7 s to start. */
    unloadModel: { params: v.object({}), result: v.object({}) },
    createContext: { params: contextOptionsSchema, result: contextInfoSchema },
    /** Waits for the jobs that use the context, paused ones too: cancel them first. */
    closeContext: { params: v.object({ context: contextId }), result: v.object({}) },

    // Portable tier: any OpenAI-compatible server could answer these.
    chat: {
      params: v.object({
        ...jobFields,
        messages: v.array(promptMessageSchema),
        /** Continue this text of the last assistant message instead of starting a new one. */
        continueLast: v.optional(v.boolean()),
        /** Tokens a model that reasons may spend on it before it must answer; 0 for none, absent for no limit. */
        reasoningBudget: v.optional(count),
        tools: v.optional(v.array(toolSchema)),
        schema: v.optional(jsonSchemaSchema),
      }),
      progress: generationProgressSchema,
      result: generationResultSchema,
    },
    complete: {
      params: v.object({
        ...jobFields,
        prompt: v.string(),
        stop: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
        schema: v.optional(jsonSchemaSchema),
      }),
      progress: generationProgressSchema,
      result: generationResultSchema,
    },
    fillInMiddle: {
      params: v.object({
        ...jobFields,
        prefix: v.string(),
        suffix: v.string(),
        /** Other files of the repository, most relevant last. */
        files: v.optional(v.array(v.object({ name: v.string(), text: v.string() }))),
        repository: v.optional(v.string()),
        stop: v.optional(v.array(v.pipe(v.string(), v.minLength(1)))),
      }),
      progress: generationProgressSchema,
      result: generationResultSchema,
    },
    embed: {
      params: v.object({ job: jobId, inputs: v.array(v.string()) }),
      result: v.object({ vectors: v.array(v.array(v.number())), tokens: count }),
    },
    countTokens: {
      params: v.variant("of", [
        v.object({ of: v.literal("texts"), texts: v.array(v.string()) }),
        v.object({
          of: v.literal("messages"),
          messages: v.array(promptMessageSchema),
          tools: v.optional(v.array(toolSchema)),
        }),
      ]),
      result: v.object({ counts: v.array(count) }),
    },

    // Embedded-only tier: what only a model in our own process can answer.
    /**
     * Complete inside a text, greedily, with each token's probability. The engine may hold back the last token or two of
     * what was typed and let the model choose a token that begins with their text (token healing); that text is not
     * among the pieces. Aborting resolves with what was generated and stopReason "cancelled".
     */
    infill: {
      params: v.object({
        job: jobId,
        context: contextId,
        session: v.optional(v.string()),
        waited_ms: v.optional(v.pipe(v.number(), v.minValue(0))),
        /** Absent: the model's own. */
        layout: v.optional(infillLayoutSchema),
        prompt: infillPromptSchema,
        /** 0: only process the prompt, so that the next request finds it in the KV cache. */
        maxTokens: count,
        /** Which alternative: 0 begins with the most probable first token, 1 with the second, and so on. */
        branch: v.optional(count),
      }),
      progress: infillProgressSchema,
      result: infillResultSchema,
    },
    /** See core/search.ts. Aborting resolves with the answers found and stopReason "cancelled". */
    search: {
      params: v.object({
        job: jobId,
        context: contextId,
        session: v.optional(v.string()),
        waited_ms: v.optional(v.pipe(v.number(), v.minValue(0))),
        ...searchFields,
      }),
      progress: searchProgressSchema,
      result: searchResultSchema,
    },
    describeInfill: {
      params: v.object({ layout: v.optional(infillLayoutSchema), prompt: infillPromptSchema }),
      result: v.object({ parts: v.array(describedPartSchema) }),
    },
    tokenize: {
      params: v.object({ text: v.string(), special: v.boolean() }),
      result: v.object({ tokens: v.array(token) }),
    },
    detokenize: {
      params: v.object({ tokens: v.array(token), special: v.boolean() }),
      result: v.object({ text: v.string(), pieces: v.array(v.string()) }),
    },
    /** Probabilities of the next token after each position from `from` on, at temperature 1 over the whole vocabulary. */
    probabilities: {
      params: v.object({
        job: jobId,
        context: contextId,
        session: v.optional(v.string()),
        tokens: v.array(token),
        from: count,
        top: positive,
      }),
      result: v.object({
        positions: v.array(
          v.object({
            /** Probability of the token that really follows; null at the last position. */
            actual: v.nullable(v.number()),
            top: v.array(v.object({ token, probability: v.number() })),
          }),
        ),
        machine: machineUseSchema,
      }),
    },
    /**
     * Write the KV cache of the session's sequence, and which tokens its answers were sampled as, to a file of our own;
     * the caller keeps it under the identity key. Refuses with `context/unknown` what is not there or in use, and with
     * `unsupported` a context that needs checkpoints.
     */
    saveState: {
      params: v.object({ job: jobId, context: contextId, session: v.string(), path: v.string() }),
      result: v.object({ tokens: count, bytes: count, identityKey: v.string() }),
    },
    /** Refuses with `unsupported` what is damaged or not of `identityKey`, which must be this context's own. */
    loadState: {
      params: v.object({
        job: jobId,
        context: contextId,
        session: v.string(),
        path: v.string(),
        identityKey: v.string(),
      }),
      /** `loaded` is false where the session had a KV cache already, which is kept. */
      result: v.object({ tokens: count, loaded: v.boolean() }),
    },

    ...measuringRequests,

    stats: {
      params: v.object({}),
      result: v.object({
        rssBytes: v.number(),
        vramBytes: v.number(),
        contexts: v.array(v.object({ context: contextId, contextSize: positive, used: v.array(count) })),
        jobs: count,
      }),
    },
  },
  notifications: {
    /** Hold a job between two slices or tokens; it keeps its place and its KV cache. */
    pause: v.object({ job: jobId }),
    resume: v.object({ job: jobId }),
    /** Free everything and exit; what is still running is cancelled. */
    shutdown: v.object({}),
  },
} as const;
export type EngineContract = typeof engineContract;

// --- what the engine tells ----------------------------------------------------------------------------------------

export const engineEventsContract = {
  requests: {},
  notifications: {
    log: v.object({ level: v.picklist(["debug", "info", "warn", "error"]), message: v.string() }),
  },
} as const;
export type EngineEventsContract = typeof engineEventsContract;
