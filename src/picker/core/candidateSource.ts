import type { Candidate } from "./candidate";

/** Where candidates come from: a folder, the models on this machine, or what another room lists, such as a repository. */
export interface CandidateSource {
  /** As the page is to call it. */
  readonly label: string;
  /** By which the same can be had again after a reload; undefined: it cannot. */
  readonly key?: string;
  /**
   * Gives each candidate as soon as it is known. Rejects with a PaddockError where there is no list to be had, and with
   * what the signal was aborted with.
   */
  list(found: (candidate: Candidate) => void, signal: AbortSignal): Promise<void>;
}
