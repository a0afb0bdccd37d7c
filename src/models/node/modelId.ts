import { createHash } from "node:crypto";
import path from "node:path";
import type { ModelId } from "../../engine/backend";

/** The id of a model that is known by its path: the same for the same path, always. */
export function fileModelId(file: string): ModelId {
  return `file-${createHash("sha256").update(path.normalize(file)).digest("hex").slice(0, 16)}` as ModelId;
}
