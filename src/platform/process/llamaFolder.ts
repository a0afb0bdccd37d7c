import { existsSync, readdirSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/** Which of node-llama-cpp's native packages holds llama.cpp for a platform; all have what the CPU needs. */
const packages: Readonly<Record<string, string>> = {
  "linux-x64": "linux-x64",
  "linux-arm64": "linux-arm64",
  "linux-arm": "linux-armv7l",
  "win32-x64": "win-x64",
  "win32-arm64": "win-arm64",
  "darwin-x64": "mac-x64",
  "darwin-arm64": "mac-arm64-metal",
};

export type LlamaPart = "ggml-base" | "ggml" | "llama";

/**
 * The folder with llama.cpp's libraries, beside the binding.
 * @param gpu the backend whose package is loaded, where it has one of its own; absent: the CPU's.
 * @returns undefined where there is none for this platform.
 */
export function llamaFolder(gpu?: "vulkan" | "cuda"): string | undefined {
  const name = packages[`${process.platform}-${process.arch}`];
  if (name === undefined) return undefined;
  const wanted = gpu === undefined ? name : `${name}-${gpu}`;
  try {
    const entry = fileURLToPath(import.meta.resolve(`@node-llama-cpp/${wanted}`));
    const folder = path.join(path.dirname(entry), "..", "bins", wanted);
    return existsSync(folder) ? folder : undefined;
  } catch {
    // The package is not there.
    return undefined;
  }
}

/** The file of one of its libraries, whose name may hold a version; undefined: there is none. */
export function libraryFile(folder: string, library: LlamaPart): string | undefined {
  const pattern = new RegExp(`^(lib)?${library}\\.(?:.*\\.)?(so|dylib|dll)$`);
  const found = readdirSync(folder).find((name) => pattern.test(name));
  return found === undefined ? undefined : path.join(folder, found);
}
