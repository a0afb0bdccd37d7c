import { PaddockError } from "../../../platform/core/errors";
import type { Pointer } from "../../../platform/process/nativeFunction";
import type { Kernel } from "../../measuring";
import type { Ggml } from "./ggml";
import { randomValues } from "./randomValues";

/** llama.cpp rounds the part of the KV cache that attention looks at up to this many cells (llama_kv_cache::get_n_kv). */
const CELLS = 256;
/** Of the memory that is free, what a measurement may take. */
const SHARE_OF_FREE = 0.6;

/** What kernels are made of, beside ggml itself. */
export interface KernelMaker {
  readonly ggml: Ggml;
  /** ggml's number of a type by llama.cpp's name; undefined: there is none. */
  readonly typeNumber: (name: string) => number | undefined;
  /** Bytes. */
  readonly freeMemory: () => number;
}

type Of<K extends Kernel["kind"]> = Extract<Kernel, { kind: K }>;

interface Wanted {
  readonly type: string;
  readonly size: readonly [number, number, number];
}

/** A graph whose tensors have values, ready to be computed again and again. Its memory is ggml's: dispose of it. */
export class KernelRun {
  private readonly contexts: Pointer[] = [];
  private readonly buffers: Pointer[] = [];
  private graph: Pointer = null;

  private constructor(private readonly maker: KernelMaker) {}

  /** @throws PaddockError unsupported for a type or a size that there is not; model/too-large. */
  static create(maker: KernelMaker, kernel: Kernel): KernelRun {
    const run = new KernelRun(maker);
    try {
      run.make(kernel);
      return run;
    } catch (error) {
      run.dispose();
      throw error;
    }
  }

  /** @returns seconds. */
  compute(): number {
    const { ggml } = this.maker;
    const since = performance.now();
    const status = ggml.compute(ggml.backend, this.graph);
    const seconds = (performance.now() - since) / 1000;
    if (status !== 0) throw new PaddockError("unsupported", "llama.cpp could not compute what was to be timed.");
    return seconds;
  }

  dispose(): void {
    for (const buffer of this.buffers.splice(0)) this.maker.ggml.release(buffer);
    for (const context of this.contexts.splice(0)) this.maker.ggml.free(context);
  }

  private make(kernel: Kernel): void {
    switch (kernel.kind) {
      case "product":
        this.products(kernel);
        break;
      case "attention":
        this.attentions(kernel);
        break;
      case "nodes":
        this.nodes(kernel);
    }
  }

  private products({ type, rows, columns, batch, copies }: Of<"product">): void {
    const wantedInput: Wanted = { type: "F32", size: [columns, batch, 1] };
    const weights = this.weights({ type, size: [columns, rows, 1] }, copies, wantedInput);
    const tensors = copies + 1;
    const context = this.context(tensors);
    const input = this.tensor(context, wantedInput);
    const outputs = weights.map((weight) => this.maker.ggml.multiply(context, weight, input));
    this.fill(context, [[input, "F32"]]);
    this.compile(context, tensors, outputs);
  }

  private attentions(kernel: Of<"attention">): void {
    const { heads, headsKv, headSize, batch, copies, keyType, valueType } = kernel;
    const { ggml } = this.maker;
    const depth = Math.max(CELLS, Math.ceil(kernel.depth / CELLS) * CELLS);
    const tensors = 6 * copies + 2;
    const context = this.context(tensors);
    const query = this.tensor(context, { type: "F32", size: [headSize, heads, batch] });
    const mask = this.tensor(context, { type: "F16", size: [depth, batch, 1] });
    const filled: [Pointer, string][] = [[query, "F32"]];
    const byHead = (tensor: Pointer): Pointer => ggml.permute(context, tensor, 0, 2, 1, 3);
    const outputs = Array.from({ length: copies }, () => {
      const key = this.tensor(context, { type: keyType, size: [headSize, headsKv, depth] });
      const value = this.tensor(context, { type: valueType, size: [headSize, headsKv, depth] });
      filled.push([key, keyType], [value, valueType]);
      return ggml.attend(context, byHead(query), byHead(key), byHead(value), mask, 1 / Math.sqrt(headSize), 0, 0);
    });
    this.fill(context, filled);
    ggml.set(mask, causalMask(depth, batch), 0, 2 * depth * batch);
    this.compile(context, tensors, outputs);
  }

