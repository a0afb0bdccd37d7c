import type { Disposable } from "../platform/core/disposables";
import type { Event } from "../platform/core/event";
import type { PaddockError } from "../platform/core/errors";
import type { SearchProgress, SearchPrompt, SearchResult } from "./core/search";
import type { SqlLanguage } from "./core/sqlLanguage";
import type { DescribedPart, InfillLayout, InfillProgress, InfillPrompt, InfillResult } from "./infill";
import type {
  ContextInfo,
  EngineInfo,
  GenerationProgress,
  GenerationResult,
  ModelInfo,
  PromptMessage,
  Sampling,
  Tool,
} from "./protocol";
import type { MachineUse, Timings } from "./timings";

/** Models are referred to by id everywhere; a path is only where an id resolves to. */
export type ModelId = string & { readonly __brand: "ModelId" };

/** Highest first. What stands earlier pre-empts what stands later (DESIGN, principle 3). */
export const priorities = ["completion", "chat", "prefetch", "indexing", "measuring"] as const;
export type Priority = (typeof priorities)[number];

/** What asked for the work; the timing history is kept by it. */
export const features = ["chat", "completion", "sql", "action", "benchmark", "index"] as const;
export type Feature = (typeof features)[number];

export interface JobOptions {
  readonly model: ModelId;
  readonly feature: Feature;
  readonly priority: Priority;
  /** Fires when somebody has come to wait for it: from then on it counts as a completion. */
  readonly urgent?: AbortSignal;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: GenerationProgress) => void;
  /** Whose KV cache to prefer: a conversation's or a document's id. */
  readonly session?: string;
  /** When somebody began to wait for it, on this process's performance.now(); absent: when its model was loaded. */
  readonly askedAt?: number;
  /** Called when the job's turn has come and its model is loaded, before the engine hears of it; the job waits for it. */
  readonly before?: () => Promise<void>;
}

export interface GenerateRequest {
  readonly sampling: Sampling;
  readonly maxTokens: number;
}
export interface ChatRequest extends GenerateRequest {
  readonly messages: readonly PromptMessage[];
  readonly continueLast?: boolean;
  /** Tokens a model that reasons may spend on it; 0 for none, absent for no limit. */
  readonly reasoningBudget?: number;
  readonly tools?: readonly Tool[];
  readonly schema?: Readonly<Record<string, unknown>>;
}
export interface CompleteRequest extends GenerateRequest {
  readonly prompt: string;
  readonly stop?: readonly string[];
  readonly schema?: Readonly<Record<string, unknown>>;
}
export interface FillInMiddleRequest extends GenerateRequest {
  readonly prefix: string;
  readonly suffix: string;
  readonly files?: readonly { readonly name: string; readonly text: string }[];
  readonly repository?: string;
  readonly stop?: readonly string[];
}

/**
 * What any backend can do, our own engine or an OpenAI-compatible server. Chat templates live behind it.
 * Aborting the signal resolves with what was generated and stopReason "cancelled".
 * Every method rejects with a PaddockError: `unsupported` where the model cannot.
 */
export interface PortableBackend {
  capabilities(model: ModelId, signal: AbortSignal): Promise<ModelInfo["can"]>;
  chat(request: ChatRequest, options: JobOptions): Promise<GenerationResult>;
  complete(request: CompleteRequest, options: JobOptions): Promise<GenerationResult>;
  fillInMiddle(request: FillInMiddleRequest, options: JobOptions): Promise<GenerationResult>;
  embed(inputs: readonly string[], options: JobOptions): Promise<{ vectors: number[][]; tokens: number }>;
  countTokens(texts: readonly string[], options: Pick<JobOptions, "model" | "signal">): Promise<number[]>;
  countMessageTokens(
    messages: readonly PromptMessage[],
    options: Pick<JobOptions, "model" | "signal"> & { readonly tools?: readonly Tool[] },
  ): Promise<number>;
}

export interface InfillRequest {
  /** Absent: the model's own, ModelInfo.infill. */
  readonly layout?: InfillLayout;
  readonly prompt: InfillPrompt;
  /** 0: only process the prompt. */
  readonly maxTokens: number;
  /** Which alternative, 0 the most probable. */
  readonly branch?: number;
}
export type InfillOptions = Omit<JobOptions, "onProgress"> & {
  readonly onProgress?: (progress: InfillProgress) => void;
};

/** See the contract. */
export interface SearchRequest {
  readonly prompt: SearchPrompt;
  /** Absent: whatever the model likes. */
  readonly language?: SqlLanguage;
  readonly answers: number;
  readonly budgetMs: number;
  readonly maxTokens: number;
  readonly not?: readonly string[];
}
export type SearchOptions = Omit<JobOptions, "onProgress"> & {
  readonly onProgress?: (progress: SearchProgress) => void;
};

