/** What a model can have of the machine it would run on. */
export interface Machine {
  /** Of the CPU, all of it, bytes. */
  readonly memoryBytes: number;
  /** Of the GPU, bytes; 0: none that llama.cpp uses here. */
  readonly gpuMemoryBytes: number;
}

/** Of the machine's memory, what the system and the editor need besides, bytes; the same as loading keeps free. */
const RESERVE = 1.5 * 1024 ** 3;

/** What a model can have of the CPU's memory, bytes. */
export function usableMemory({ memoryBytes }: Machine): number {
  return memoryBytes - Math.min(RESERVE, memoryBytes / 3);
}
