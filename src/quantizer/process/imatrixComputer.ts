import os from "node:os";
import { array, decode, encode, type LibraryHandle, pointer, proto, register, struct, type TypeObject } from "koffi";
import { PaddockError } from "../../platform/core/errors";
import { bind, type Pointer } from "../../platform/process/nativeFunction";
import { contextLayout, modelLayout } from "../core/nativeLayouts";
import { Activations } from "./activations";
import { writeImatrix } from "./imatrixWriter";
import type { LlamaLibrary } from "./library";
import { filled, structOf, type StructValues } from "./native";
import { type Tensor, TensorView } from "./tensorView";

const ERROR = 4;

export interface ImatrixWork {
  readonly model: string;
  readonly text: string;
  readonly dataset: string;
  readonly target: string;
  /** Tokens. */
  readonly chunkSize: number;
  readonly maxChunks: number;
  /** 0: all cores. */
  readonly threads: number;
}

interface Batch {
  readonly n_tokens: number;
  readonly token: bigint;
  readonly pos: bigint;
  readonly n_seq_id: bigint;
  readonly seq_id: bigint;
  readonly logits: bigint;
}

/**
 * Computes an importance matrix. llama.cpp calls back for every node of its graph, on the thread that computes; koffi
 * brings the call to this thread, while that one waits. The prebuilt binding has no way to do this.
 */
export class ImatrixComputer {
  private readonly errors: string[] = [];

  constructor(private readonly library: LlamaLibrary) {}

  heard(level: number, text: string): void {
    if (level === ERROR) this.errors.push(text.trim());
  }

  /** @throws PaddockError quantizer/refused, quantizer/failed. */
  async compute(
    work: ImatrixWork,
    progress: (chunk: number, chunks: number) => void,
  ): Promise<{ readonly chunks: number; readonly entries: number }> {
    const view = new TensorView(this.library.base);
    const problem = view.problem();
    if (problem !== undefined)
      throw new PaddockError("quantizer/refused", `The llama.cpp that is installed has ${problem}.`, {
        remedy: "Install Paddock again, or give an importance matrix as a file.",
      });
    const activations = new Activations(view);
    let failure: unknown;
    const callback = pointer(proto("bool paddock_eval(void *node, bool ask, void *user)"));
    const heard = register((node: Tensor, ask: boolean): boolean => {
      try {
        if (ask) return activations.wants(node);
        activations.take(node);
        return true;
      } catch (error) {
        // An exception must not go through llama.cpp's frames.
        failure ??= error;
        return false;
      }
    }, callback);
    const model = await LoadedModel.open(this.library.llama, work, heard).catch((error: unknown) => {
      throw this.explained(error);
    });
    const tokens = model.tokenize(work.text);
    const chunks = Math.min(work.maxChunks, Math.floor(tokens.length / work.chunkSize));
    if (chunks === 0) {
      throw new PaddockError("quantizer/failed", `The text is too short: it has ${tokens.length} tokens.`, {
        remedy: `Give it at least ${work.chunkSize} tokens, better a hundred times as many.`,
      });
    }
    for (let chunk = 0; chunk < chunks; chunk++) {
      progress(chunk, chunks);
      const code = await model.read(tokens.subarray(chunk * work.chunkSize, (chunk + 1) * work.chunkSize));
      if (failure !== undefined || code !== 0) throw this.explained(failure ?? new RangeError(`decode gave ${code}`));
    }
    progress(chunks, chunks);
    if (activations.tensors.size === 0)
      throw new PaddockError("quantizer/failed", "This model has no weights that an importance matrix is about.");
    await writeImatrix(work.target, { ...work, chunks, tensors: activations.tensors });
    return { chunks, entries: activations.tensors.size };
  }

  private explained(error: unknown): PaddockError {
    if (error instanceof PaddockError) return error;
    const reason = error instanceof Error ? error.message : String(error);
    return new PaddockError("quantizer/failed", "The importance matrix could not be computed.", {
      remedy: "The model may be damaged, or memory too short. The log says more.",
      detail: [reason, ...this.errors].join("\n").slice(-2000),
      cause: error,
    });
  }
}

/** A model and a context for one chunk, on the CPU. They are never freed: the process does one job. */
class LoadedModel {
  private constructor(
    private readonly llama: LibraryHandle,
    private readonly vocabulary: Pointer,
    private readonly context: Pointer,
    private readonly batch: Batch,
    private readonly batchType: TypeObject,
  ) {}

