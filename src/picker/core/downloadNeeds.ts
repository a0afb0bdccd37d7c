import type { Event } from "../../platform/core/event";
import type { Candidate } from "./candidate";

/** What the picker needs of downloads, for candidates of a hub; any other is none of theirs. */
export interface CandidateDownloads {
  /** Share of the bytes that came, 0 to 1, of one that is on its way; undefined: it is not. */
  progress(candidate: Candidate): number | undefined;
  /** Where its files stand if they were downloaded: full paths, in order. Never rejects. */
  local(candidate: Candidate): Promise<readonly string[] | undefined>;
  /** Resolves when it has begun. Rejects with a PaddockError. */
  start(candidate: Candidate): Promise<void>;
  /** What came stays, and the next start goes on with it. */
  pause(candidate: Candidate): void;
  /** `progress` may answer otherwise now. */
  readonly onDidChange: Event<void>;
  /** Some file has arrived: `local` may answer otherwise now. */
  readonly onDidFinish: Event<unknown>;
}
