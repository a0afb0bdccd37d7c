import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { GgufError, type GgufHeader } from "../../gguf/core/ggufHeader";
import { HeaderReadError, readHeader } from "../../gguf/core/readHeader";
import { groupSplitFiles } from "../../gguf/core/splitFiles";
import { fileSource } from "../../gguf/node/fileSource";
import { isCancellation } from "../../platform/core/errors";
import { errnoOf } from "../../platform/node/storageError";
import { type Candidate, contentsOf } from "../core/candidate";

/** A model on this machine: a file, or the parts of a split one in order. */
export interface LocalModel {
  readonly name: string;
  /** Full paths. */
  readonly files: readonly string[];
  /** Names of parts that are not there. */
  readonly missing?: readonly string[];
}

/** More files than anybody's ladder has. */
const MAX_MODELS = 500;
/** Headers that are read at the same time. */
const AT_ONCE = 4;

/** Model files of a folder and of the folders in it, where repositories keep their split models. */
export async function modelsInFolder(folder: string): Promise<LocalModel[]> {
  const files: string[] = [];
  const entries = await readdir(folder, { withFileTypes: true });
  for (const entry of entries) {
    const full = path.join(folder, entry.name);
    if (isModelFile(entry.name)) files.push(full);
    else if (entry.isDirectory() && !entry.name.startsWith("."))
      // A folder that may not be read has nothing to choose from.
      for (const name of await readdir(full).catch(() => [])) if (isModelFile(name)) files.push(path.join(full, name));
  }
  return groupSplitFiles(files.sort(), (file) => file)
    .slice(0, MAX_MODELS)
    .map(({ name, files: parts, missing }) => ({
      name: path.basename(name),
      files: parts,
      missing: missing.map((part) => path.basename(part)),
    }));
}

/** Projectors of vision models stand beside them and are no choice. */
function isModelFile(name: string): boolean {
  return /\.gguf$/i.test(name) && !/^mmproj/i.test(name);
}

/**
 * Looks into models' headers and gives each candidate as soon as it is known; one that is no usable model comes with the
 * reason. @throws what the signal was aborted with, and nothing else.
 */
export async function readLocalModels(
  models: readonly LocalModel[],
  found: (candidate: Candidate) => void,
  signal: AbortSignal,
): Promise<void> {
  const left = [...models];
  const work = async (): Promise<void> => {
    for (let model = left.shift(); model !== undefined; model = left.shift()) {
      signal.throwIfAborted();
      found(await readLocalModel(model, signal));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
}

async function readLocalModel({ name, files, missing = [] }: LocalModel, signal: AbortSignal): Promise<Candidate> {
  const [first = ""] = files;
  const base = { id: first, name, origin: { kind: "file", path: first } as const };
  let sizeBytes: number | undefined;
  try {
    const sizes = await Promise.all(files.map((file) => stat(file)));
    sizeBytes = sizes.reduce((sum, { size }) => sum + size, 0);
    if (missing.length > 0)
      return { ...base, sizeBytes, contents: undefined, problem: `Parts are missing: ${missing.join(", ")}.` };
    const headers: GgufHeader[] = [];
    for (const [index, file] of files.entries()) {
      const header = await headerOf(file, signal);
      if ((sizes[index]?.size ?? 0) < header.expectedSize)
        return { ...base, sizeBytes, contents: undefined, problem: "The file is cut short. Download it again." };
      headers.push(header);
    }
    return { ...base, sizeBytes, contents: contentsOf(headers), problem: undefined };
  } catch (error) {
    if (isCancellation(error) || signal.aborted) throw error;
    return { ...base, sizeBytes, contents: undefined, problem: problemOf(error) };
  }
}

async function headerOf(file: string, signal: AbortSignal): Promise<GgufHeader> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file, "r");
    return await readHeader(await fileSource(handle), signal);
  } finally {
    await handle?.close();
  }
}

function problemOf(error: unknown): string {
  if (error instanceof HeaderReadError || error instanceof GgufError)
    return `This is no model file that llama.cpp can use: ${error.message}.`;
  return `The file cannot be read (${errnoOf(error) ?? String(error)}).`;
}
