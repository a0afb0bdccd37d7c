import os from "node:os";
import type { Machine } from "../core/machine";

/** @param gpuMemoryBytes of the GPU that llama.cpp uses; 0: none, or nobody has asked it yet. */
export function thisMachine(gpuMemoryBytes = 0): Machine {
  return { memoryBytes: os.totalmem(), gpuMemoryBytes };
}

/** Figures measured on machines with different keys are different figures. @param backend what llama.cpp computes on. */
export function machineKey(backend: string): string {
  const processors = os.cpus();
  return [process.platform, process.arch, processors[0]?.model ?? "", processors.length, backend].join("; ");
}
