import * as v from "valibot";
import { features, type TimingRecord } from "../../engine/backend";
import { machineUseSchema, timingsSchema } from "../../engine/timings";
import { quantile } from "./statistics";

/** What is kept of a real request: its timings and what ran it, nothing of its text. */
export const requestSchema = v.object({
  /** ms since 1970. */
  at: v.pipe(v.number(), v.finite(), v.minValue(0)),
  model: v.pipe(v.string(), v.maxLength(500)),
  feature: v.picklist(features),
  stopReason: v.pipe(v.string(), v.maxLength(50)),
  timings: timingsSchema,
  machine: v.pick(machineUseSchema, ["backend", "threads", "gpuLayers", "batchSize", "contextSize", "contextUsed"]),
});
export type RequestRecord = v.InferOutput<typeof requestSchema>;

export function requestOf({ at, model, feature, stopReason, timings, machine }: TimingRecord): RequestRecord {
  const { backend, threads, gpuLayers, batchSize, contextSize, contextUsed } = machine;
  const kept = { backend, threads, gpuLayers, batchSize, contextSize, contextUsed };
  return { at, model, feature, stopReason, timings, machine: kept };
}

/** What a distribution or a trend can be of. */
export const requestMetrics = [
  ...(["ttft_ms", "tpot_ms", "itl_p50_ms", "itl_p95_ms", "itl_p99_ms"] as const),
  ...(["prompt_per_second", "predicted_per_second", "prompt_n", "cache_n", "predicted_n"] as const),
] as const;
export type RequestMetric = (typeof requestMetrics)[number];

/** Fewer tokens than this make a time, but no rate: what a request costs beside its tokens is most of it. */
const LEAST_FOR_RATE = 16;

/** null: the request has no such figure, or too few tokens for one. */
export function metricOf({ timings }: RequestRecord, metric: RequestMetric): number | null {
  switch (metric) {
    case "itl_p50_ms":
      return timings.itl_ms?.p50 ?? null;
    case "itl_p95_ms":
      return timings.itl_ms?.p95 ?? null;
    case "itl_p99_ms":
      return timings.itl_ms?.p99 ?? null;
    case "prompt_per_second":
      return timings.prompt_n < LEAST_FOR_RATE ? null : timings.prompt_per_second;
    case "predicted_per_second":
      return timings.predicted_n < LEAST_FOR_RATE ? null : timings.predicted_per_second;
    default:
      return timings[metric];
  }
}

export interface RequestFilter {
  readonly model?: string | undefined;
  readonly feature?: RequestRecord["feature"] | undefined;
  /** ms since 1970. */
  readonly since?: number | undefined;
}

export function filterRequests(records: readonly RequestRecord[], filter: RequestFilter): RequestRecord[] {
  const { model, feature, since } = filter;
  return records.filter(
    (record) =>
      (model === undefined || record.model === model) &&
      (feature === undefined || record.feature === feature) &&
      (since === undefined || record.at >= since),
  );
}

export interface RequestGroup {
  readonly model: string;
  readonly feature: RequestRecord["feature"];
  readonly count: number;
  /** ms since 1970, of the newest. */
  readonly last: number;
}

/** Models and features that there are requests of, the newest first. */
export function requestGroups(records: readonly RequestRecord[]): RequestGroup[] {
  const groups = new Map<string, RequestGroup>();
  for (const { model, feature, at } of records) {
    const key = JSON.stringify([model, feature]);
    const group = groups.get(key);
    groups.set(key, { model, feature, count: (group?.count ?? 0) + 1, last: Math.max(group?.last ?? 0, at) });
  }
  return [...groups.values()].sort((one, other) => other.last - one.last);
}

export interface Distribution {
  readonly count: number;
  readonly least: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly most: number;
}

