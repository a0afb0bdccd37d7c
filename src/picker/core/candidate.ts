import type { GgufHeader, GgufTensor } from "../../gguf/core/ggufHeader";
import { ggmlTypes } from "../../gguf/core/ggmlTypes";
import { checkAssertions } from "../../gguf/core/loadRules";
import { type ModelShape, modelShape } from "../../gguf/core/modelShape";

/** Where a candidate is. */
export type CandidateOrigin =
  | { readonly kind: "file"; readonly path: string }
  /** Not on this machine yet. `parts`: of all of its files, in order, what the hub tells of them. */
  | { readonly kind: "hub"; readonly repository: string; readonly parts: readonly HubPart[] }
  | { readonly kind: "server"; readonly server: string };

export interface HubPart {
  /** In the repository, as the hub writes it. */
  readonly path: string;
  readonly size: number;
  readonly sha256: string | undefined;
}

/** What a server says of a model, as far as it says anything. */
export interface ToldFacts {
  /** By the server's own name, such as "Q4_K_M". */
  readonly quantization: string | undefined;
  readonly parameters: number | undefined;
  /** Tokens that the model was trained for, or that the server has room for. */
  readonly contextSize: number | undefined;
}

/** One choice: a file of a folder or repository, a split model as one, or what a server offers. */
export interface Candidate {
  /** Unique in its list, and the same each time the list is made. */
  readonly id: string;
  readonly name: string;
  readonly origin: CandidateOrigin;
  /** Of all parts, bytes; undefined: nobody says. */
  readonly sizeBytes: number | undefined;
  /** Undefined where there is no header to read: a server's model, or a file that is not usable. */
  readonly contents: CandidateContents | undefined;
  /** Why there are no contents: a full sentence. */
  readonly problem: string | undefined;
  /** Of a server's model. */
  readonly told?: ToldFacts;
}

export interface CandidateContents {
  readonly shape: ModelShape;
  readonly tensors: readonly GgufTensor[];
  readonly mix: WeightMix;
}

/**
 * @param headers of all parts of one model.
 * @throws GgufError damaged
 */
export function contentsOf(headers: readonly GgufHeader[]): CandidateContents {
  const tensors = headers.flatMap((header) => header.tensors);
  const shape = modelShape(headers);
  checkAssertions(headers, shape);
  return { shape, tensors, mix: weightMix(tensors) };
}

/** What a tensor does, as far as errors in it cost quality differently. */
export const tensorRoles = [
  "embedding",
  "output",
  "attentionValue",
  "attentionOutput",
  "feedForwardDown",
  "other",
] as const;
export type TensorRole = (typeof tensorRoles)[number];

/** How many values there are of each role and type. */
export type WeightMix = readonly {
  readonly role: TensorRole;
  /** ggml's number of the type. */
  readonly type: number;
  readonly values: number;
}[];

/** @param tensors of all parts of a model. */
export function weightMix(tensors: readonly GgufTensor[]): WeightMix {
  const found = new Map<string, { role: TensorRole; type: number; values: number }>();
  const hasOutput = tensors.some(({ name }) => name === "output.weight");
  for (const { name, type, dimensions } of tensors) {
    const role = roleOf(name, hasOutput);
    const key = `${role} ${type}`;
    const entry = found.get(key) ?? { role, type, values: 0 };
    entry.values += dimensions.reduce((product, size) => product * size, 1);
    found.set(key, entry);
  }
  return [...found.values()];
}

/** @param hasOutput false: the embedding is the output matrix too, as in small models. */
function roleOf(name: string, hasOutput: boolean): TensorRole {
  if (name === "output.weight") return "output";
  if (name === "token_embd.weight") return hasOutput ? "embedding" : "output";
  if (name.endsWith(".attn_v.weight")) return "attentionValue";
  if (name.endsWith(".attn_output.weight")) return "attentionOutput";
  if (/\.ffn_down(_exps|_shexp)?\.weight$/.test(name)) return "feedForwardDown";
  return "other";
}

/**
 * Files with the same key are builds of one model, so that their qualities can be compared. Undefined: not known.
 * Builds differ in types alone, so what the metadata says of the layers, and the model's name, must be the same.
 */
export function modelKey({ contents }: Candidate): string | undefined {
  if (contents === undefined) return undefined;
  const { architecture, name, layers, embeddingLength, vocabularySize, experts } = contents.shape;
  return [architecture, name ?? "", layers, embeddingLength, vocabularySize, experts?.total ?? 0].join("/");
}

/** How people call the file's quantization: what its metadata or its server says, or the type that most values have. */
export function quantizationName({ contents, told }: Candidate): string | undefined {
  if (contents === undefined) return told?.quantization;
  const { fileType, types } = contents.shape;
  if (fileType !== undefined) return fileType;
  const [most] = [...types].sort((one, other) => other.values - one.values);
  return most === undefined ? undefined : (ggmlTypes.get(most.type)?.name ?? most.name);
}
