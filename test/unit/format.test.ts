import { describe, expect, it } from "vitest";
import {
  formatBackend,
  formatParameters,
  formatBytes,
  formatCount,
  formatMilliseconds,
  formatPercent,
  formatRate,
  formatShare,
} from "../../src/platform/core/format";

describe("figures as people read them", () => {
  it.each([
    [null, "–"],
    [Number.NaN, "–"],
    [0.94, "0.9 tok/s"],
    [99.94, "99.9 tok/s"],
    [99.96, "100 tok/s"],
    [12_345.6, "12,346 tok/s"],
  ])("rate %s", (rate, text) => expect(formatRate(rate)).toBe(text));

  it.each([
    [null, "–"],
    [0, "0.0 ms"],
    [9.96, "10 ms"],
    [999.4, "999 ms"],
    [999.6, "1.00 s"],
    [9_994, "9.99 s"],
    [9_996, "10.0 s"],
    [59_949, "59.9 s"],
    [59_999, "1 min 0 s"],
    [3_723_000, "62 min 3 s"],
  ])("time of %s ms", (ms, text) => expect(formatMilliseconds(ms)).toBe(text));

  it.each([
    [0, "0 B"],
    [1023, "1023 B"],
    [1024, "1.0 KiB"],
    [1024 * 1024 - 1, "1.0 MiB"],
    [94 * 2 ** 20, "94.0 MiB"],
    [2 ** 50, "1,024 TiB"],
    [Number.POSITIVE_INFINITY, "–"],
  ])("%s bytes", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [0, "0"],
    [999, "999"],
    [1000, "1,000"],
    [1_234_567, "1,234,567"],
  ])("count %s", (count, text) => expect(formatCount(count)).toBe(text));

  it.each([
    [12_345, "12,345"],
    [134_515_008, "135M"],
    [999_700_000, "1.0B"],
    [7_615_616_512, "7.6B"],
    [70_553_706_496, "71B"],
  ])("%s parameters", (parameters, text) => expect(formatParameters(parameters)).toBe(text));

  it("names a backend as people do, and one that it does not know as it is", () => {
    expect(["cpu", "vulkan", "other"].map(formatBackend)).toEqual(["CPU", "Vulkan", "other"]);
  });

  it.each([
    [-1, "0%"],
    [0.999, "99%"],
    [0.29, "29%"],
    [1, "100%"],
    [2, "100%"],
  ])("share %s", (share, text) => expect(formatShare(share)).toBe(text));

  it.each([
    [Number.NaN, "0%"],
    [0, "0%"],
    [0.0001, "<0.1%"],
    [0.0006, "0.1%"],
    [0.30582, "30.6%"],
    [1.0001, "100.0%"],
  ])("a part %s", (share, text) => expect(formatPercent(share)).toBe(text));
});
