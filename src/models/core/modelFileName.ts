import { splitName } from "../../gguf/core/splitFiles";

/** Names that Windows keeps for devices, with any ending. */
const devices = /^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;
/** Most file systems take 255 bytes; the numbers of parts and the ending come behind. */
const MOST_BYTES = 200;

export type NameProblem = "empty" | "sign" | "hidden" | "device" | "long" | "part";

/** Why a name without ending can't be that of a model's files on every system; undefined for a good one. */
export function nameProblem(base: string): NameProblem | undefined {
  if (base === "") return "empty";
  if (/[\\/:*?"<>|\p{C}]/u.test(base)) return "sign";
  if (/^[.\s~-]|[.\s]$/u.test(base)) return "hidden";
  if (devices.test(base)) return "device";
  if (encodeURIComponent(base).replace(/%../g, "x").length > MOST_BYTES) return "long";
  if (splitName(`${base}.gguf`) !== undefined) return "part";
  return undefined;
}
