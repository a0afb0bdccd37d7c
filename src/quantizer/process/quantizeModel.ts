import { existsSync } from "node:fs";
import path from "node:path";
import { pointer } from "koffi";
import type { GgufTensor } from "../../gguf/core/ggufHeader";
import { PaddockError } from "../../platform/core/errors";
import { bind, type NativeFunction } from "../../platform/process/nativeFunction";
import { readDryRun } from "../core/dryRun";
import { NO_TYPE, quantizeLayout } from "../core/nativeLayouts";
import type { QuantizeOptions, TensorPlan } from "../core/protocol";
import type { LlamaLibrary } from "./library";
import { filled, keep, keepText, structOf, type StructValues } from "./native";
import { type ImatrixData, readImatrix, readTensors } from "./readFiles";

/** ggml's log levels. */
const WARNING = 3;
const ERROR = 4;

/** Slabs of a tensor in memory, bytes; llama.cpp's own 8 GiB are more than many machines have. */
const MAX_BUFFER = 1024 ** 3;
/** llama_model_kv_override: the tag, the key, and a value of 128 bytes on an 8-byte border. */
const OVERRIDE = { bytes: 264, keyAt: 4, valueAt: 136, int: 0, text: 3, textBytes: 127 } as const;

export class ModelQuantizer {
  private readonly native: NativeFunction<[string, string, StructValues], number>;
  private known: { readonly source: string; readonly tensors: Promise<readonly GgufTensor[]> } | undefined;
  private messages: { readonly level: number; readonly text: string }[] = [];

  constructor({ llama }: LlamaLibrary) {
    const parameters = pointer(structOf("llama_model_quantize_params", quantizeLayout));
    this.native = bind(llama, "llama_model_quantize", "uint32_t", ["const char *", "const char *", parameters]);
  }

  /** llama.cpp's log, while it works. */
  heard(level: number, text: string): void {
    this.messages.push({ level, text });
  }

  async plan(source: string, fileType: number, options: QuantizeOptions, hasImatrix: boolean): Promise<TensorPlan> {
    const tensors = await this.tensorsOf(source);
    // Its presence alone changes the mixture; the dry run looks at no weight.
    const imatrix = hasImatrix ? { entries: [{ name: "none", weights: new Float32Array([1]) }], chunks: 0 } : undefined;
    const changes = { ...parameters(fileType, options, 1, imatrix), dry_run: true };
    await this.call(source, "", changes);
    const found = readDryRun(
      this.messages.map(({ text }) => text),
      new Set(tensors.map(({ name }) => name)),
    );
    if (found === undefined) throw new PaddockError("quantizer/failed", "llama.cpp did not say what it would make.");
    return { tensors: [...found.tensors], needsImatrix: found.needsImatrix, warnings: this.warnings() };
  }

  /** @throws PaddockError quantizer/failed with llama.cpp's reason. What it wrote until then stays. */
  async quantize(request: {
    readonly source: string;
    readonly target: string;
    readonly fileType: number;
    readonly options: QuantizeOptions;
    readonly imatrix?: { readonly path: string; readonly name: string } | undefined;
    readonly threads: number;
  }): Promise<string[]> {
    if (existsSync(request.target))
      throw new PaddockError("quantizer/failed", "The file to be written exists already.");
    const imatrix =
      request.imatrix === undefined
        ? undefined
        : await readImatrix(request.imatrix.path, await this.tensorsOf(request.source));
    // On Windows llama.cpp opens what it writes by a name in the system's code page, which may lack a folder's letters.
    process.chdir(path.dirname(request.target));
    await this.call(request.source, path.basename(request.target), {
      ...parameters(request.fileType, request.options, request.threads, imatrix),
      kv_overrides: imatrix === undefined ? null : origin(request.imatrix?.name ?? "", imatrix),
    });
    return this.warnings();
  }

