import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { toStorageError } from "../../platform/node/storageError";
import { generateBlocks } from "../core/generatedBlocks";
import { type GeneratedModel, generatedMetadata, generatedTensors } from "../core/generatedPlan";
import { ggmlTypes } from "../core/ggmlTypes";
import { aligned, headerBytes, type TensorPlan } from "../core/ggufBytes";

/** Random blocks are made once for each type and written again and again: nothing computes faster for their likeness. */
const POOL_BYTES = 1 << 20;

/**
 * Writes a model with random weights; the file appears whole or not at all.
 * @throws PaddockError storage/*; RangeError for a type that cannot be generated; what the signal was aborted with.
 */
export async function generateModel(target: string, model: GeneratedModel, signal: AbortSignal): Promise<void> {
  const tensors = generatedTensors(model);
  const pools = new Map<number, Uint8Array>();
  const part = `${target}.part`;
  try {
    const file = await open(part, "w");
    try {
      await writeAll(file, headerBytes(generatedMetadata(model), tensors));
      for (const tensor of tensors) {
        signal.throwIfAborted();
        await writeTensor(file, tensor, pools);
      }
    } finally {
      await file.close();
    }
    await rename(part, target);
  } catch (error) {
    await rm(part, { force: true });
    if (signal.aborted || error instanceof RangeError) throw error;
    throw toStorageError(error);
  }
}

async function writeTensor(file: FileHandle, tensor: TensorPlan, pools: Map<number, Uint8Array>): Promise<void> {
  const isNorm = tensor.dimensions.length === 1;
  const pool = isNorm ? ones(tensor.bytes) : (pools.get(tensor.type) ?? randomPool(tensor.type));
  if (!isNorm) pools.set(tensor.type, pool);
  for (let left = tensor.bytes; left > 0; left -= pool.length)
    await writeAll(file, left < pool.length ? pool.subarray(0, left) : pool);
  await writeAll(file, new Uint8Array(aligned(tensor.bytes) - tensor.bytes));
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

function ones(bytes: number): Uint8Array {
  return new Uint8Array(new Float32Array(bytes / 4).fill(1).buffer);
}

function randomPool(type: number): Uint8Array {
  const block = ggmlTypes.get(type)?.bytes ?? POOL_BYTES;
  let state = 1;
  // Numerical Recipes' linear congruential row.
  const random = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
  return generateBlocks(type, Math.floor(POOL_BYTES / block), random);
}
