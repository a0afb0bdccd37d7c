import { PaddockError, cancelled, isCancellation, toPaddockError } from "../../platform/core/errors";

/** @param what was done to the model when its process went, such as "measured". */
export function measuringError(error: unknown, what: string): PaddockError {
  if (isCancellation(error)) return cancelled();
  const known = toPaddockError(error);
  if (known.code !== "disconnected") return known;
  return new PaddockError("engine/crashed", `The engine crashed while it ${what} this model.`, {
    remedy: "The file may be damaged or memory too short. See the log for the engine's last words.",
    detail: known.message,
  });
}
