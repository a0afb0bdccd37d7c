import type { SessionOptions, SpeedSession } from "../../engine/measuring";

/** A model file, loaded as asked for as long as the work takes. */
export type OpenSession = <T>(
  file: string,
  options: SessionOptions,
  work: (session: SpeedSession) => Promise<T>,
) => Promise<T>;
