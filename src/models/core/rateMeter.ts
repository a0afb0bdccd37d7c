/** How fast bytes come, over the last seconds: an older burst says nothing about when it will be done. */
export class RateMeter {
  private readonly samples: { readonly at: number; readonly bytes: number }[] = [];

  constructor(private readonly windowMs = 8_000) {}

  /** @param now milliseconds of any clock that only goes forward. */
  add(bytes: number, now: number): void {
    const last = this.samples.at(-1);
    // A sample for each tenth of a second is enough.
    if (last !== undefined && this.samples.length > 1 && now - last.at < 100) {
      this.samples[this.samples.length - 1] = { at: last.at, bytes: last.bytes + bytes };
    } else {
      this.samples.push({ at: now, bytes });
    }
    this.forget(now);
  }

  /** Bytes/s; null while it can't be told. */
  rate(now: number): number | null {
    this.forget(now);
    const [first] = this.samples;
    if (first === undefined || now - first.at < 500) return null;
    const bytes = this.samples.slice(1).reduce((sum, sample) => sum + sample.bytes, 0);
    return (bytes / (now - first.at)) * 1000;
  }

  reset(): void {
    this.samples.length = 0;
  }

  private forget(now: number): void {
    while (this.samples.length > 0 && now - (this.samples[0]?.at ?? now) > this.windowMs) this.samples.shift();
  }
}

/** Seconds until the rest is there; null while nobody can tell. */
export function secondsLeft(restBytes: number, bytesPerSecond: number | null): number | null {
  if (restBytes <= 0) return 0;
  return bytesPerSecond === null || bytesPerSecond <= 0 ? null : restBytes / bytesPerSecond;
}
