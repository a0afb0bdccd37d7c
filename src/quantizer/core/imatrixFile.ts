import type { GgufHeader, GgufTensor } from "../../gguf/core/ggufHeader";
import { PaddockError } from "../../platform/core/errors";

/** What an importance matrix says of one tensor: where its sums and counts lie in the file. */
export interface ImatrixEntry {
  /** Of the model's tensor. */
  readonly name: string;
  /** Squares of the tensor's inputs, summed; a row for each matrix (expert) of the tensor. */
  readonly sums: GgufTensor;
  /** How many inputs went into each row. */
  readonly counts: GgufTensor;
  readonly rows: number;
  readonly rowLength: number;
}

export interface ImatrixIndex {
  readonly entries: readonly ImatrixEntry[];
  /** How many pieces of text it was computed from. */
  readonly chunks: number;
}

const F32 = 0;
/** In all: a thousand times what the largest models need. */
const MAX_VALUES = 1 << 30;

/**
 * llama-imatrix's GGUF format, as its header promises it.
 * @param name of the file, for messages.
 * @throws PaddockError model/damaged, or quantizer/failed for a file that is something else.
 */
export function indexImatrix({ metadata, tensors }: GgufHeader, name: string): ImatrixIndex {
  if (metadata.get("general.type") !== "imatrix") {
    throw new PaddockError("quantizer/failed", `${name} is not an importance matrix.`, {
      remedy: "Choose a GGUF file that llama-imatrix or Paddock wrote.",
    });
  }
  const chunks = metadata.get("imatrix.chunk_count");
  const chunkSize = metadata.get("imatrix.chunk_size");
  if (!isCount(chunks) || !isCount(chunkSize)) throw damaged(name, "it does not say what it was computed from");
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const entries: ImatrixEntry[] = [];
  let values = 0;
  for (const sums of tensors) {
    if (sums.type !== F32) throw damaged(name, `${shown(sums.name)} is not F32`);
    if (sums.name.endsWith(".counts")) {
      if (!byName.has(`${sums.name.slice(0, -7)}.in_sum2`)) throw damaged(name, `${shown(sums.name)} has no sums`);
      continue;
    }
    if (!sums.name.endsWith(".in_sum2")) throw damaged(name, `it holds ${shown(sums.name)}`);
    const of = sums.name.slice(0, -8);
    const counts = byName.get(`${of}.counts`);
    if (counts === undefined) throw damaged(name, `${shown(sums.name)} has no counts`);
    const size = sums.bytes / 4;
    const rows = counts.bytes / 4;
    if (rows === 0 || size === 0 || size % rows !== 0) throw damaged(name, `${shown(of)} has counts that do not fit`);
    values += size;
    if (values > MAX_VALUES) throw damaged(name, "it is impossibly large");
    entries.push({ name: of, sums, counts, rows, rowLength: size / rows });
  }
  if (entries.length === 0) throw damaged(name, "it is empty");
  return { entries, chunks };
}

/**
 * Refuses a matrix of another model before any work is done.
 * @returns how many of the tensors that are quantized it has something for.
 * @throws PaddockError quantizer/failed
 */
export function matchImatrix(index: ImatrixIndex, tensors: readonly GgufTensor[], name: string): number {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  let matching = 0;
  for (const entry of index.entries) {
    const tensor = byName.get(entry.name);
    if (tensor === undefined) continue;
    const [length = 1, , matrices = 1] = tensor.dimensions;
    // llama.cpp itself passes over a matrix of the wrong size for the token embeddings, and gives up for others.
    if (length * matrices !== entry.rowLength * entry.rows && !entry.name.endsWith("token_embd.weight"))
      throw otherModel(
        name,
        `${entry.name} has ${length * matrices} inputs, the matrix ${entry.rowLength * entry.rows}`,
      );
    matching++;
  }
  if (matching === 0) throw otherModel(name, "no tensor's name is in it");
  return matching;
}

/**
 * The weights that llama.cpp quantizes with: the mean square of each input. Where nothing was seen, as of an expert that
 * no token reached, all inputs count alike.
 * @throws PaddockError model/damaged for what is no sum of squares.
 */
export function imatrixWeights(
  entry: ImatrixEntry,
  sums: Float32Array,
  counts: Float32Array,
  name: string,
): Float32Array {
  const weights = new Float32Array(sums.length);
  for (let row = 0; row < entry.rows; row++) {
    const count = counts[row] ?? 0;
    if (!Number.isFinite(count) || count < 0) throw damaged(name, `${shown(entry.name)} has impossible counts`);
    for (let at = row * entry.rowLength; at < (row + 1) * entry.rowLength; at++) {
      const sum = sums[at] ?? 0;
      if (!Number.isFinite(sum) || sum < 0) throw damaged(name, `${shown(entry.name)} has impossible sums`);
      weights[at] = count > 0 ? sum / count : 1;
    }
  }
  return weights;
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0;
}

function shown(name: string): string {
  return JSON.stringify(name.slice(0, 80));
}

function damaged(name: string, what: string): PaddockError {
  return new PaddockError("model/damaged", `The importance matrix ${name} is damaged: ${what}.`, {
    remedy: "Compute it again, or choose another file.",
  });
}

function otherModel(name: string, detail: string): PaddockError {
  return new PaddockError("quantizer/failed", `The importance matrix ${name} belongs to another model.`, {
    remedy: "Choose the one that was computed for this model, or have one computed here.",
    detail,
  });
}
