import { describe, expect, it } from "vitest";
import { median, medianRatio, table } from "../bench/support/report";

describe("a benchmark's arithmetic", () => {
  it("takes the middle value, or the mean of the two in the middle, whatever the order", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 100])).toBe(3.5);
    expect(() => median([])).toThrow(RangeError);
  });

  it("compares neighbours, so that a machine that slows down halfway changes nothing", () => {
    expect(
      medianRatio([
        [90, 100],
        [45, 50],
        [9, 10],
      ]),
    ).toBeCloseTo(0.9);
  });

  it("aligns names to the left and figures to the right", () => {
    expect(
      table([
        ["model", "tok/s"],
        ["a", "9.5"],
      ]),
    ).toBe("model  tok/s\na        9.5");
  });
});
