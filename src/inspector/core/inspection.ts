import { knownArchitectures } from "../../gguf/core/architectures";
import { notAModel } from "../../gguf/core/fileProblem";
import { checkSize, GgufError, type GgufHeader } from "../../gguf/core/ggufHeader";
import { bitsPerWeight } from "../../gguf/core/ggmlTypes";
import { textOf } from "../../gguf/core/modelMetadata";
import { checkAssertions } from "../../gguf/core/loadRules";
import { modelShape, type ModelShape, typeShares } from "../../gguf/core/modelShape";
import { describeArchitecture } from "./architecture";
import type { ModelView, ShapeView, TensorRow, TypeMap, Warning } from "./inspectorContract";
import { typeMap, typeName } from "./typeMap";

/** A file whose header was read: the whole model, or one part of a split one. */
export interface InspectedFile {
  /** Without its folder. */
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  readonly header: GgufHeader;
}

/** The parts of a model that are there, in order, and the names of those that are not. */
export interface InspectedModel {
  readonly files: readonly InspectedFile[];
  readonly missing: readonly string[];
}

/**
 * What the page shows first.
 * @param file the name of what was opened.
 * @throws GgufError damaged: two parts have the same tensor.
 */
export function inspect(file: string, { files, missing }: InspectedModel): ModelView {
  const first = describing(files);
  const warnings: Warning[] = [];
  if (missing.length > 0) warnings.push({ what: "missing-parts", names: [...missing] });
  for (const { name, header, size } of files) {
    const checked = attempt(() => checkSize(header, size));
    if ("reason" in checked) warnings.push({ what: "truncated", name, detail: checked.reason });
  }
  const instead = notAModel(first.metadata);
  if (instead !== undefined) warnings.push({ what: "not-a-model", instead });
  const headers = files.map(({ header }) => header);
  const canBeModel = instead === undefined && missing.length === 0;
  const shaped = canBeModel ? attempt(() => shapeView(modelShape(headers), first, headers)) : { value: null };
  if ("reason" in shaped) warnings.push({ what: "no-shape", reason: shaped.reason });
  else if (canBeModel) {
    const loadable = attempt(() => checkAssertions(headers, modelShape(headers)));
    if ("reason" in loadable) warnings.push({ what: "would-crash", reason: loadable.reason });
  }
  const architecture = textOf(first.metadata, "general.architecture");
  if (instead === undefined && architecture !== undefined && !knownArchitectures.has(architecture))
    warnings.push({ what: "unknown-architecture", architecture });
  const tensors = files.flatMap(({ header }) => header.tensors);
  const types = typeShares(tensors).map(({ type, name, tensors: count, values, bytes }) => ({
    ...{ name, values, bytes },
    bits: bitsPerWeight(type) ?? 0,
    tensors: count,
  }));
  return {
    kind: "model",
    file,
    version: first.version,
    parts: files.map(({ name, size }) => ({ name, size })),
    size: files.reduce((sum, { size }) => sum + size, 0),
    tensorBytes: types.reduce((sum, { bytes }) => sum + bytes, 0),
    tensorCount: tensors.length,
    types,
    shape: "value" in shaped ? shaped.value : null,
    warnings,
  };
}

/** The header that describes the model: that of the first part, where it is there. */
export function describing(files: readonly InspectedFile[]): GgufHeader {
  const [first] = files;
  if (first === undefined) throw new RangeError("A model has at least one file.");
  return first.header;
}

export function tensorRows({ files }: InspectedModel): { readonly tensors: TensorRow[]; readonly map: TypeMap } {
  return {
    tensors: files.flatMap(({ header }, index) =>
      header.tensors.map(({ name, dimensions, type, bytes }) => ({
        name,
        dimensions: [...dimensions],
        type: typeName(type),
        bytes,
        part: files.length === 1 ? 0 : index + 1,
      })),
    ),
    map: typeMap(files.flatMap(({ header }) => header.tensors)),
  };
}

/** What comes of it, or what the reader finds wrong. */
function attempt<T>(run: () => T): { readonly value: T } | { readonly reason: string } {
  try {
    return { value: run() };
  } catch (error) {
    if (error instanceof GgufError) return { reason: error.message };
    throw error;
  }
}

function shapeView(shape: ModelShape, header: GgufHeader, headers: readonly GgufHeader[]): ShapeView {
  const { metadata } = header;
  const merges = metadata.get("tokenizer.ggml.merges");
  return {
    name: shape.name ?? null,
    architecture: shape.architecture,
    isKnown: knownArchitectures.has(shape.architecture),
    fileType: shape.fileType ?? null,
    hasImportanceMatrix: shape.hasImportanceMatrix,
    parameters: shape.parameters,
    bitsPerWeight: shape.bitsPerWeight,
    layers: shape.layers,
    embeddingLength: shape.embeddingLength,
    trainContextSize: shape.trainContextSize,
    details: describeArchitecture(
      shape,
      header,
      headers.flatMap(({ tensors }) => tensors),
    ),
    vocabulary: {
      size: shape.vocabularySize,
      model: textOf(metadata, "tokenizer.ggml.model") ?? null,
      pre: textOf(metadata, "tokenizer.ggml.pre") ?? null,
      merges: typeof merges === "object" ? merges.length : 0,
      special: specialTokens(header),
      hasChatTemplate: textOf(metadata, "tokenizer.chat_template") !== undefined,
    },
  };
}

/** More than llama.cpp has names for. */
const MAX_SPECIAL = 40;

function specialTokens({ metadata }: GgufHeader): { name: string; id: number }[] {
  return [...metadata]
    .flatMap(([key, value]) => {
      const name = /^tokenizer\.ggml\.(\w{1,40})_token_id$/.exec(key)?.[1];
      return name !== undefined && typeof value === "number" ? [{ name, id: value }] : [];
    })
    .slice(0, MAX_SPECIAL);
}
