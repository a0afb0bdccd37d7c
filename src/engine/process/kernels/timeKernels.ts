import os from "node:os";
import { setImmediate } from "node:timers/promises";
import type { Kernel } from "../../measuring";
import type { Job } from "../jobs";
import type { Runtime } from "../runtime";
import { Ggml } from "./ggml";
import { KernelRun } from "./kernelRun";

/** Runs of a kernel at least, after one that warms up. */
const LEAST_RUNS = 3;
const MOST_RUNS = 1000;

export interface KernelRequest {
  readonly kernels: readonly Kernel[];
  readonly threads: number;
  /** To spend on each kernel, seconds; the least number of runs may take longer. */
  readonly budget: number;
}

/**
 * Times parts of what a model does, each alone, by llama.cpp's own functions on the device that models run on.
 * A pause or a cancel waits for one run.
 * @returns seconds of each run, by kernel.
 * @throws PaddockError unsupported, model/too-large; what the signal was aborted with.
 */
export async function timeKernels(
  { binding, llama, keepOffGpu }: Runtime,
  { kernels, threads, budget }: KernelRequest,
  { gate, signal }: Job,
  progress: (fraction: number) => void,
): Promise<{ samples: number[][] }> {
  const ggml = await Ggml.load(keepOffGpu ? false : llama.gpu);
  ggml.useThreads(threads);
  const types: Readonly<Record<string, unknown>> = binding.GgmlType;
  const typeNumber = (name: string): number | undefined => {
    const number = types[name];
    return typeof number === "number" ? number : undefined;
  };
  const samples: number[][] = [];
  for (const kernel of kernels) {
    const run = KernelRun.create({ ggml, typeNumber, freeMemory: os.freemem }, kernel);
    try {
      const seconds: number[] = [];
      run.compute();
      for (let spent = 0; seconds.length < LEAST_RUNS || (spent < budget && seconds.length < MOST_RUNS);) {
        // What is computed here blocks the thread that hears of pauses and cancels.
        if (spent > 0) await setImmediate();
        if (gate.closed) await gate.pass(signal);
        signal.throwIfAborted();
        const took = run.compute();
        seconds.push(took);
        spent += took;
      }
      samples.push(seconds);
    } finally {
      run.dispose();
    }
    progress(samples.length / kernels.length);
  }
  return { samples };
}