  /** Read once: a plan of all types asks for the same source many times. */
  private tensorsOf(source: string): Promise<readonly GgufTensor[]> {
    if (this.known?.source !== source) this.known = { source, tensors: readTensors(source) };
    return this.known.tensors;
  }

  private async call(source: string, target: string, changes: StructValues): Promise<void> {
    this.messages = [];
    const code = await this.native.later(source, target, filled(quantizeLayout, changes));
    if (code === 0) return;
    const errors = this.messages.filter(({ level }) => level === ERROR).map(({ text }) => text.trim());
    const reason = /failed to quantize: (.*)/s.exec(errors.join("\n"))?.[1] ?? "it gave no reason";
    throw new PaddockError("quantizer/failed", `llama.cpp could not quantize this model: ${reason.slice(0, 300)}.`, {
      detail: errors.join("\n").slice(-2000),
    });
  }

  /** A warning may come in pieces, of which the last ends the line. */
  private warnings(): string[] {
    const text = this.messages
      .filter(({ level }) => level === WARNING)
      .map((message) => message.text)
      .join("");
    return text
      .split("\n")
      .map((line) => line.trim().slice(0, 500))
      .filter((line) => line !== "" && !line.includes("will require an imatrix"))
      .slice(0, 200);
  }
}

function parameters(
  fileType: number,
  options: QuantizeOptions,
  threads: number,
  imatrix: ImatrixData | undefined,
): StructValues {
  return {
    nthread: threads,
    ftype: fileType,
    output_tensor_type: options.outputType ?? NO_TYPE,
    token_embedding_type: options.tokenEmbeddingType ?? NO_TYPE,
    allow_requantize: options.allowRequantize,
    quantize_output_tensor: !options.keepOutput,
    pure: options.pure,
    imatrix: imatrix === undefined ? null : imatrixList(imatrix),
    tt_overrides: options.overrides.length === 0 ? null : overrideList(options.overrides),
    max_buf_size: MAX_BUFFER,
  };
}

/** llama_model_imatrix_data: name, values, how many; ended by an entry without a name. */
function imatrixList({ entries }: ImatrixData): bigint {
  const list = new BigUint64Array((entries.length + 1) * 3);
  entries.forEach(({ name, weights }, index) => {
    list[index * 3] = keepText(name);
    list[index * 3 + 1] = keep(new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength));
    list[index * 3 + 2] = BigInt(weights.length);
  });
  return keep(new Uint8Array(list.buffer));
}

/** llama_model_tensor_override: pattern and type; ended by an entry without a pattern. */
function overrideList(overrides: QuantizeOptions["overrides"]): bigint {
  const list = new BigUint64Array((overrides.length + 1) * 2);
  overrides.forEach(({ pattern, type }, index) => {
    list[index * 2] = keepText(pattern);
    list[index * 2 + 1] = BigInt(type);
  });
  list[overrides.length * 2 + 1] = BigInt(NO_TYPE);
  return keep(new Uint8Array(list.buffer));
}

/** What llama-quantize writes into the file of the importance matrix that it was made with. */
function origin(name: string, { entries, chunks }: ImatrixData): bigint {
  const list = Buffer.alloc(OVERRIDE.bytes * 4);
  let at = 0;
  const add = (key: string, write: (value: number) => void, tag: number): void => {
    list.writeInt32LE(tag, at);
    list.write(key, at + OVERRIDE.keyAt, "latin1");
    write(at + OVERRIDE.valueAt);
    at += OVERRIDE.bytes;
  };
  add("quantize.imatrix.file", (value) => list.write(name, value, OVERRIDE.textBytes, "utf8"), OVERRIDE.text);
  const whole = (number: number) => (value: number) => void list.writeBigInt64LE(BigInt(number), value);
  add("quantize.imatrix.entries_count", whole(entries.length), OVERRIDE.int);
  if (chunks > 0) add("quantize.imatrix.chunks_count", whole(chunks), OVERRIDE.int);
  return keep(list);
}
