import { PaddockError } from "../../../platform/core/errors";
import type { Pointer } from "../../../platform/process/nativeFunction";
import type { Kernel } from "../../measuring";
import type { Ggml } from "./ggml";
import { randomValues } from "./randomValues";

/** llama.cpp rounds the part of the KV cache that attention looks at up to this many cells (llama_kv_cache::get_n_kv). */
const CELLS = 256;
/** Of the memory that is free, what a measurement may take. */
const SHARE_OF_FREE = 0.6;

/** What devices may want behind a tensor, bytes. */
const SPARE_BYTES = 4096;

/** What kernels are made of, beside ggml itself. */
export interface KernelMaker {
  readonly ggml: Ggml;
  /** ggml's number of a type by llama.cpp's name; undefined: there is none. */
  readonly typeNumber: (name: string) => number | undefined;
  /** Bytes. */
  readonly freeMemory: () => number;
}

type Product = Omit<Extract<Kernel, { kind: "product" }>, "kind">;
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
        this.products([kernel]);
        break;
      case "round":
        this.products(kernel.products);
        break;
      case "attention":
        this.attentions(kernel);
        break;
      case "layers":
        this.layers(kernel);
        break;
      case "nodes":
        this.nodes(kernel);
    }
  }

  private products(products: readonly Product[]): void {
    const { ggml } = this.maker;
    const factors = products.map(({ type, rows, columns, batch, copies }) => {
      const input: Wanted = { type: "F32", size: [columns, batch, 1] };
      return { input, weights: this.weights({ type, size: [columns, rows, 1] }, copies, input) };
    });
    const tensors = factors.reduce((sum, { weights }) => sum + weights.length, factors.length);
    const context = this.context(tensors);
    const byTurns = factors.flatMap(({ input: wanted, weights }) => {
      const input = this.tensor(context, wanted);
      return weights.map((weight, index) => ({ weight, input, place: (index + 0.5) / weights.length }));
    });
    byTurns.sort((a, b) => a.place - b.place);
    const outputs = byTurns.map(({ weight, input }) => ggml.multiply(context, weight, input));
    this.share(outputs);
    this.fill(
      context,
      [...new Set(byTurns.map(({ input }) => input))].map((input) => [input, "F32"]),
    );
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
    this.share(outputs);
    this.fill(context, filled);
    ggml.set(mask, causalMask(depth, batch), 0, 2 * depth * batch);
    this.compile(context, tensors, outputs);
  }

  private layers({ width, feedForward, heads, headsKv, headSize, batch, copies, ...types }: Of<"layers">): void {
    // ggml would end the process.
    if (headSize % 2 !== 0) throw new PaddockError("unsupported", "Heads of an odd size are not rotated.");
    const { ggml } = this.maker;
    const tensors = 12 * copies + 11;
    const context = this.context(tensors);
    const rows = (type: string, first: number, second: number, third = 1): Pointer =>
      this.tensor(context, { type, size: [first, second, third] });
    const floats = (...size: readonly [number, number, number?]): Pointer => rows("F32", ...size);
    const [state, weights, gate, up] = [
      floats(width, batch),
      floats(width, 1),
      ...twice(() => floats(feedForward, batch)),
    ];
    const [query, key] = [floats(headSize, heads, batch), floats(headSize, headsKv, batch)];
    const written = floats(headSize * headsKv, batch);
    const caches = [types.keyType, types.valueType].map((type) => ({
      type,
      cache: rows(type, headSize * headsKv, Math.max(CELLS, batch)),
    }));
    const [places, cells] = [rows("I32", batch, 1), rows("I64", batch, 1)];
    const rotated = (tensor: Pointer): Pointer =>
      ggml.rotate(context, tensor, places, null, headSize, 0, 4096, 10_000, 1, 0, 1, 32, 1);
    const placed: Pointer[] = [];
    const outputs = Array.from({ length: copies }, () => {
      const normed = twice(() => {
        const norm = ggml.norm(context, state, 1e-5);
        placed.push(norm);
        return ggml.scale(context, norm, weights);
      });
      const sums = twice(() => ggml.add(context, state, state));
      const own = [...normed, rotated(query), rotated(key), ggml.gate(context, gate, up), ...sums];
      placed.push(...own);
      return [...own, ...caches.map(({ cache }) => ggml.writeRows(context, cache, written, cells))];
    }).flat();
    this.share(placed);
    const inputs = [state, weights, gate, up, query, key, written];
    this.fill(context, [
      ...inputs.map((input) => [input, "F32"] as const),
      ...caches.map(({ cache, type }) => [cache, type] as const),
    ]);
    const numbers = Array.from({ length: batch }, (_, index) => index);
    ggml.set(places, new Uint8Array(Int32Array.from(numbers).buffer), 0, 4 * batch);
    ggml.set(cells, new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer), 0, 8 * batch);
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

  /** Puts what comes out in one place: a model, too, has what it computes where it had what it needs no more. */
  private share(outputs: readonly Pointer[]): void {
    const { ggml, freeMemory } = this.maker;
    const bytes = outputs.reduce<number>((most, output) => Math.max(most, Number(ggml.bytesOf(output))), 0);
    const { buffer, base } = bytes > SHARE_OF_FREE * freeMemory() ? noRoom : ggml.room(bytes + SPARE_BYTES);
    if (buffer === null) throw notEnough();
    this.buffers.push(buffer);
    for (const output of outputs) {
      if (ggml.place(buffer, output, base) !== 0) throw notEnough();
    }
  }

  /** Allocates all tensors of the context that have no place yet, and gives some of them values. */
  private fill(context: Pointer, tensors: readonly (readonly [Pointer, string])[], bufferType?: Pointer): void {
    const { ggml, freeMemory, typeNumber } = this.maker;
    const bytes = tensors.reduce((sum, [tensor]) => sum + Number(ggml.bytesOf(tensor)), 0);
    const buffer =
      bytes > SHARE_OF_FREE * freeMemory()
        ? null
        : bufferType === undefined
          ? ggml.allocate(context, ggml.backend)
          : ggml.allocateFrom(context, bufferType);
    if (buffer === null) throw notEnough();
    this.buffers.push(buffer);
    const known = new Map<string, Uint8Array>();
    for (const [tensor, type] of tensors) {
      const size = Number(ggml.bytesOf(tensor));
      const key = `${type} ${size}`;
      const values = known.get(key) ?? randomValues(type, size, Number(ggml.blockBytesOf(typeNumber(type) ?? 0)));
      known.set(key, values);
      ggml.set(tensor, values, 0, size);
    }
  }

  private compile(context: Pointer, tensors: number, outputs: readonly Pointer[]): void {
    const { ggml } = this.maker;
    this.graph = ggml.graphOf(context, tensors);
    for (const output of outputs) {
      if (!ggml.computes(output))
        throw new PaddockError("unsupported", "llama.cpp does not compute this on this device.");
      ggml.expand(this.graph, output);
    }
  }
}

function twice<T>(make: () => T): [T, T] {
  return [make(), make()];
}

const noRoom = { buffer: null, base: null };

function notEnough(): PaddockError {
  return new PaddockError("model/too-large", "There is not enough free memory to measure with.", {
    remedy: "Close other programs, then try again.",
  });
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
