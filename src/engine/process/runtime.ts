import type { Llama } from "node-llama-cpp";
import { PaddockError } from "../../platform/core/errors";
import { formatBackend } from "../../platform/core/format";
import type { Logger } from "../../platform/core/logger";
import { type EngineInfo, type GpuChoice, PROTOCOL_VERSION } from "../protocol";

export type Binding = typeof import("node-llama-cpp");

/** llama.cpp's last words, so that a failed load can say what was wrong with the file. */
export class EngineLog {
  private readonly lines: string[] = [];

  constructor(private readonly log: Logger) {}

  add(level: string, message: string): void {
    const line = message.trim();
    if (line === "") return;
    if (level === "error" || level === "fatal") {
      this.log.error(line);
      this.remember(line);
    } else if (level === "warn") {
      this.log.warn(line);
      this.remember(line);
    } else this.log.debug(line);
  }

  /** Error and warning lines since the last call. */
  take(): string[] {
    return this.lines.splice(0);
  }

  private remember(line: string): void {
    this.lines.push(line);
    if (this.lines.length > 40) this.lines.shift();
  }
}

export interface Runtime {
  readonly binding: Binding;
  readonly llama: Llama;
  /** Nothing may go to the GPU, though the backend could: the only prebuilt binary of Apple silicon is Metal's. */
  readonly keepOffGpu: boolean;
  /** Resident memory before anything was done with it. */
  readonly rssBytes: number;
  readonly info: EngineInfo;
}

/** Loads the binding and a backend: the wanted one, or with "auto" a GPU where llama.cpp can use one. */
export async function startRuntime(
  gpu: GpuChoice,
  maxThreads: number | undefined,
  engineLog: EngineLog,
): Promise<Runtime> {
  const binding = await import("node-llama-cpp");
  const { getLlama, LlamaLogLevel } = binding;
  const open = (choice: "auto" | "metal" | "vulkan" | "cuda" | false): Promise<Llama> =>
    getLlama({
      gpu: choice,
      build: "never",
      skipDownload: true,
      progressLogs: false,
      logLevel: LlamaLogLevel.warn,
      logger: (level, message) => engineLog.add(level, message),
      ...(maxThreads === undefined ? {} : { maxThreads }),
    });

  const keepOffGpu = gpu === "cpu" && process.platform === "darwin" && process.arch === "arm64";
  let llama: Llama;
  let backendReason: string;
  if (gpu === "cpu") {
    llama = await open(keepOffGpu ? "metal" : false);
    backendReason = "The settings ask for the CPU.";
  } else if (gpu === "auto") {
    llama = await open("auto");
    backendReason =
      llama.gpu === false
        ? "llama.cpp found no GPU that it can use, so the CPU is used."
        : `llama.cpp found a GPU it can use through ${formatBackend(llama.gpu)}.`;
  } else {
    try {
      llama = await open(gpu);
      backendReason = `The settings ask for ${formatBackend(gpu)}.`;
    } catch (error) {
      llama = await open(false);
      backendReason = `The settings ask for ${formatBackend(gpu)}, which cannot be used here (${firstLine(error)}), so the CPU is used.`;
    }
  }
  const devices = await llama.getGpuDeviceNames();
  const release = llama.llamaCppRelease.release;
  return {
    binding,
    llama,
    keepOffGpu,
    rssBytes: process.memoryUsage.rss(),
    info: {
      protocolVersion: PROTOCOL_VERSION,
      pid: process.pid,
      bindingVersion: await binding.getModuleVersion(),
      llamaCppVersion: release,
      backend: llama.gpu === false || keepOffGpu ? "cpu" : llama.gpu,
      backendReason,
      devices,
      threads: llama.maxThreads === 0 ? llama.cpuMathCores : Math.min(llama.maxThreads, llama.cpuMathCores),
      cpuFeatures: cpuFeatures(llama.systemInfo),
    },
  };
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";
}

/** Of "CPU : AVX2 = 1 | AVX512 = 1 | …" the names. */
function cpuFeatures(systemInfo: string): string[] {
  return [...systemInfo.matchAll(/([A-Z][A-Z0-9_]*) = 1\b/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
}

export function protocolMismatch(theirs: number): PaddockError {
  return new PaddockError(
    "protocol-version",
    `The engine speaks version ${PROTOCOL_VERSION} of its contract and was asked for ${theirs}.`,
    {
      remedy: "Reload the window, so that the extension and its engine are of one version.",
    },
  );
}
