import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import type { GgufHeader, GgufTensor } from "../../gguf/core/ggufHeader";
import { valuesOf } from "../../gguf/core/modelShape";
import type { TensorPlan } from "./protocol";
import { isQuantized, type QuantType } from "./quantTypes";

/** What quantizing to a type would give, before it is done. */
export interface PlannedType {
  readonly type: QuantType;
  readonly tensorBytes: number;
  /** Of the file, to within a few kilobytes of metadata. */
  readonly fileBytes: number;
  /** tensorBytes * 8 / values. */
  readonly bitsPerWeight: number;
  readonly needsImatrix: boolean;
  /** Every tensor has its type already: there is nothing to do. */
  readonly isSource: boolean;
  /** By tensor, ggml's number of its type. */
  readonly tensorTypes: ReadonlyMap<string, number>;
  readonly warnings: readonly string[];
}

/** llama.cpp writes with GGUF's own alignment, whatever the source's is. */
const ALIGNMENT = 32;

/**
 * @param parts headers of the source, one or all parts of a split one.
 * @throws RangeError when the plan is not one of these tensors.
 */
export function plannedType(type: QuantType, plan: TensorPlan, parts: readonly GgufHeader[]): PlannedType {
  const tensors = new Map(parts.flatMap((part) => part.tensors).map((tensor) => [tensor.name, tensor]));
  let tensorBytes = 0;
  let paddedBytes = 0;
  let values = 0;
  for (const { name, type: tensorType } of plan.tensors) {
    const tensor = tensors.get(name);
    if (tensor === undefined) throw new RangeError(`The plan has a tensor ${JSON.stringify(name.slice(0, 80))}.`);
    const bytes = tensorSize(tensor, tensorType);
    tensorBytes += bytes;
    paddedBytes += Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
    values += valuesOf(tensor);
  }
  return {
    type,
    tensorBytes,
    fileBytes: paddedBytes + parts.reduce((sum, { dataOffset }) => sum + dataOffset, 0),
    bitsPerWeight: values === 0 ? 0 : (tensorBytes * 8) / values,
    needsImatrix: plan.needsImatrix,
    isSource: plan.tensors.every((tensor) => tensors.get(tensor.name)?.type === tensor.type),
    tensorTypes: new Map(plan.tensors.map((tensor) => [tensor.name, tensor.type])),
    warnings: plan.warnings,
  };
}

function tensorSize(tensor: GgufTensor, type: number): number {
  const block = ggmlTypes.get(type);
  if (block === undefined) throw new RangeError(`The plan has a tensor type ${type}.`);
  return (valuesOf(tensor) / block.values) * block.bytes;
}

/** How much of a model is quantized already: the share of its values in tensors of a quantized type. */
export function quantizedShare(tensors: readonly GgufTensor[]): number {
  let all = 0;
  let quantized = 0;
  for (const tensor of tensors) {
    const values = valuesOf(tensor);
    all += values;
    if (isQuantized(tensor.type)) quantized += values;
  }
  return all === 0 ? 0 : quantized / all;
}