/** null where no request has the figure. */
export function distributionOf(records: readonly RequestRecord[], metric: RequestMetric): Distribution | null {
  const values = valuesOf(records, metric).map(({ value }) => value);
  const at = (share: number): number => quantile(values, share) ?? 0;
  if (values.length === 0) return null;
  return { count: values.length, least: at(0), p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}

export interface TrendPoint extends Distribution {
  /** ms since 1970: the stretch of time begins here. */
  readonly from: number;
}

/** The distribution of each stretch of time that has requests, the oldest first. @param startOf where a time's stretch begins. */
export function trendOf(
  records: readonly RequestRecord[],
  metric: RequestMetric,
  startOf: (at: number) => number = localDay,
): TrendPoint[] {
  const stretches = new Map<number, RequestRecord[]>();
  for (const record of records) {
    const from = startOf(record.at);
    const stretch = stretches.get(from);
    if (stretch === undefined) stretches.set(from, [record]);
    else stretch.push(record);
  }
  return [...stretches]
    .sort(([one], [other]) => one - other)
    .flatMap(([from, own]) => {
      const distribution = distributionOf(own, metric);
      return distribution === null ? [] : [{ from, ...distribution }];
    });
}

export function localDay(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

export interface TrendChange {
  /** ms since 1970: the first day of the new times. */
  readonly since: number;
  /** Medians. */
  readonly before: number;
  readonly after: number;
  /** The metric got so many times as large. */
  readonly factor: number;
}

/** Requests that each side of a change needs. */
const LEAST_REQUESTS = 10;
/** Standard errors that a difference of ranks must have: there are many days that it could be of. */
const SURE = 4;
/** Less is nothing a person would notice. */
const NOTICED = 1.15;

/**
 * The day from which on a figure is not what it was before ("slow since Tuesday"): the one that splits the requests best
 * by their ranks (Mann and Whitney's U), if the difference can hardly be chance and is worth a word. undefined: none.
 */
export function changeIn(
  records: readonly RequestRecord[],
  metric: RequestMetric,
  startOf: (at: number) => number = localDay,
): TrendChange | undefined {
  const values = valuesOf(records, metric).sort((one, other) => one.at - other.at);
  const ranks = ranksOf(values.map(({ value }) => value));
  let best: { readonly index: number; readonly sureness: number } | undefined;
  let rankSum = 0;
  for (const [index, { at }] of values.entries()) {
    const before = values[index - 1];
    if (before !== undefined && startOf(before.at) !== startOf(at)) {
      const sureness = Math.abs(rankDifference(rankSum, index, values.length - index));
      const isEnough = Math.min(index, values.length - index) >= LEAST_REQUESTS;
      if (isEnough && sureness >= Math.max(SURE, best?.sureness ?? 0)) best = { index, sureness };
    }
    rankSum += ranks[index] ?? 0;
  }
  const first = best === undefined ? undefined : values[best.index];
  if (best === undefined || first === undefined) return undefined;
  const median = (of: typeof values): number =>
    quantile(
      of.map(({ value }) => value),
      0.5,
    ) ?? 0;
  const before = median(values.slice(0, best.index));
  const after = median(values.slice(best.index));
  if (!(before > 0 && after > 0) || Math.max(before / after, after / before) < NOTICED) return undefined;
  return { since: startOf(first.at), before, after, factor: after / before };
}

/** @returns how many standard errors the first group's ranks are from what chance makes of them. */
function rankDifference(rankSum: number, first: number, second: number): number {
  const expected = (first * (first + second + 1)) / 2;
  return (rankSum - expected) / Math.sqrt((first * second * (first + second + 1)) / 12);
}

/** From 1; equals share the mean of theirs. */
function ranksOf(values: readonly number[]): number[] {
  const order = values.map((value, index) => ({ value, index })).sort((one, other) => one.value - other.value);
  const ranks = new Array<number>(values.length).fill(0);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && order[to]?.value === order[from]?.value) to++;
    for (const { index } of order.slice(from, to)) ranks[index] = (from + 1 + to) / 2;
    from = to;
  }
  return ranks;
}

function valuesOf(records: readonly RequestRecord[], metric: RequestMetric): { at: number; value: number }[] {
  return records.flatMap((record) => {
    const value = metricOf(record, metric);
    return value === null || !Number.isFinite(value) ? [] : [{ at: record.at, value }];
  });
}
