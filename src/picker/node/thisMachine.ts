import os from "node:os";
import type { GpuMemory, Machine } from "../core/machine";

/** @param gpu what llama.cpp uses of it; undefined: nothing, or nobody has asked it yet. */
export function thisMachine(gpu: GpuMemory | undefined): Machine {
  return { memoryBytes: os.totalmem(), gpu };
}

/** Figures measured on machines with different keys are different figures. @param backend what llama.cpp computes on. */
export function machineKey(backend: string): string {
  const processors = os.cpus();
  return [process.platform, process.arch, processors[0]?.model ?? "", processors.length, backend].join("; ");
}
