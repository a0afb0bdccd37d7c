/** What a model can have of the machine it would run on. */
export interface Machine {
  /** Of the CPU, all of it, bytes. */
  readonly memoryBytes: number;
  /** Undefined: none that llama.cpp uses here, or nobody has asked it yet. */
  readonly gpu?: GpuMemory | undefined;
}

/** The memory of all GPUs that llama.cpp uses, bytes. */
export interface GpuMemory {
  readonly totalBytes: number;
  /** When it was asked. */
  readonly freeBytes: number;
  /** Of the total, what is the CPU's memory, too, as on Apple silicon and with graphics in the processor. */
  readonly unifiedBytes: number;
  /** Names of the devices. */
  readonly devices: readonly string[];
}

/** Of the machine's memory, what the system and the editor need besides, bytes; the same as loading keeps free. */
const RESERVE = 1.5 * 1024 ** 3;

/** What node-llama-cpp keeps free of a GPU's memory: a share of it, and at most so many bytes. */
const GPU_RESERVE_SHARE = 0.08;
const GPU_RESERVE = 1.6 * 1024 ** 3;

/**
 * What a model can have of the GPU's memory, bytes; 0: there is no GPU. As with the CPU's, what other programs hold at
 * the moment does not count: what is loaded here now makes room for the next model.
 */
export function usableGpuMemory({ gpu }: Machine): number {
  if (gpu === undefined) return 0;
  return Math.max(0, gpu.totalBytes - Math.min(gpu.totalBytes * GPU_RESERVE_SHARE, GPU_RESERVE));
}

/** What a model can have of both together, bytes. */
export function allUsableMemory(machine: Machine): number {
  return usableMemory(machine) + Math.max(0, usableGpuMemory(machine) - (machine.gpu?.unifiedBytes ?? 0));
}

/** What a model can have of the CPU's memory, bytes. */
export function usableMemory({ memoryBytes }: Machine): number {
  return memoryBytes - Math.min(RESERVE, memoryBytes / 3);
}
