import { constants } from "node:fs";
import { access, open, readdir, stat } from "node:fs/promises";
import { totalmem } from "node:os";
import path from "node:path";
import { PaddockError } from "../../platform/core/errors";
import type { GgufError, GgufHeader } from "../../gguf/core/ggufHeader";
import { HeaderReadError, readHeader } from "../../gguf/core/readHeader";
import { fileSource } from "../../gguf/node/fileSource";

/** Of the machine's memory, what the system and the editor need besides, bytes. */
const RESERVE = 1.5 * 1024 ** 3;

/**
 * Looks at a model file before any engine opens it.
 * @param memory total memory of this machine, bytes.
 * @throws PaddockError model/missing, not-a-file, unreadable, not-gguf, bad-version, truncated, damaged, too-large.
 */
export async function preflight(file: string, signal: AbortSignal, memory: number = totalmem()): Promise<GgufHeader> {
  const name = path.basename(file);
  const { header, size } = await readWholeFile(file, signal);
  const total = await splitSize(file, name, header, size);
  if (total > memoryForModels(memory)) {
    throw new PaddockError(
      "model/too-large",
      `${name} needs ${gibibytes(total)} of memory for its weights alone, and this machine has ${gibibytes(memory)} in all.`,
      { remedy: "Choose a smaller model, or a smaller quantization of this one." },
    );
  }
  return header;
}

/** What models may take of a machine's memory, bytes. */
export function memoryForModels(memory: number = totalmem()): number {
  return memory - Math.min(RESERVE, memory / 3);
}

/**
 * The header of one file, which is as long as it says.
 * @throws PaddockError as preflight does, but for model/too-large.
 */
export async function readWholeFile(
  file: string,
  signal: AbortSignal,
): Promise<{ readonly header: GgufHeader; readonly size: number }> {
  const name = path.basename(file);
  const size = await sizeOf(file, name);
  const header = await headerOf(file, name, signal);
  if (size < header.expectedSize) {
    throw new PaddockError(
      "model/truncated",
      `${name} is cut short: it has ${gibibytes(size)} of at least ${gibibytes(header.expectedSize)}.`,
      { remedy: "Download it again; the download was probably interrupted." },
    );
  }
  return { header, size };
}

async function sizeOf(file: string, name: string): Promise<number> {
  try {
    const found = await stat(file);
    if (!found.isFile()) {
      throw new PaddockError("model/not-a-file", `${name} is a folder, not a model file.`, {
        remedy: "Choose a .gguf file.",
      });
    }
    await access(file, constants.R_OK);
    if (found.size === 0) {
      throw new PaddockError("model/not-gguf", `${name} is empty.`, { remedy: "Download it again." });
    }
    return found.size;
  } catch (error) {
    if (error instanceof PaddockError) throw error;
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new PaddockError("model/missing", `The model file ${name} does not exist.`, {
        remedy: "It may have been moved or deleted: choose it again, or choose another.",
        detail: file,
      });
    }
    throw new PaddockError("model/unreadable", `The model file ${name} cannot be read.`, {
      remedy: "Check its permissions.",
      detail: `${file}: ${code}`,
      cause: error,
    });
  }
}

async function headerOf(file: string, name: string, signal: AbortSignal): Promise<GgufHeader> {
  const handle = await open(file, "r").catch((error: unknown) => {
    throw new PaddockError("model/unreadable", `The model file ${name} cannot be read.`, {
      remedy: "Check its permissions.",
      cause: error,
    });
  });
  try {
    return await readHeader(await fileSource(handle), signal);
  } catch (error) {
    if (!(error instanceof HeaderReadError)) throw error;
    throw headerError(error.cause, name, Buffer.from(error.start), error.isWhole);
  } finally {
    await handle.close();
  }
}

