import { PaddockError } from "../../platform/core/errors";
import { knownArchitectures } from "./architectures";
import { GgufError, type GgufHeader } from "./ggufHeader";
import { HeaderReadError } from "./readHeader";

/**
 * What is wrong with a file, for a person: what it is instead, and what to do about it.
 * @param error of the reader; any other is given back as it is.
 * @param name of the file, as it is shown.
 * @returns for the reader's own, a PaddockError model/not-gguf, bad-version, truncated, damaged or
 *   unsupported-architecture.
 */
export function fileProblem(error: unknown, name: string): unknown {
  if (error instanceof HeaderReadError) return ggufProblem(error.cause, name, error.start, error.isWhole);
  if (error instanceof GgufError) return ggufProblem(error, name, new Uint8Array(), true);
  return error;
}

function ggufProblem(error: GgufError, name: string, start: Uint8Array, isWhole: boolean): PaddockError {
  const { message: detail } = error;
  const cutShort = "Download it again; the download was probably interrupted.";
  switch (error.problem) {
    case "not-gguf":
      if (start.length === 0 && isWhole)
        return new PaddockError("model/not-gguf", `${name} is empty.`, { remedy: "Download it again." });
      return new PaddockError("model/not-gguf", `${name} is not a GGUF model file${kindOf(start)}.`, {
        remedy: "Choose a .gguf file; models in other formats must be converted first.",
        detail,
      });
    case "bad-version":
      return new PaddockError(
        "model/bad-version",
        `${name} is a GGUF file of a version that llama.cpp does not read (${detail}).`,
        { remedy: "Download a newer build of this model.", detail },
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
        { remedy: "Choose another quantization of the model, or update Paddock.", detail },
      );
    case "incomplete":
      return isWhole
        ? new PaddockError("model/truncated", `${name} is cut short in the middle of its header.`, {
            remedy: cutShort,
            detail,
          })
        : new PaddockError("model/damaged", `${name} has an impossibly long header.`, {
            remedy: "Download it again.",
            detail,
          });
    case "truncated":
      return new PaddockError("model/truncated", `${name} is cut short: it has ${detail}.`, {
        remedy: cutShort,
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
function kindOf(bytes: Uint8Array): string {
  const start = String.fromCharCode(...bytes.subarray(0, 200));
  if (/^\s*<(!doctype|html)/i.test(start)) return " but a web page, probably of the site it was to come from";
  if (start.startsWith("version https://git-lfs"))
    return " but a Git LFS pointer: run git lfs pull to fetch the real file";
  if (start.startsWith("PK\u0003\u0004")) return " but a ZIP archive or a PyTorch file";
  if (/^[\s\S]{8}\{"/.test(start)) return " but a safetensors file";
  if (/^(ggjt|tjgg|lmgg|fmgg)/.test(start)) return " but one of GGUF's predecessors, which llama.cpp no longer reads";
  return "";
}

/**
 * @param header of the model's first part.
 * @throws PaddockError model/unsupported-architecture: a GGUF file that is no model, or one that this llama.cpp does not
 *   know and would refuse.
 */
export function checkLoadable({ metadata }: GgufHeader, name: string): void {
  const instead = notAModel(metadata);
  if (instead !== undefined) {
    throw new PaddockError("model/unsupported-architecture", `${name} is not a model but ${instead}.`, {
      remedy: "Choose the file of the model that it belongs to.",
    });
  }
  const architecture = metadata.get("general.architecture");
  // Where there is none, the model's shape cannot be made either, and says so.
  if (typeof architecture !== "string" || knownArchitectures.has(architecture)) return;
  throw new PaddockError(
    "model/unsupported-architecture",
    `${name} has the architecture “${architecture.slice(0, 80)}”, which this version of llama.cpp does not know.`,
    { remedy: "Choose another model, or update Paddock." },
  );
}

/** What a GGUF file is that is no model; undefined for one that may be a model. */
export function notAModel(metadata: GgufHeader["metadata"]): string | undefined {
  switch (metadata.get("general.type")) {
    case "adapter":
      return "a LoRA adapter";
    case "imatrix":
      return "an importance matrix";
    default:
      // llama.cpp knows the architecture by name only.
      return metadata.get("general.architecture") === "clip"
        ? "the image or audio part of a model (mmproj)"
        : undefined;
  }
}
