import { expect, test } from "vitest";
import type { Timings } from "../../src/engine/timings";
import {
  changeIn,
  distributionOf,
  filterRequests,
  metricOf,
  requestGroups,
  type RequestRecord,
  trendOf,
} from "../../src/speed/core/requestHistory";
import { requestRecord } from "../support/requestRecords";

const day = 86_400_000;
const utcDay = (at: number): number => Math.floor(at / day) * day;
const withTimings = (at: number, timings: Partial<Timings>): RequestRecord => {
  const record = requestRecord({ at });
  return { ...record, timings: { ...record.timings, ...timings } };
};

test("a distribution has its percentiles, of the requests that have the figure", () => {
  const records = Array.from({ length: 101 }, (_, index) => withTimings(index, { ttft_ms: index * 10 }));
  expect(distributionOf([...records, withTimings(0, { ttft_ms: null })], "ttft_ms")).toEqual({
    ...{ count: 101, least: 0, p50: 500, p95: 950, p99: 990, most: 1000 },
  });
  expect(distributionOf([], "ttft_ms")).toBeNull();
});

test("a few tokens make a time and no rate", () => {
  const short = withTimings(0, { prompt_n: 3, prompt_per_second: 5, predicted_n: 2, predicted_per_second: 9 });
  expect(metricOf(short, "prompt_per_second")).toBeNull();
  expect(metricOf(short, "predicted_per_second")).toBeNull();
  expect(metricOf(short, "prompt_n")).toBe(3);
  const long = withTimings(0, { prompt_n: 300, prompt_per_second: 5, itl_ms: { p50: 1, p95: 2, p99: 3 } });
  expect(metricOf(long, "prompt_per_second")).toBe(5);
  expect(metricOf(long, "itl_p95_ms")).toBe(2);
  expect(metricOf(withTimings(0, { itl_ms: null }), "itl_p99_ms")).toBeNull();
});

test("requests are found by model and feature, the newest first", () => {
  const records = [
    requestRecord({ at: 1, model: "a", feature: "chat" }),
    requestRecord({ at: 2, model: "a", feature: "completion" }),
    requestRecord({ at: 3, model: "a", feature: "chat" }),
    requestRecord({ at: 2, model: "b", feature: "chat" }),
  ];
  expect(requestGroups(records)).toEqual([
    { model: "a", feature: "chat", count: 2, last: 3 },
    { model: "a", feature: "completion", count: 1, last: 2 },
    { model: "b", feature: "chat", count: 1, last: 2 },
  ]);
  expect(filterRequests(records, { model: "a", feature: "chat", since: 2 }).map(({ at }) => at)).toEqual([3]);
  expect(filterRequests(records, {})).toHaveLength(4);
});

test("a trend has each day that had requests", () => {
  const records = [
    withTimings(2 * day + 5, { tpot_ms: 30 }),
    withTimings(1, { tpot_ms: 10 }),
    withTimings(2, { tpot_ms: 20 }),
  ];
  expect(trendOf(records, "tpot_ms", utcDay).map(({ from, count, p50 }) => [from, count, p50])).toEqual([
    [0, 2, 15],
    [2 * day, 1, 30],
  ]);
});

/** So many requests on each day, with what a machine differs from itself by. */
function days(rates: readonly number[], each = 6): RequestRecord[] {
  return rates.flatMap((rate, index) =>
    Array.from({ length: each }, (_, number) =>
      withTimings(index * day + number * 1000, {
        ...{ predicted_n: 100, predicted_per_second: rate * (1 + (((index * 7 + number * 5) % 11) - 5) / 100) },
      }),
    ),
  );
}

test("it got slow since that day", () => {
  const change = changeIn(days([50, 51, 50, 49, 38, 39, 38]), "predicted_per_second", utcDay);
  expect(change?.since).toBe(4 * day);
  expect(change?.factor).toBeCloseTo(0.76, 1);
  expect(change?.before).toBeCloseTo(50, -1);
});

test("noise, a few requests, or what nobody would notice, is no change", () => {
  expect(changeIn(days([50, 51, 50, 49, 50, 51]), "predicted_per_second", utcDay)).toBeUndefined();
  expect(changeIn(days([50, 50, 50, 30], 3), "predicted_per_second", utcDay)).toBeUndefined();
  expect(changeIn(days([50, 50, 50, 46, 46, 46], 20), "predicted_per_second", utcDay)).toBeUndefined();
  expect(changeIn([], "ttft_ms", utcDay)).toBeUndefined();
  // All on one day: there is no day before.
  expect(changeIn(days([50], 100), "predicted_per_second", utcDay)).toBeUndefined();
});
