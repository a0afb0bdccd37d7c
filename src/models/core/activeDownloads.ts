import type { Event } from "../../platform/core/event";
import type { DownloadView } from "./downloadState";

/** What the Models view and the commands of its items need of the downloads. */
export interface ActiveDownloads {
  list(): readonly DownloadView[];
  readonly onDidChange: Event<void>;
  pause(id: string): void;
  resume(id: string): void;
  /** What has arrived is deleted. */
  cancel(id: string): Promise<void>;
}
