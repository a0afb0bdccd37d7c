import os from "node:os";
import type { Kernel, MachineProbe } from "../measuring";

export type TimeKernels = (kernels: readonly Kernel[], budget: number) => Promise<readonly (readonly number[])[]>;

const MIB = 1 << 20;
/** Of 32-bit values, 4 MiB a matrix: what one row of a product reads is then all that it takes. */
const READ = { kind: "product", type: "F32", rows: 1024, columns: 1024, batch: 1 } as const;
const READ_BYTES = 4 * MIB;
/**
 * Matrices of 4 MiB that are read one after the other: from what most caches hold to 512 MiB, since servers have
 * last-level caches of hundreds.
 */
const READS = [1, 4, 16, 64, 128];
/** The types that most files have, and what a prompt's attention computes in. */
const MATRIX_TYPES = ["F16", "Q8_0", "Q4_0", "Q4_1", "Q4_K", "Q6_K"];
const MATRIX = { rows: 1024, columns: 2048, batch: 512 };
const NODES = 500;
/** On each kernel, seconds. */
const BUDGET = 0.08;

/** The ceilings of this machine: of all runs the best, since other programs only make one slower. */
export async function probeMachine(time: TimeKernels, threads: number): Promise<MachineProbe> {
  const nodes = (copies: number): Kernel => ({ kind: "nodes", width: 32, batch: 1, copies });
  const readable = READS.filter((copies) => copies * READ_BYTES < os.freemem() / 4);
  const kernels: Kernel[] = [
    nodes(1),
    nodes(NODES),
    ...readable.map((copies) => ({ ...READ, copies })),
    ...MATRIX_TYPES.map((type) => ({ kind: "product" as const, type, ...MATRIX, copies: 1 })),
  ];
  const best = (await time(kernels, BUDGET)).map((samples) => Math.min(...samples));
  const [batchSeconds = 0, several = 0] = best;
  const reads = best.slice(2, 2 + readable.length);
  const products = best.slice(2 + readable.length);
  // Beginning the batch is a share of the small ones.
  const net = (seconds: number): number => Math.max(seconds - batchSeconds, seconds / 10);
  const bySize = reads.map((seconds, index) => {
    const bytes = READ_BYTES * (readable[index] ?? 0);
    return { bytes, bytesPerSecond: bytes / net(seconds) };
  });
  return {
    threads,
    memoryBytesPerSecond: bySize.at(-1)?.bytesPerSecond ?? 0,
    bySize,
    matrix: products.map((seconds, index) => ({
      type: MATRIX_TYPES[index] ?? "",
      macsPerSecond: (MATRIX.rows * MATRIX.columns * MATRIX.batch) / net(seconds),
    })),
    batchSeconds,
    nodeSeconds: Math.max(0, several - batchSeconds) / (NODES - 1),
  };
}
