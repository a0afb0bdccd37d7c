import { totalmem } from "node:os";
import path from "node:path";
import { checkLoadable, fileProblem } from "../../gguf/core/fileProblem";
import { checkSize, type GgufHeader } from "../../gguf/core/ggufHeader";
import { checkAssertions } from "../../gguf/core/loadRules";
import { modelShape } from "../../gguf/core/modelShape";
import { type ModelFile, openModel, openModelFile } from "../../gguf/node/modelFiles";
import { PaddockError } from "../../platform/core/errors";
import { formatBytes } from "../../platform/core/format";

/** Of the machine's memory, what the system and the editor need besides, bytes. */
const RESERVE = 1.5 * 1024 ** 3;

/**
 * Looks at a model file before any engine opens it; at all parts of a split one.
 * @param memory total memory of this machine, bytes.
 * @returns the header that describes the model.
 * @throws PaddockError model/missing, not-a-file, unreadable, not-gguf, bad-version, truncated, damaged, too-large,
 *   unsupported-architecture.
 */
export async function preflight(file: string, signal: AbortSignal, memory: number = totalmem()): Promise<GgufHeader> {
  const name = path.basename(file);
  const { files, missing } = await openModel(file, signal);
  const [first] = files;
  if (missing[0] !== undefined) {
    const count = files.length + missing.length;
    throw new PaddockError("model/missing", `${missing[0]} is missing: ${name} is one of ${count} parts of a model.`, {
      remedy: "Download all parts into one folder.",
    });
  }
  if (first?.path !== file) {
    throw new PaddockError("model/damaged", `${name} is a later part of a split model.`, {
      remedy: "Choose its first part, …-00001-of-….gguf; the others are found beside it.",
    });
  }
  files.forEach(checkWhole);
  try {
    checkLoadable(first.header, name);
    const headers = files.map(({ header }) => header);
    checkAssertions(headers, modelShape(headers));
  } catch (error) {
    throw fileProblem(error, name);
  }
  const total = files.reduce((sum, { size }) => sum + size, 0);
  if (total > memoryForModels(memory)) {
    throw new PaddockError(
      "model/too-large",
      `${name} needs ${formatBytes(total)} of memory for its weights alone, and this machine has ${formatBytes(memory)} in all.`,
      { remedy: "Choose a smaller model, or a smaller quantization of this one." },
    );
  }
  return first.header;
}

/** What models may take of a machine's memory, bytes. */
export function memoryForModels(memory: number = totalmem()): number {
  return memory - Math.min(RESERVE, memory / 3);
}

/**
 * The header of one file, which is as long as it says.
 * @throws PaddockError as preflight does, but for model/too-large.
 */
export async function readWholeFile(file: string, signal: AbortSignal): Promise<ModelFile> {
  const read = await openModelFile(file, signal);
  checkWhole(read);
  return read;
}

function checkWhole({ path: file, header, size }: ModelFile): void {
  try {
    checkSize(header, size);
  } catch (error) {
    throw fileProblem(error, path.basename(file));
  }
}
