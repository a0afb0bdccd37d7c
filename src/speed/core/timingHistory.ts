import type { TimingRecord, TimingSink } from "../../engine/backend";
import { Emitter } from "../../platform/core/event";

/** Finished requests, newest last, as many as fit: the one sink that status bar and speed details read. */
export class TimingHistory implements TimingSink {
  private readonly records: TimingRecord[] = [];
  private readonly recorded = new Emitter<TimingRecord>();
  readonly onDidRecord = this.recorded.event;

  /** @param capacity how many records are kept in memory; the oldest go first. */
  constructor(private readonly capacity = 500) {}

  record(record: TimingRecord): void {
    this.records.push(record);
    if (this.records.length > this.capacity) this.records.splice(0, this.records.length - this.capacity);
    this.recorded.fire(record);
  }

  all(): readonly TimingRecord[] {
    return this.records;
  }

  /** The last record of a model that has a tg figure. */
  lastWithSpeed(model: string): TimingRecord | undefined {
    return this.records.findLast((record) => record.model === model && record.timings.predicted_per_second !== null);
  }
}