  static async open(llama: LibraryHandle, work: ImatrixWork, callback: bigint): Promise<LoadedModel> {
    const load = bind<[string, StructValues], Pointer>(llama, "llama_model_load_from_file", "void *", [
      ...["const char *", structOf("llama_model_params", modelLayout)],
    ]);
    const model = await load.later(work.model, filled(modelLayout, { n_gpu_layers: 0 }));
    if (model === null) throw new RangeError("llama.cpp could not load the model");
    const ask = (name: string): boolean => bind<[Pointer], boolean>(llama, name, "bool", ["void *"])(model);
    if (ask("llama_model_has_encoder") || !ask("llama_model_has_decoder")) {
      throw new PaddockError(
        "quantizer/failed",
        "Importance matrices are computed for models that generate text only.",
        {
          remedy: "Give one as a file, or choose a type that needs none.",
        },
      );
    }
    const threads = work.threads > 0 ? work.threads : os.availableParallelism();
    const open = bind<[Pointer, StructValues], Pointer>(llama, "llama_init_from_model", "void *", [
      ...["void *", structOf("llama_context_params", contextLayout)],
    ]);
    const context = open(
      model,
      filled(contextLayout, {
        n_ctx: work.chunkSize,
        n_batch: work.chunkSize,
        n_ubatch: Math.min(512, work.chunkSize),
        n_outputs_max_per_seq: 0,
        n_threads: threads,
        n_threads_batch: threads,
        offload_kqv: false,
        op_offload: false,
        cb_eval: callback,
      }),
    );
    if (context === null) throw new RangeError("llama.cpp could not make a context");
    const vocabulary = bind<[Pointer], Pointer>(llama, "llama_model_get_vocab", "void *", ["void *"])(model);
    const batchType = struct("llama_batch", {
      ...{ n_tokens: "int32_t", token: "void *", embd: "void *", pos: "void *", n_seq_id: "void *", seq_id: "void *" },
      logits: "void *",
    });
    const make = bind<[number, number, number], Batch>(llama, "llama_batch_init", batchType, [
      "int32",
      "int32",
      "int32",
    ]);
    return new LoadedModel(llama, vocabulary, context, make(work.chunkSize, 0, 1), batchType);
  }

  /** Special tokens in the text are read as plain text. */
  tokenize(text: string): Int32Array {
    const types = ["void *", "const char *", "int32", "_Out_ int32_t *", "int32", "bool", "bool"];
    const tokenize = bind<[Pointer, string, number, Int32Array, number, boolean, boolean], number>(
      ...[this.llama, "llama_tokenize", "int32", types],
    );
    const bytes = Buffer.byteLength(text);
    const tokens = new Int32Array(bytes + 16);
    const count = tokenize(this.vocabulary, text, bytes, tokens, tokens.length, true, false);
    if (count < 0) throw new RangeError("llama.cpp could not tokenize the text");
    return tokens.subarray(0, count);
  }

  /** @returns llama_decode's code, 0 for success. */
  async read(tokens: Int32Array): Promise<number> {
    const { llama, batch, vocabulary, context } = this;
    const memory = bind<[Pointer], Pointer>(llama, "llama_get_memory", "void *", ["void *"])(context);
    bind<[Pointer, boolean], undefined>(llama, "llama_memory_clear", "void", ["void *", "bool"])(memory, true);
    const chunk = Int32Array.from(tokens);
    // As llama-imatrix does: each chunk begins like a text.
    if (bind<[Pointer], boolean>(llama, "llama_vocab_get_add_bos", "bool", ["void *"])(vocabulary))
      chunk[0] = bind<[Pointer], number>(llama, "llama_vocab_bos", "int32", ["void *"])(vocabulary);
    const count = chunk.length;
    encode(batch.token, array("int32_t", count), chunk);
    encode(batch.pos, array("int32_t", count), Int32Array.from(chunk.keys()));
    encode(batch.n_seq_id, array("int32_t", count), new Int32Array(count).fill(1));
    for (let index = 0; index < count; index++)
      encode(decode(batch.seq_id, index * 8, "void *") as bigint, "int32_t", 0);
    // Without outputs for all tokens, the last layer would see only the last of them.
    encode(batch.logits, array("int8_t", count), new Int8Array(count).fill(1));
    const run = bind<[Pointer, object], number>(llama, "llama_decode", "int32", ["void *", this.batchType]);
    return run.later(context, { ...batch, n_tokens: count });
  }
}
