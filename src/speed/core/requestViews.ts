import {
  changeIn,
  distributionOf,
  filterRequests,
  metricOf,
  requestGroups,
  type RequestMetric,
  type RequestRecord,
  trendOf,
} from "./requestHistory";
import type { Metric, MetricView, RequestGroup } from "./speedContract";
import { quantile } from "./statistics";

/** Words of the person's language for what the host tells of requests. */
export interface RequestWords {
  /** As the person knows the model. */
  model(id: string): string;
  feature(feature: RequestRecord["feature"]): string;
  /** "tg is 22% lower since 3 March." */
  change(metric: Metric, change: NonNullable<ReturnType<typeof changeIn>>): string;
}

const recorded: Readonly<Record<Metric, RequestMetric>> = {
  ttft: "ttft_ms",
  tpot: "tpot_ms",
  itl: "itl_p95_ms",
  pp: "prompt_per_second",
  tg: "predicted_per_second",
  prompt: "prompt_n",
  cached: "cache_n",
  generated: "predicted_n",
};
/** What a change of the questions moves, and says nothing of the machine. */
const ofTheQuestion: readonly Metric[] = ["prompt", "cached", "generated"];
const MOST_BINS = 12;

/** All that is shown of the requests: by model and feature, the newest first. */
export function requestViews(records: readonly RequestRecord[], words: RequestWords): RequestGroup[] {
  return requestGroups(records).map(({ model, feature, count }) => {
    const own = filterRequests(records, { model, feature });
    return {
      id: JSON.stringify([model, feature]),
      model: words.model(model),
      feature: words.feature(feature),
      count,
      metrics: (Object.keys(recorded) as Metric[]).flatMap((metric) => metricView(metric, own, words) ?? []),
    };
  });
}

function metricView(metric: Metric, records: readonly RequestRecord[], words: RequestWords): MetricView | undefined {
  const from = recorded[metric];
  const spread = distributionOf(records, from);
  if (spread === null) return undefined;
  const { count, p50, p95, p99 } = spread;
  const change = ofTheQuestion.includes(metric) ? undefined : changeIn(records, from);
  return {
    ...{ metric, count, p50, p95, p99 },
    bins: binsOf(records.flatMap((record) => metricOf(record, from) ?? [])),
    trend: trendOf(records, from).map((day) => ({ at: day.from, p50: day.p50, count: day.count })),
    change: change === undefined ? null : words.change(metric, change),
  };
}

/**
 * Equal steps from the least to the 99th percentile; the last takes what is beyond, so that one stray request does not
 * press all others into the first.
 */
export function binsOf(values: readonly number[]): MetricView["bins"] {
  const least = Math.min(...values);
  const most = Math.max(...values);
  if (!Number.isFinite(least)) return [];
  if (least === most) return [{ from: least, to: most, count: values.length }];
  const high = quantile(values, 0.99) ?? most;
  const end = high > least ? high : most;
  const bins = Math.min(MOST_BINS, Math.max(1, Math.ceil(Math.sqrt(values.length))));
  const step = (end - least) / bins;
  const counts = new Array<number>(bins).fill(0);
  for (const value of values) {
    const at = Math.min(bins - 1, Math.floor((value - least) / step));
    counts[at] = (counts[at] ?? 0) + 1;
  }
  return counts.map((count, index) => ({
    from: least + index * step,
    to: index === bins - 1 ? most : least + (index + 1) * step,
    count,
  }));
}