export function headerError(error: GgufError, name: string, bytes: Buffer, whole: boolean): PaddockError {
  const { message: detail } = error;
  switch (error.problem) {
    case "not-gguf":
      return new PaddockError("model/not-gguf", `${name} is not a GGUF model file${kindOf(bytes)}.`, {
        remedy: "Choose a .gguf file; models in other formats must be converted first.",
        detail,
      });
    case "bad-version":
      return new PaddockError(
        "model/bad-version",
        `${name} is a GGUF file of a version that llama.cpp does not read (${detail}).`,
        {
          remedy: "Download a newer build of this model.",
          detail,
        },
      );
    case "big-endian":
      return new PaddockError("model/bad-version", `${name} was made for big-endian machines.`, {
        remedy: "Download the usual, little-endian file of this model.",
        detail,
      });
    case "unknown-type":
      return new PaddockError(
        "model/unsupported-architecture",
        `${name} uses a quantization that this version of llama.cpp does not know (${detail}).`,
        {
          remedy: "Choose another quantization of the model, or update Paddock.",
          detail,
        },
      );
    case "incomplete":
      return whole
        ? new PaddockError("model/truncated", `${name} is cut short in the middle of its header.`, {
            remedy: "Download it again; the download was probably interrupted.",
            detail,
          })
        : new PaddockError("model/damaged", `${name} has an impossibly long header.`, {
            remedy: "Download it again.",
            detail,
          });
    case "damaged":
      return new PaddockError("model/damaged", `${name} is damaged: ${detail}.`, {
        remedy: "Download it again, or choose another.",
        detail,
      });
  }
}

/** What people take for a model file: a page of a model hub, a pointer of a large-file store, another format. */
function kindOf(bytes: Buffer): string {
  const start = bytes.subarray(0, 200).toString("latin1");
  if (/^\s*<(!doctype|html)/i.test(start)) return " but a web page, probably of the site it was to come from";
  if (start.startsWith("version https://git-lfs"))
    return " but a Git LFS pointer: run git lfs pull to fetch the real file";
  if (start.startsWith("PK\u0003\u0004")) return " but a ZIP archive or a PyTorch file";
  if (/^[\s\S]{8}\{"/.test(start)) return " but a safetensors file";
  if (/^(ggjt|tjgg|lmgg|fmgg)/.test(start)) return " but one of GGUF's predecessors, which llama.cpp no longer reads";
  return "";
}

/** Size of all parts of a split model; each part says how many there are (split.count), its name says which it is. */
async function splitSize(file: string, name: string, header: GgufHeader, size: number): Promise<number> {
  const count = header.metadata.get("split.count");
  if (typeof count !== "number" || count <= 1) return size;
  const parts = /^(.*)-(\d{5})-of-(\d{5})\.gguf$/.exec(name);
  if (parts === null || Number(parts[3]) !== count || count > 1000) {
    throw new PaddockError("model/damaged", `${name} is one part of ${count}, but its name does not say which.`, {
      remedy: "Keep the names of a split model's files as they were downloaded (…-00001-of-00003.gguf).",
    });
  }
  if (Number(parts[2]) !== 1) {
    throw new PaddockError("model/damaged", `${name} is part ${Number(parts[2])} of a split model.`, {
      remedy: "Choose its first part, …-00001-of-….gguf; the others are found beside it.",
    });
  }
  const folder = path.dirname(file);
  const there = new Set(await readdir(folder));
  let total = 0;
  for (let part = 1; part <= count; part++) {
    const partName = `${parts[1] ?? ""}-${String(part).padStart(5, "0")}-of-${parts[3] ?? ""}.gguf`;
    if (!there.has(partName)) {
      throw new PaddockError("model/missing", `${partName} is missing: ${name} is one of ${count} parts of a model.`, {
        remedy: "Download all parts into one folder.",
      });
    }
    total += (await stat(path.join(folder, partName))).size;
  }
  return total;
}

function gibibytes(bytes: number): string {
  return bytes < 1024 ** 3 / 10 ? `${(bytes / 1024 ** 2).toFixed(1)} MiB` : `${(bytes / 1024 ** 3).toFixed(1)} GiB`;
}
