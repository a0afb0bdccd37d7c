import type { TimingRecord, TimingSink } from "../../engine/backend";
import { Emitter } from "../../platform/core/event";

/** Finished requests, newest last, as many as fit: the one sink that status bar and speed details read. */
export class TimingHistory implements TimingSink {
  private readonly records: TimingRecord[] = [];
  private readonly recorded = new Emitter<TimingRecord>();
  readonly onDidRecord = this.recorded.event;

  /**
   * @param capacity how many records of each feature are kept in memory; the oldest go first, and the hundreds of
   * completions of an hour's typing put out no answer.
   */
  constructor(private readonly capacity = 250) {}

  record(record: TimingRecord): void {
    this.records.push(record);
    const ofFeature = this.records.reduce((count, { feature }) => count + (feature === record.feature ? 1 : 0), 0);
    if (ofFeature > this.capacity) {
      const oldest = this.records.findIndex(({ feature }) => feature === record.feature);
      this.records.splice(oldest, 1);
    }
    this.recorded.fire(record);
  }

  all(): readonly TimingRecord[] {
    return this.records;
  }

  /** The last record of a model that has a tg figure; a completion's few tokens make none worth showing. */
  lastWithSpeed(model: string): TimingRecord | undefined {
    return this.records.findLast(
      ({ model: id, feature, timings }) =>
        id === model && feature !== "completion" && timings.predicted_per_second !== null,
    );
  }
}
