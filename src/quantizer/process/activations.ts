import type { Tensor, TensorView } from "./tensorView";

export interface TensorSums {
  /** Squares of the inputs, a row for each matrix of the tensor. */
  readonly sums: Float64Array;
  /** Inputs that went into each row; one number for all rows of a tensor whose matrices are always used together. */
  readonly counts: Float64Array;
}

const F32 = 0;
/** llama-imatrix's own threshold: smaller products are those of single tokens, not of text. */
const LEAST_ROWS = 16;

/**
 * Sums what goes into the model's matrices, as llama-imatrix does: for each column of a weight, the squares of what it is
 * multiplied with.
 */
export class Activations {
  readonly tensors = new Map<string, TensorSums>();

  constructor(private readonly view: TensorView) {}

  /** Whether the product of this node counts. */
  wants(node: Tensor): boolean {
    const { view } = this;
    const operation = view.operation(node);
    if (operation === "MUL_MAT_ID") return true;
    if (operation !== "MUL_MAT") return false;
    const inputs = view.source(node, 1);
    if (view.sizes(inputs)[1] < LEAST_ROWS || view.type(inputs) !== F32) return false;
    return view.name(view.source(node, 0)).startsWith("blk.");
  }

  /** @throws RangeError for numbers that are none, as of a damaged model. */
  take(node: Tensor): void {
    const { view } = this;
    const weights = view.source(node, 0);
    const inputs = view.source(node, 1);
    if (view.type(inputs) !== F32 || view.strides(inputs)[0] !== 4) return;
    const name = view.name(weights);
    const values = new Float32Array(view.data(inputs));
    if (view.operation(node) === "MUL_MAT_ID") this.takeExperts(name, node, weights, inputs, values);
    else this.takeDense(name, weights, inputs, values);
  }

  private takeDense(name: string, weights: Tensor, inputs: Tensor, values: Float32Array): void {
    const [, , of2, of3] = this.view.sizes(weights);
    const [length, rows, in2, in3] = this.view.sizes(inputs);
    const [, rowBytes, bytes2, bytes3] = this.view.strides(inputs);
    const entry = this.entry(name, length * of2 * of3, 1);
    for (let i3 = 0; i3 < in3; i3++) {
      for (let i2 = 0; i2 < in2; i2++) {
        const matrix = (i3 % of3) * of2 + (i2 % of2);
        for (let row = 0; row < rows; row++)
          add(entry.sums, matrix * length, values, (row * rowBytes + i2 * bytes2 + i3 * bytes3) / 4, length);
      }
    }
    entry.counts[0] = (entry.counts[0] ?? 0) + (rows * in2 * in3) / (of2 * of3);
    this.check(name, entry);
  }

  /** Experts see only the tokens that were sent to them. */
  private takeExperts(name: string, node: Tensor, weights: Tensor, inputs: Tensor, values: Float32Array): void {
    const { view } = this;
    const chosen = view.source(node, 2);
    const experts = view.sizes(weights)[2];
    const [length, used, tokens] = view.sizes(inputs);
    const [, usedBytes, tokenBytes] = view.strides(inputs);
    const [each] = view.sizes(chosen);
    const [idBytes, rowBytes] = view.strides(chosen);
    const ids = new Int32Array(view.data(chosen));
    const entry = this.entry(name, length * experts, experts);
    for (let index = 0; index < each; index++) {
      for (let token = 0; token < tokens; token++) {
        const expert = ids[(token * rowBytes + index * idBytes) / 4] ?? -1;
        if (expert < 0 || expert >= experts) throw new RangeError(`${name} was asked for expert ${expert}.`);
        const from = ((index % used) * usedBytes + token * tokenBytes) / 4;
        add(entry.sums, expert * length, values, from, length);
        entry.counts[expert] = (entry.counts[expert] ?? 0) + 1;
      }
    }
    this.check(name, entry);
  }

  private entry(name: string, size: number, counts: number): TensorSums {
    const known = this.tensors.get(name);
    if (known?.sums.length === size && known.counts.length === counts) return known;
    if (known !== undefined) throw new RangeError(`${name} changed its shape.`);
    const entry = { sums: new Float64Array(size), counts: new Float64Array(counts) };
    this.tensors.set(name, entry);
    return entry;
  }

  private check(name: string, { sums }: TensorSums): void {
    if (!sums.every(Number.isFinite)) throw new RangeError(`${name} got numbers that are none.`);
  }
}

function add(sums: Float64Array, to: number, values: Float32Array, from: number, length: number): void {
  for (let column = 0; column < length; column++) {
    const value = values[from + column] ?? 0;
    sums[to + column] = (sums[to + column] ?? 0) + value * value;
  }
}
