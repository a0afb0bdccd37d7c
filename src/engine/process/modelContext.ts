import { createHash } from "node:crypto";
import type { LlamaContext } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import { fileFingerprint } from "../../platform/node/fileFingerprint";
import { BATCH, clampedContextSize, DEFAULT_CONTEXT, LEAST_CONTEXT } from "../contextDefaults";
import { canonicalIdentity, type ContextIdentity } from "../identity";
import type { ContextInfo, ContextOptions } from "../protocol";
import type { MachineUse } from "../timings";
import { SampledTokens } from "./chatPrompt";
import { GreedySamplers } from "./greedySamplers";
import type { LoadedModel } from "./loadedModel";
import { contextError } from "./loadErrors";
import { SliceSizer } from "./prefill";
import type { EngineLog, Runtime } from "./runtime";
import { type Slot, SlotPool } from "./slots";

/** A context of the model: its KV caches (slots), its speed, its identity. */
export class ModelContext {
  readonly sizer: SliceSizer;
  readonly sampled = new SampledTokens();
  readonly greedySamplers = new GreedySamplers();

  private constructor(
    readonly context: LlamaContext,
    readonly slots: SlotPool,
    readonly info: ContextInfo,
    private readonly runtime: Runtime,
    private readonly loaded: LoadedModel,
  ) {
    this.sizer = new SliceSizer(context.batchSize);
  }

  /**
   * @throws PaddockError context/too-large when memory does not allow it; adapter/failed for an adapter that does not fit;
   *   unsupported for types of the KV cache that the model or its flash attention does not go with.
   */
  static async create(
    runtime: Runtime,
    loaded: LoadedModel,
    log: EngineLog,
    options: ContextOptions,
  ): Promise<ModelContext> {
    const { model } = loaded;
    const most = clampedContextSize(options.contextSize ?? DEFAULT_CONTEXT, model.trainContextSize);
    const adapters = options.adapters ?? [];
    const { flashAttention, kvCacheKeyType, kvCacheValueType } = options;
    if (flashAttention === false && kvCacheValueType !== undefined && kvCacheValueType !== "F16") {
      throw new PaddockError(
        "unsupported",
        `Values of the KV cache can be ${kvCacheValueType} only with flash attention.`,
        {
          remedy: "Leave flash attention on, or keep the values in F16.",
        },
      );
    }
    log.take();
    let context: LlamaContext;
    try {
      context = await model.createContext({
        contextSize: { min: Math.min(LEAST_CONTEXT, most), max: most },
        sequences: options.sequences ?? 1,
        batchSize: Math.min(options.batchSize ?? BATCH, most),
        threads: options.threads ?? runtime.info.threads,
        ...(flashAttention === undefined ? {} : { flashAttention }),
        ...(kvCacheKeyType === undefined ? {} : { experimentalKvCacheKeyType: kvCacheKeyType }),
        ...(kvCacheValueType === undefined ? {} : { experimentalKvCacheValueType: kvCacheValueType }),
        // At once: waiting a turn of the event loop for other sequences to join costs 2% of tg with the starter, and jobs
        // take turns anyway. Work that comes while a batch runs still joins the next one.
        batching: { dispatchSchedule: (dispatch) => dispatch() },
        ...(adapters.length === 0
          ? {}
          : { lora: { adapters: adapters.map(({ path, scale }) => ({ filePath: path, scale })) } }),
      });
    } catch (error) {
      throw contextError(error, log.take());
    }
    const identity: ContextIdentity = {
      modelHash: loaded.info.modelHash,
      adapters: await Promise.all(
        adapters.map(async ({ path, scale }) => ({ hash: await fileFingerprint(path), scale })),
      ),
      kvCacheKeyType: runtime.binding.GgmlType[context.kvCacheKeyType],
      kvCacheValueType: runtime.binding.GgmlType[context.kvCacheValueType],
      templateHash: loaded.templateHash,
      llamaCppVersion: runtime.info.llamaCppVersion,
      ...(flashAttention === undefined ? {} : { flashAttention }),
    };
    const memory = context.memoryUsage;
    const sequences = Array.from({ length: context.totalSequences }, () => context.getSequence());
    return new ModelContext(
      context,
      new SlotPool(sequences),
      {
        context: options.context,
        identity,
        identityKey: createHash("sha256").update(canonicalIdentity(identity)).digest("hex"),
        contextSize: context.contextSize,
        sequences: context.totalSequences,
        batchSize: context.batchSize,
        threads: Math.max(1, context.idealThreads),
        // "auto" is llama.cpp's own choice: wherever the model allows it.
        flashAttention: context.flashAttention === "auto" ? model.flashAttentionSupported : context.flashAttention,
        ramBytes: memory.ram,
        vramBytes: memory.vram,
        needsCheckpoints: sequences[0]?.needsCheckpoints ?? false,
      },
      runtime,
      loaded,
    );
  }

  async dispose(): Promise<void> {
    this.greedySamplers.dispose();
    await this.context.dispose();
  }

  get vocabularySize(): number {
    return this.loaded.info.vocabularySize;
  }

  /** What a request on this slot used. */
  machineUse(slot: Slot): MachineUse {
    return {
      backend: this.runtime.info.backend,
      threads: this.info.threads,
      gpuLayers: this.loaded.info.gpuLayers,
      batchSize: this.info.batchSize,
      contextSize: this.info.contextSize,
      contextUsed: slot.sequence.nextTokenIndex,
      rssBytes: process.memoryUsage.rss(),
      vramBytes: this.loaded.model.memoryUsage.vram + this.info.vramBytes,
      identityKey: this.info.identityKey,
    };
  }
}
