import { type FileHandle, open, readdir, stat } from "node:fs/promises";
import path from "node:path";
import { PaddockError } from "../../platform/core/errors";
import { fileProblem } from "../core/fileProblem";
import type { GgufHeader } from "../core/ggufHeader";
import { readHeader } from "../core/readHeader";
import { splitName, splitPartNames } from "../core/splitFiles";
import { fileSource } from "./fileSource";

export interface ModelFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  readonly header: GgufHeader;
}

export interface OpenedModel {
  /** The file, or the parts of a split model that are there, in order. */
  readonly files: readonly ModelFile[];
  /** Names of the parts that are not there. */
  readonly missing: readonly string[];
}

/**
 * Reads the headers of a model: of its file, or, where that is one part of a split model, of all parts beside it.
 * Nothing of the tensors is read, and whether they are all there is not looked at.
 * @throws PaddockError model/missing, not-a-file, unreadable, not-gguf, bad-version, truncated, damaged,
 *   unsupported-architecture; what the signal was aborted with.
 */
export async function openModel(file: string, signal: AbortSignal): Promise<OpenedModel> {
  const named = await openModelFile(file, signal);
  const name = path.basename(file);
  const count = named.header.metadata.get("split.count");
  if (typeof count !== "number" || count <= 1) return { files: [named], missing: [] };
  const split = splitName(name);
  if (split?.count !== count) {
    throw new PaddockError("model/damaged", `${name} is one part of ${count}, but its name does not say which.`, {
      remedy: "Keep the names of a split model's files as they were downloaded (…-00001-of-00003.gguf).",
    });
  }
  const folder = path.dirname(file);
  const there = new Set(await readdir(folder));
  const names = splitPartNames(split);
  const files: ModelFile[] = [];
  for (const part of names) {
    if (part === name) files.push(named);
    else if (there.has(part)) files.push(await openModelFile(path.join(folder, part), signal));
  }
  return { files, missing: names.filter((part) => part !== name && !there.has(part)) };
}

/**
 * Reads the header of one file.
 * @throws as `openModel`.
 */
export async function openModelFile(file: string, signal: AbortSignal): Promise<ModelFile> {
  const name = path.basename(file);
  let handle: FileHandle | undefined;
  try {
    // Before it is opened: a pipe would wait for somebody who writes into it.
    if (!(await stat(file)).isFile()) throw notAFile(name);
    handle = await open(file, "r");
    const source = await fileSource(handle);
    return { path: file, size: source.size, header: await readHeader(source, signal) };
  } catch (error) {
    signal.throwIfAborted();
    throw openProblem(fileProblem(error, name), file, name);
  } finally {
    await handle?.close();
  }
}

function openProblem(error: unknown, file: string, name: string): unknown {
  if (!(error instanceof Error) || error instanceof PaddockError || !("syscall" in error)) return error;
  const code = "code" in error ? String(error.code) : "";
  if (code === "EISDIR") return notAFile(name);
  if (code === "ENOENT" || code === "ENOTDIR") {
    return new PaddockError("model/missing", `The model file ${name} does not exist.`, {
      remedy: "It may have been moved or deleted: choose it again, or choose another.",
      detail: file,
    });
  }
  return new PaddockError("model/unreadable", `The model file ${name} cannot be read.`, {
    remedy: "Check its permissions.",
    detail: `${file}: ${code}`,
    cause: error,
  });
}

function notAFile(name: string): PaddockError {
  return new PaddockError("model/not-a-file", `${name} is a folder, not a model file.`, {
    remedy: "Choose a .gguf file.",
  });
}
