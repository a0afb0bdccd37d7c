import { createHash } from "node:crypto";
import type { ChatWrapper, LlamaEmbeddingContext, LlamaModel } from "node-llama-cpp";
import { PaddockError, toPaddockError } from "../../platform/core/errors";
import { fileFingerprint } from "../../platform/node/fileFingerprint";
import { hasTools } from "../core/templateTools";
import type { InfillLayout } from "../infill";
import type { ModelInfo } from "../protocol";
import { ChatRenderer } from "./chatPrompt";
import { InfillPrompts } from "./infillPrompt";
import { loadError } from "./loadErrors";
import type { EngineLog, Runtime } from "./runtime";
import { Vocabulary } from "./vocabulary";

export interface LoadOptions {
  readonly path: string;
  readonly gpuLayers?: number | undefined;
  readonly useMmap?: boolean | undefined;
  readonly useMlock?: boolean | undefined;
  readonly signal: AbortSignal;
  readonly onFraction: (fraction: number) => void;
}

/** The one model of this process, with what is derived from its file once. */
export class LoadedModel {
  private embedding: Promise<LlamaEmbeddingContext> | undefined;
  private reading: Promise<Vocabulary | undefined> | undefined;

  private constructor(
    readonly model: LlamaModel,
    readonly wrapper: ChatWrapper,
    readonly renderer: ChatRenderer,
    readonly infill: InfillPrompts,
    readonly info: ModelInfo,
    readonly templateHash: string,
  ) {}

  /** @throws PaddockError model/*, with llama.cpp's words in `detail`. */
  static async load(
    { binding, llama, keepOffGpu }: Runtime,
    log: EngineLog,
    options: LoadOptions,
  ): Promise<LoadedModel> {
    log.take();
    try {
      const modelHash = await fileFingerprint(options.path);
      const model = await llama.loadModel({
        modelPath: options.path,
        ...(keepOffGpu ? { gpuLayers: 0 } : options.gpuLayers === undefined ? {} : { gpuLayers: options.gpuLayers }),
        // On the CPU llama.cpp repacks most weights into memory of its own; mapping the file as well keeps two copies
        // (1.2B Q4_0: 1,312 MiB resident instead of 808).
        useMmap: options.useMmap ?? (llama.gpu === false || keepOffGpu ? false : "auto"),
        ...(options.useMlock === undefined ? {} : { useMlock: options.useMlock }),
        loadSignal: options.signal,
        onLoadProgress: options.onFraction,
      });
      const wrapper = binding.resolveChatWrapper(model);
      const template = chatTemplate(model);
      const infill = new InfillPrompts(model);
      return new LoadedModel(
        model,
        wrapper,
        new ChatRenderer(model, wrapper),
        infill,
        describe(binding, model, modelHash, template, infill.layout),
        template === null ? "" : createHash("sha256").update(template).digest("hex"),
      );
    } catch (error) {
      options.signal.throwIfAborted();
      throw loadError(error, log.take());
    }
  }

  /** Vectors of a model made for embeddings, one after the other: it sees each input whole. */
  async embed(inputs: readonly string[], signal: AbortSignal): Promise<{ vectors: number[][]; tokens: number }> {
    if (!this.info.can.embed) {
      throw new PaddockError("unsupported", "This model does not make embeddings.", {
        remedy: "Choose an embedding model.",
      });
    }
    this.embedding ??= this.model.createEmbeddingContext({ contextSize: { max: this.model.trainContextSize } });
    const context = await this.embedding;
    const vectors: number[][] = [];
    let tokens = 0;
    for (const input of inputs) {
      signal.throwIfAborted();
      const inputTokens = this.model.tokenize(input).slice(0, Math.max(1, this.model.trainContextSize - 2));
      tokens += inputTokens.length;
      try {
        vectors.push([...(await context.getEmbeddingFor(inputTokens)).vector]);
      } catch (error) {
        throw toPaddockError(error);
      }
    }
    return { vectors, tokens };
  }

  /** Read on first use: nobody but a completion needs it. Undefined where its texts cannot be read. */
  vocabulary(): Promise<Vocabulary | undefined> {
    return (this.reading ??= Vocabulary.read(this.model));
  }
}

function chatTemplate(model: LlamaModel): string | null {
  const template: unknown = model.fileInfo.metadata.tokenizer.chat_template;
  return typeof template === "string" ? template : null;
}

/** Architectures of encoders, which embed and do not write (llama.cpp: LLM_ARCH_BERT and its kin). */
const encoders = /bert|t5encoder|gemma-embedding/;

function describe(
  binding: Runtime["binding"],
  model: LlamaModel,
  modelHash: string,
  template: string | null,
  infill: InfillLayout,
): ModelInfo {
  const { metadata } = model.fileInfo;
  const { architecture } = metadata.general;
  const encoder = encoders.test(architecture);
  const fileType = metadata.general.file_type;
  const size = (metadata.general as { readonly parameter_count?: number | bigint }).parameter_count;
  const counted = (model.fileInfo.fullTensorInfo ?? []).reduce(
    (sum, tensor) => sum + tensor.dimensions.reduce<number>((product, dimension) => product * Number(dimension), 1),
    0,
  );
  const pooled =
    (model.fileInfo.architectureMetadata as { readonly pooling_type?: unknown }).pooling_type !== undefined;
  return {
    modelHash,
    name: typeof metadata.general.name === "string" ? metadata.general.name : null,
    architecture,
    fileType: fileTypeName(binding, fileType),
    parameters: counted > 0 ? counted : Number(size ?? 0),
    sizeBytes: model.size,
    layers: model.fileInsights.totalLayers,
    gpuLayers: model.gpuLayers,
    mapped: model.useMmap,
    trainContextSize: model.trainContextSize,
    vocabularySize: metadata.tokenizer.ggml.tokens.length,
    chatTemplate: template,
    infill,
    can: {
      chat: !encoder,
      fillInMiddle: !encoder && infill.order !== "prefix-only",
      embed: encoder || pooled,
      tools: hasTools(template),
      schema: !encoder,
    },
  };
}

/** "Q4_1" of MOSTLY_Q4_1; the number comes from the file and may name nothing. */
function fileTypeName(binding: Runtime["binding"], fileType: number | undefined): string {
  const names: Readonly<Record<number, string | undefined>> = binding.GgufFileType;
  return fileType === undefined ? "unknown" : (names[fileType]?.replace(/^MOSTLY_/, "") ?? "unknown");
}
