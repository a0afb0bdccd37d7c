import { groupSplitFiles } from "../../gguf/core/splitFiles";
import type { HubFile } from "./hub";

/** What a .gguf file of a repository is for. Only "model" can be run by itself. */
export type RemoteKind = "model" | "projector" | "importance-matrix";

/** One choice of a repository: a file, or the parts of a split one. */
export interface RemoteModel {
  readonly kind: RemoteKind;
  /** Without ".gguf" and the number of the part, with the folder it lies in. */
  readonly name: string;
  /** The name's own quantization, such as "Q4_K_M"; undefined where it gives none. It is a name, no measurement. */
  readonly quantization: string | undefined;
  /** In the order of the parts. */
  readonly files: readonly HubFile[];
  /** Parts that the names promise and the repository has not. */
  readonly missingParts: number;
  readonly sizeBytes: number;
}

const quantization =
  /(?:^|[-_./])((?:UD-)?(?:I?Q\d(?:_[A-Z0-9]+)*|TQ\d_\d|MXFP4(?:_MOE)?|NVFP4|BF16|F16|F32|FP16|FP32))$/i;

/** Parts of one model together, the smallest model first; projectors and importance matrices behind. */
export function remoteModels(files: readonly HubFile[]): RemoteModel[] {
  const models = groupSplitFiles(files, ({ path }) => path).map(
    ({ name: file, files: parts, missing }): RemoteModel => {
      const name = file.replace(/\.gguf$/i, "");
      return {
        kind: kindOf(name),
        name,
        quantization: quantizationOf(name),
        files: parts,
        missingParts: missing.length,
        sizeBytes: parts.reduce((sum, { size }) => sum + size, 0),
      };
    },
  );
  const rank: Record<RemoteKind, number> = { model: 0, projector: 1, "importance-matrix": 2 };
  return models.sort((a, b) => rank[a.kind] - rank[b.kind] || a.sizeBytes - b.sizeBytes || (a.name < b.name ? -1 : 1));
}

/** Those that can be run by themselves. */
export function runnableModels(files: readonly HubFile[]): RemoteModel[] {
  return remoteModels(files).filter(({ kind }) => kind === "model");
}

function kindOf(name: string): RemoteKind {
  const base = name.split("/").at(-1) ?? name;
  if (/(?:^|[-_.])mmproj(?:[-_.]|$)/i.test(base)) return "projector";
  if (/(?:^|[-_.])imatrix(?:[-_.]|$)/i.test(base)) return "importance-matrix";
  return "model";
}

/** From the end of the file's name, else from the folder that holds its parts. */
function quantizationOf(name: string): string | undefined {
  const parts = name.split("/");
  for (const candidate of [parts.at(-1), parts.at(-2)]) {
    const found = candidate === undefined ? null : quantization.exec(candidate);
    if (found !== null) return found[1]?.toUpperCase();
  }
  return undefined;
}
