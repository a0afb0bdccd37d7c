import { stat } from "node:fs/promises";
import { errnoOf } from "../../platform/node/storageError";

/** Only a file that is certainly not there counts as gone; what cannot be looked at may be there. */
export async function isThere(file: string): Promise<boolean> {
  return stat(file).then(
    () => true,
    (error: unknown) => !["ENOENT", "ENOTDIR"].includes(errnoOf(error) ?? ""),
  );
}
