import { open } from "node:fs/promises";
import path from "node:path";
import type { GgufHeader, GgufTensor } from "../../gguf/core/ggufHeader";
import { readHeader } from "../../gguf/core/readHeader";
import { splitName, splitPartNames } from "../../gguf/core/splitFiles";
import { fileSource } from "../../gguf/node/fileSource";
import { imatrixWeights, indexImatrix, matchImatrix } from "../core/imatrixFile";

const never = new AbortController().signal;

/** Tensors of a model: of all its parts, where it is split. @throws what the reader throws for a file that lies. */
export async function readTensors(source: string): Promise<GgufTensor[]> {
  const split = splitName(source);
  const files = split === undefined ? [source] : splitPartNames(split);
  const headers = await Promise.all(files.map(readHeaderOf));
  return headers.flatMap(({ tensors }) => tensors);
}

async function readHeaderOf(file: string): Promise<GgufHeader> {
  const handle = await open(file, "r");
  try {
    return await readHeader(await fileSource(handle), never);
  } finally {
    await handle.close();
  }
}

export interface ImatrixData {
  readonly entries: readonly { readonly name: string; readonly weights: Float32Array }[];
  readonly chunks: number;
}

/**
 * What llama.cpp is given of an importance matrix.
 * @throws PaddockError model/damaged or quantizer/failed: no importance matrix, or that of another model.
 */
export async function readImatrix(file: string, tensors: readonly GgufTensor[]): Promise<ImatrixData> {
  const name = path.basename(file);
  const handle = await open(file, "r");
  try {
    const header = await readHeader(await fileSource(handle), never);
    const index = indexImatrix(header, name);
    matchImatrix(index, tensors, name);
    const floats = async ({ offset, bytes }: GgufTensor): Promise<Float32Array> => {
      const data = new Float32Array(bytes / 4);
      const { bytesRead } = await handle.read(new Uint8Array(data.buffer), 0, bytes, header.dataOffset + offset);
      if (bytesRead < bytes) throw new RangeError(`${name} is cut short.`);
      return data;
    };
    const entries = [];
    for (const entry of index.entries) {
      const weights = imatrixWeights(entry, await floats(entry.sums), await floats(entry.counts), name);
      entries.push({ name: entry.name, weights });
    }
    return { entries, chunks: index.chunks };
  } finally {
    await handle.close();
  }
}