/** What only a model in our own process can do besides. */
export interface EmbeddedBackend extends PortableBackend {
  /** The most probable answers to a raw prompt, in a language where one is given. */
  search(request: SearchRequest, options: SearchOptions): Promise<SearchResult>;
  /** Completion inside a text by the layout the model was trained with. See the contract. */
  infill(request: InfillRequest, options: InfillOptions): Promise<InfillResult>;
  describeInfill(
    request: Pick<InfillRequest, "layout" | "prompt">,
    options: Pick<JobOptions, "model" | "signal">,
  ): Promise<DescribedPart[]>;
  tokenize(text: string, options: { model: ModelId; special: boolean; signal: AbortSignal }): Promise<number[]>;
  detokenize(
    tokens: readonly number[],
    options: { model: ModelId; special: boolean; signal: AbortSignal },
  ): Promise<{ text: string; pieces: string[] }>;
  probabilities(
    request: { tokens: readonly number[]; from: number; top: number },
    options: JobOptions,
  ): Promise<{ actual: number | null; top: { token: number; probability: number }[] }[]>;
  /** Never loads a model: rejects with model/not-loaded. For more see the contract. */
  saveState(path: string, options: StateOptions): Promise<{ tokens: number; bytes: number; identityKey: string }>;
  loadState(
    path: string,
    options: StateOptions & { identityKey: string },
  ): Promise<{ tokens: number; loaded: boolean }>;
}

export interface StateOptions {
  readonly model: ModelId;
  readonly session: string;
  readonly signal: AbortSignal;
  /** When its turn comes; absent: at once, for one whose turn it is (JobOptions.before). */
  readonly priority?: Priority;
}

export interface LoadedModel {
  readonly info: ModelInfo;
  readonly engine: EngineInfo;
  readonly context: ContextInfo;
  readonly rssBytes: number;
  readonly vramBytes: number;
}

/** The life of one model, as the status bar shows it. */
export type ModelState =
  | { readonly status: "unloaded" }
  | { readonly status: "loading"; readonly fraction: number }
  | { readonly status: "ready"; readonly loaded: LoadedModel; readonly busy: boolean }
  /** It runs on a server or in another extension: nothing of it is loaded here. */
  | {
      readonly status: "elsewhere";
      /** Where text goes that it is asked, for people; undefined: it stays on this machine. */
      readonly destination: string | undefined;
      /** Tokens of a prompt and its answer, as far as it is known; undefined: nobody has said. */
      readonly contextSize: number | undefined;
      readonly busy: boolean;
    }
  /** The engine died and is on its way back. */
  | { readonly status: "restarting"; readonly attempt: number; readonly reason: string }
  /** Restarting stopped by itself, or the file cannot be loaded; only a person's Restart goes on from here. */
  | { readonly status: "failed"; readonly error: PaddockError };

export interface ModelStateChange {
  readonly model: ModelId;
  readonly state: ModelState;
}

/** Loading, unloading and watching models: what commands and the status bar need of the engine. */
export interface ModelLifecycle {
  readonly onDidChangeState: Event<ModelStateChange>;
  state(model: ModelId): ModelState;
  /**
   * Resolves when the model is ready; joins a load that is under way. Aborting leaves other waiters alone. Rejects with
   * `unsupported` for one that runs elsewhere.
   */
  load(model: ModelId, signal: AbortSignal): Promise<LoadedModel>;
  /** Loads the model, or reaches it where it runs elsewhere: from then on its state says how long its context is. */
  prepare(model: ModelId, signal: AbortSignal): Promise<void>;
  unload(model: ModelId): Promise<void>;
  /** Forget the crashes and start again: the way out of "failed". */
  restart(model: ModelId, signal: AbortSignal): Promise<LoadedModel>;
  /** Called before a model that is idle is unloaded or restarted on demand, which waits for it: it must be bounded in time. */
  beforeUnload(listener: (model: ModelId) => Promise<void>): Disposable;
}

/** What the models room gives the engine: where an id's file is, checked before any engine opens it. */
export interface ModelResolver {
  /** @throws PaddockError model/*: unknown id, missing, not GGUF, truncated, too large for this machine. */
  resolve(model: ModelId, signal: AbortSignal): Promise<{ readonly path: string }>;
  /** The adapters that a feature uses on a model; absent: none. */
  adapters?(model: ModelId, feature: Feature): readonly Adapter[];
}

/** A LoRA adapter, and how strongly it is applied. */
export interface Adapter {
  readonly path: string;
  readonly scale: number;
}

/** One finished request, as the sink of all timings gets it. */
export interface TimingRecord {
  readonly at: number;
  readonly model: ModelId;
  readonly feature: Feature;
  readonly stopReason: GenerationResult["stopReason"];
  readonly timings: Timings;
  readonly machine: MachineUse;
}

export interface TimingSink {
  record(record: TimingRecord): void;
}
