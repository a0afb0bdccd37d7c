import { ggmlTypes } from "./ggmlTypes";
import type { GgufTensor } from "./ggufHeader";
import { layerOf, type ModelShape, valuesOf } from "./modelShape";

/** What a model does for one token, from its tensors. */
export interface ModelWork {
  /** Values read for a token generated, by type name. */
  readonly tg: Readonly<Record<string, number>>;
  /** Values computed with for a token of a prompt, by type name. */
  readonly pp: Readonly<Record<string, number>>;
  /** Of the weights read for a token generated. */
  readonly bytes: number;
  readonly layers: number;
  readonly vocabulary: number;
  /** Values of all attention heads, in all layers. */
  readonly attention: number;
}

/** What of a tensor counts here: in a file, or planned. */
export type WorkTensor = Pick<GgufTensor, "name" | "dimensions" | "type" | "bytes">;
export type WorkShape = Pick<ModelShape, "layers" | "heads" | "keyLength" | "vocabularySize" | "experts">;

/** @param tensors of all parts of the model. */
export function modelWork(tensors: readonly WorkTensor[], shape: WorkShape): ModelWork {
  const hasOutput = tensors.some(({ name }) => name === "output.weight");
  const tg: Record<string, number> = {};
  const pp: Record<string, number> = {};
  let bytes = 0;
  for (const tensor of tensors) {
    const type = ggmlTypes.get(tensor.type)?.name ?? String(tensor.type);
    // Vectors (norms, biases) cost nothing beside matrices; what looks a row up reads one.
    if (tensor.dimensions.length < 2 || isLookup(tensor.name, hasOutput)) continue;
    const share = usedShare(tensor.name, shape);
    const values = valuesOf(tensor) * share;
    tg[type] = (tg[type] ?? 0) + values;
    bytes += tensor.bytes * share;
    if (countsForPrompts(tensor.name, shape)) pp[type] = (pp[type] ?? 0) + values;
  }
  return {
    tg,
    pp,
    bytes,
    layers: shape.layers,
    vocabulary: shape.vocabularySize,
    attention: shape.layers * shape.heads * shape.keyLength,
  };
}

/** Matrices of one size and type that a model multiplies with. */
export interface MatrixGroup {
  readonly type: string;
  /** Of what they are multiplied with, and of what comes out. */
  readonly columns: number;
  readonly rows: number;
  /** How many a token generated uses; of experts, those it is sent to. */
  readonly used: number;
  /** How many a prompt's tokens use, and with what share of the tokens each: experts share them out. */
  readonly usedByPrompts: number;
  readonly promptShare: number;
  /** Of one matrix. */
  readonly bytes: number;
}

/** What modelWork sums up, one by one. @param tensors of all parts of the model. */
export function matrixGroups(tensors: readonly WorkTensor[], shape: WorkShape): MatrixGroup[] {
  const hasOutput = tensors.some(({ name }) => name === "output.weight");
  const groups = new Map<string, MatrixGroup>();
  for (const { name, dimensions, type: number, bytes } of tensors) {
    const [columns = 0, rows = 0, ...more] = dimensions;
    if (dimensions.length < 2 || isLookup(name, hasOutput)) continue;
    const type = ggmlTypes.get(number)?.name ?? String(number);
    const matrices = more.reduce((product, size) => product * size, 1);
    const share = usedShare(name, shape);
    const key = [type, columns, rows, share].join(" ");
    const known = groups.get(key);
    groups.set(key, {
      ...{ type, columns, rows, promptShare: share, bytes: bytes / matrices },
      used: (known?.used ?? 0) + matrices * share,
      usedByPrompts: (known?.usedByPrompts ?? 0) + (countsForPrompts(name, shape) ? matrices : 0),
    });
  }
  return [...groups.values()];
}

function isLookup(name: string, hasOutput: boolean): boolean {
  // An embedding without an output matrix beside it is the output matrix, too.
  return name === "token_embd.weight" ? hasOutput : /^(position_embd|token_types|per_layer_token_embd)\./.test(name);
}

/** Of the experts of a layer only some are asked. */
function usedShare(name: string, { experts }: Pick<ModelShape, "experts">): number {
  return experts !== undefined && name.includes("_exps.") ? experts.used / Math.max(1, experts.total) : 1;
}

/** What comes after the last layer's attention is computed for the last token of a prompt alone. */
function countsForPrompts(name: string, { layers }: Pick<ModelShape, "layers">): boolean {
  const layer = layerOf(name);
  return layer !== undefined && !(layer === layers - 1 && name.includes(".ffn_"));
}
