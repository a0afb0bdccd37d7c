import { describe, expect, it } from "vitest";
import { SliceSizer } from "../../src/engine/process/prefill";

describe("the size of a prompt slice", () => {
  it("is what takes about 100 ms at the measured speed, in whole steps and within the batch", () => {
    const sizer = new SliceSizer(512, () => 0);
    sizer.measured(64, 64 / 2.05);
    expect(sizer.next()).toBe(192);
    sizer.measured(192, 10);
    sizer.measured(192, 10);
    expect(sizer.next()).toBe(512);
  });

  it("is large enough to be fast on a slow machine, and to begin with", () => {
    const sizer = new SliceSizer(512, () => 0);
    expect(sizer.next()).toBe(64);
    sizer.measured(64, 640);
    expect(sizer.next()).toBe(64);
    expect(new SliceSizer(32, () => 0).next()).toBe(32);
  });

  it("is short while somebody interrupts, and for half a minute after", () => {
    let now = 0;
    const sizer = new SliceSizer(512, () => now);
    sizer.measured(64, 400);
    sizer.interrupted();
    expect(sizer.next()).toBe(16);
    now = 29_999;
    expect(sizer.next()).toBe(16);
    now = 30_001;
    expect(sizer.next()).toBe(64);
  });

  it("stays at 100 ms on a fast machine, interrupted or not", () => {
    const sizer = new SliceSizer(2048, () => 0);
    sizer.measured(64, 8);
    expect(sizer.next()).toBe(800);
    sizer.interrupted();
    expect(sizer.next()).toBe(800);
  });

  it("is half as long while somebody types", () => {
    const sizer = new SliceSizer(512, () => 0);
    expect(sizer.next(true)).toBe(16);
    sizer.measured(64, 64 / 2.05);
    expect(sizer.next(true)).toBe(96);
  });

  it("is not misled by a remainder of a few tokens", () => {
    const sizer = new SliceSizer(512, () => 0);
    sizer.measured(128, 100);
    sizer.measured(3, 90);
    expect(sizer.next()).toBe(128);
  });
});