  private nodes({ width, batch, copies }: Of<"nodes">): void {
    const tensors = copies + 2;
    const context = this.context(tensors);
    const row = (): Pointer => this.tensor(context, { type: "F32", size: [width, batch, 1] });
    const [first, other] = [row(), row()];
    let last = first;
    for (let copy = 0; copy < copies; copy++) last = this.maker.ggml.add(context, last, other);
    this.fill(context, [
      [first, "F32"],
      [other, "F32"],
    ]);
    this.compile(context, tensors, [last]);
  }

  private context(tensors: number): Pointer {
    const context = this.maker.ggml.context(tensors);
    this.contexts.push(context);
    return context;
  }

  private tensor(context: Pointer, { type, size: [first, second, third] }: Wanted): Pointer {
    const { ggml, typeNumber } = this.maker;
    const number = typeNumber(type);
    if (number === undefined || first % Number(ggml.blockOf(number)) !== 0)
      throw new PaddockError("unsupported", `llama.cpp has no ${type} of this size.`);
    return ggml.tensor(context, number, first, second, third, 1);
  }

  /** Matrices as llama.cpp would keep them: in an order of the device's own where it can multiply by them there. */
  private weights(matrix: Wanted, copies: number, input: Wanted): Pointer[] {
    const { ggml } = this.maker;
    const own = ggml.ownBufferTypes().find((type) => this.multipliesFrom(type, matrix, input));
    const context = this.context(copies);
    const weights = Array.from({ length: copies }, () => this.tensor(context, matrix));
    this.fill(
      context,
      weights.map((weight) => [weight, matrix.type]),
      own,
    );
    return weights;
  }

  private multipliesFrom(bufferType: Pointer, matrix: Wanted, input: Wanted): boolean {
    const { ggml } = this.maker;
    const trial = new KernelRun(this.maker);
    try {
      const kept = trial.context(1);
      const weight = trial.tensor(kept, matrix);
      const buffer = ggml.allocateFrom(kept, bufferType);
      if (buffer === null) return false;
      trial.buffers.push(buffer);
      const context = trial.context(2);
      return ggml.computes(ggml.multiply(context, weight, trial.tensor(context, input)));
    } finally {
      trial.dispose();
    }
  }

  /** Allocates all tensors of the context and gives some of them values. */
  private fill(context: Pointer, tensors: readonly (readonly [Pointer, string])[], bufferType?: Pointer): void {
    const { ggml, freeMemory } = this.maker;
    const bytes = tensors.reduce((sum, [tensor]) => sum + Number(ggml.bytesOf(tensor)), 0);
    const buffer =
      bytes > SHARE_OF_FREE * freeMemory()
        ? null
        : bufferType === undefined
          ? ggml.allocate(context, ggml.backend)
          : ggml.allocateFrom(context, bufferType);
    if (buffer === null)
      throw new PaddockError("model/too-large", "There is not enough free memory to measure with.", {
        remedy: "Close other programs, then try again.",
      });
    this.buffers.push(buffer);
    const known = new Map<string, Uint8Array>();
    for (const [tensor, type] of tensors) {
      const size = Number(ggml.bytesOf(tensor));
      const key = `${type} ${size}`;
      const values = known.get(key) ?? randomValues(type, size);
      known.set(key, values);
      ggml.set(tensor, values, 0, size);
    }
  }

  private compile(context: Pointer, tensors: number, outputs: readonly Pointer[]): void {
    const { ggml } = this.maker;
    this.graph = ggml.graphOf(context, tensors);
    for (const output of outputs) ggml.expand(this.graph, output);
  }
}

/** F16 */
const MINUS_INFINITY = 0xfc00;

/** The tokens of a batch are the last ones, and none looks at those after it. */
function causalMask(depth: number, batch: number): Uint8Array {
  const mask = new Uint16Array(depth * batch);
  for (let row = 0; row < batch; row++) {
    const seen = Math.max(1, depth - batch + row + 1);
    mask.fill(MINUS_INFINITY, row * depth + seen, (row + 1) * depth);
  }
  return new Uint8Array(mask.buffer);
}
