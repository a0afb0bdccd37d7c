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

/** Part of a graph. */
interface Section {
  /** In the order in which they are computed. */
  readonly nodes: readonly Pointer[];
  /** What may be put in one place. */
  readonly placed: readonly Pointer[];
  /** Tensors to be filled with random values of their type, */
  readonly filled: readonly (readonly [Pointer, string])[];
  /** and those with values of their own. */
  readonly set: readonly (readonly [Pointer, Uint8Array])[];
}

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
    const { ggml } = this.maker;
    const tensors = tensorsOf(kernel);
    const context = this.context(tensors);
    const { nodes, placed, filled, set } = this.sectionOf(context, kernel);
    this.share(placed);
    this.fill(context, filled);
    for (const [tensor, values] of set) ggml.set(tensor, values, 0, values.length);
    this.compile(context, tensors, nodes);
  }

  private sectionOf(context: Pointer, kernel: Kernel): Section {
    switch (kernel.kind) {
      case "product":
        return this.products(context, [kernel]);
      case "round":
        return this.products(context, kernel.products);
      case "attention":
        return this.attentions(context, kernel);
      case "layers":
        return this.layers(context, kernel);
      case "nodes":
        return this.nodes(context, kernel);
      case "turns": {
        const sections = kernel.kernels.map((one) => this.sectionOf(context, one));
        return {
          nodes: byTurns(sections.map(({ nodes }) => nodes)),
          placed: sections.flatMap(({ placed }) => placed),
          filled: sections.flatMap(({ filled }) => filled),
          set: sections.flatMap(({ set }) => set),
        };
      }
    }
  }

  private products(context: Pointer, products: readonly Product[]): Section {
    const { ggml } = this.maker;
    const inputs: Pointer[] = [];
    const nodes = products.map(({ type, rows, columns, batch, copies }) => {
      const wanted: Wanted = { type: "F32", size: [columns, batch, 1] };
      const input = this.tensor(context, wanted);
      inputs.push(input);
      const weights = this.weights({ type, size: [columns, rows, 1] }, copies, wanted);
      return weights.map((weight) => ggml.multiply(context, weight, input));
    });
    return { nodes: byTurns(nodes), placed: nodes.flat(), filled: inputs.map((input) => [input, "F32"]), set: [] };
  }

  private attentions(context: Pointer, kernel: Of<"attention">): Section {
    const { heads, headsKv, headSize, depth, batch, copies, keyType, valueType } = kernel;
    const { ggml } = this.maker;
    const cells = Math.max(CELLS, Math.ceil(depth / CELLS) * CELLS);
    const query = this.tensor(context, { type: "F32", size: [headSize, heads, batch] });
    const mask = this.tensor(context, { type: "F16", size: [cells, batch, 1] });
    const filled: [Pointer, string][] = [[query, "F32"]];
    const byHead = (tensor: Pointer): Pointer => ggml.permute(context, tensor, 0, 2, 1, 3);
    const nodes = Array.from({ length: copies }, () => {
      const key = this.tensor(context, { type: keyType, size: [headSize, headsKv, cells] });
      const value = this.tensor(context, { type: valueType, size: [headSize, headsKv, cells] });
      filled.push([key, keyType], [value, valueType]);
      return ggml.attend(context, byHead(query), byHead(key), byHead(value), mask, 1 / Math.sqrt(headSize), 0, 0);
    });
    return { nodes, placed: nodes, filled, set: [[mask, causalMask({ depth, cells, batch })]] };
  }

  private layers(context: Pointer, kernel: Of<"layers">): Section {
    const { width, feedForward, heads, headsKv, headSize, batch, copies, keyType, valueType } = kernel;
    // ggml would end the process.
    if (headSize % 2 !== 0) throw new PaddockError("unsupported", "Heads of an odd size are not rotated.");
    const { ggml } = this.maker;
    const filled: [Pointer, string][] = [];
    const made = (type: string, first: number, second: number, third = 1): Pointer => {
      const tensor = this.tensor(context, { type, size: [first, second, third] });
      filled.push([tensor, type]);
      return tensor;
    };
    const floats = (...size: readonly [number, number, number?]): Pointer => made("F32", ...size);
    // What products have just put there.
    const [state, [gate, up]] = [floats(width, batch), twice(() => floats(feedForward, batch))];
    const [query, key] = [floats(headSize, heads, batch), floats(headSize, headsKv, batch)];
    const written = floats(headSize * headsKv, batch);
    const index = (type: string): Pointer => this.tensor(context, { type, size: [batch, 1, 1] });
    const [places, cells] = [index("I32"), index("I64")];
    const rotated = (tensor: Pointer): Pointer =>
      ggml.rotate(context, tensor, places, null, headSize, 0, 4096, 10_000, 1, 0, 1, 32, 1);
    const placed: Pointer[] = [];
    const nodes = Array.from({ length: copies }, () => {
      // A layer's own, which it finds as far away as its matrices.
      const normed = twice(() => {
        const norm = ggml.norm(context, state, 1e-5);
        placed.push(norm);
        return ggml.scale(context, norm, floats(width, 1));
      });
      const sums = twice(() => ggml.add(context, state, state));
      const own = [...normed, rotated(query), rotated(key), ggml.gate(context, gate, up), ...sums];
      placed.push(...own);
      const caches = [keyType, valueType].map((type) => made(type, headSize * headsKv, batch));
      return [...own, ...caches.map((cache) => ggml.writeRows(context, cache, written, cells))];
    }).flat();
    const numbers = Array.from({ length: batch }, (_, place) => place);
    return {
      ...{ nodes, placed, filled },
      set: [
        [places, new Uint8Array(Int32Array.from(numbers).buffer)],
        [cells, new Uint8Array(BigInt64Array.from(numbers, BigInt).buffer)],
      ],
    };
  }

  private nodes(context: Pointer, { width, batch, copies }: Of<"nodes">): Section {
    const row = (): Pointer => this.tensor(context, { type: "F32", size: [width, batch, 1] });
    const [first, other] = [row(), row()];
    let last = first;
    for (let copy = 0; copy < copies; copy++) last = this.maker.ggml.add(context, last, other);
    const filled: Section["filled"] = [
      [first, "F32"],
      [other, "F32"],
    ];
    return { nodes: [last], placed: [], filled, set: [] };
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

/** How many tensors are described in the context of a kernel, weights apart. */
function tensorsOf(kernel: Kernel): number {
  switch (kernel.kind) {
    case "product":
      return kernel.copies + 1;
    case "round":
      return kernel.products.reduce((sum, { copies }) => sum + copies + 1, 0);
    case "attention":
      return 6 * kernel.copies + 2;
    case "layers":
      return 16 * kernel.copies + 8;
    case "nodes":
      return kernel.copies + 2;
    case "turns":
      return kernel.kernels.reduce((sum, one) => sum + tensorsOf(one), 0);
  }
}

/** Of several rows one, each evenly spread over it and in its own order. */
function byTurns<T>(rows: readonly (readonly T[])[]): T[] {
  return rows
    .flatMap((row) => row.map((one, index) => ({ one, place: (index + 0.5) / row.length })))
    .sort((a, b) => a.place - b.place)
    .map(({ one }) => one);
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

/** The tokens of a batch are the last ones of those in the cache, and none looks at those after it or at empty cells. */
function causalMask({ depth, cells, batch }: { depth: number; cells: number; batch: number }): Uint8Array {
  const mask = new Uint16Array(cells * batch);
  for (let row = 0; row < batch; row++) {
    const seen = Math.max(1, depth - batch + row + 1);
    mask.fill(MINUS_INFINITY, row * cells + seen, (row + 1) * cells);
  }
  return new Uint8Array(mask.buffer);
}
