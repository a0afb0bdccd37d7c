import { describe, expect, it } from "vitest";
import { figure } from "../../src/picker/core/figure";
import { dominates, standings } from "../../src/picker/core/pareto";
import { type Limits, missesOf, noLimits, recommend } from "../../src/picker/core/recommend";
import type { Verdict } from "../../src/picker/core/verdict";
import { GIB, verdict } from "../support/pickerVerdicts";
import { seededRandom } from "../support/random";

const machine = { memoryBytes: 16 * GIB };
const ladder = (): Verdict[] => [
  verdict("F16", { memory: 16 * GIB, kld: 0.000_02, place: "none" }),
  verdict("Q8_0", { memory: 8.6 * GIB, kld: 0.0006, tg: 4 }),
  verdict("Q6_K", { memory: 6.8 * GIB, kld: 0.0034, tg: 5 }),
  verdict("Q5_K_M", { memory: 6 * GIB, kld: 0.008, tg: 6 }),
  verdict("Q4_K_M", { memory: 5.2 * GIB, kld: 0.022, tg: 7.5 }),
  verdict("Q4_0", { memory: 5 * GIB, kld: 0.05, tg: 8 }),
  verdict("Q2_K", { memory: 3.6 * GIB, kld: 0.27, tg: 9 }),
];
const names = (limits: Partial<Limits>, verdicts = ladder()) => {
  const found = recommend(verdicts, { ...noLimits, ...limits }, machine);
  return found.kind === "choice"
    ? {
        kind: found.kind,
        choice: found.choice.candidate.name,
        reason: found.reason,
        equal: found.equal?.candidate.name,
      }
    : { kind: found.kind };
};

describe("the recommendation", () => {
  it("is the fastest file that is close to the original", () => {
    expect(names({})).toEqual({ kind: "choice", choice: "Q5_K_M", reason: "close and fastest", equal: undefined });
  });

  it("is the smallest such file while speeds are not known", () => {
    const uncalibrated = ladder().map((one) => ({ ...one, speed: undefined }));
    expect(names({}, uncalibrated)).toMatchObject({ choice: "Q5_K_M", reason: "close and smallest" });
  });

  it("follows what the person sets", () => {
    expect(names({ leastTg: 4 })).toMatchObject({ choice: "Q8_0", reason: "best" });
    expect(names({ leastTg: 7 })).toMatchObject({ choice: "Q4_K_M", reason: "best" });
    expect(names({ leastTg: 8.5 })).toMatchObject({ choice: "Q2_K", reason: "only" });
    expect(names({ mostMemoryBytes: 5.5 * GIB })).toMatchObject({ choice: "Q4_K_M", reason: "best" });
    const short = ladder().map((one) =>
      one.candidate.name === "Q5_K_M" && one.fit !== undefined
        ? { ...one, fit: { ...one.fit, largestContext: 2048 } }
        : one,
    );
    expect(names({ leastContext: 4096 }, short)).toMatchObject({ choice: "Q6_K" });
  });

  it("names both when two cannot be told apart, the one with less memory first", () => {
    const twin = verdict("Q5_K_S", { memory: 5.8 * GIB, kld: 0.0085, tg: 6.1 });
    expect(names({}, [...ladder(), twin])).toMatchObject({ choice: "Q5_K_S", equal: "Q5_K_M" });
    // Measured, with a small error: now they can.
    const measured = [...ladder(), twin].map((one) => ({
      ...one,
      quality: one.quality && { ...one.quality, kld: { ...one.quality.kld, how: "measured" as const, error: 0.000_1 } },
    }));
    expect(names({}, measured)).toMatchObject({ choice: "Q5_K_S", equal: undefined });
  });

  it("says what comes closest when nothing keeps the limits", () => {
    const found = recommend(ladder(), { ...noLimits, mostMemoryBytes: 3 * GIB }, machine);
    expect(found).toMatchObject({
      kind: "none",
      closest: { misses: [{ what: "memory", has: 3.6 * GIB, wanted: 3 * GIB }] },
    });
    if (found.kind === "none") expect(found.closest.verdict.candidate.name).toBe("Q2_K");
    const small = recommend([verdict("huge", { memory: 40 * GIB, kld: 0.01, place: "none" })], noLimits, machine);
    expect(small).toMatchObject({ kind: "none", closest: { misses: [{ what: "machine", has: 40 * GIB }] } });
  });

  it("does not take a speed for granted that nobody knows", () => {
    const uncalibrated = ladder().map((one) => ({ ...one, speed: undefined }));
    const found = recommend(uncalibrated, { ...noLimits, leastTg: 5 }, machine);
    expect(found).toMatchObject({ kind: "none", closest: { misses: [{ what: "speed", has: undefined }] } });
  });

  it("says nothing where nothing is known", () => {
    expect(names({}, [])).toEqual({ kind: "unknown" });
    expect(names({}, [verdict("server", { tg: 10 })])).toEqual({ kind: "unknown" });
    expect(names({}, [verdict("unmeasured", { memory: GIB })])).toEqual({ kind: "unknown" });
  });
});

describe("the front", () => {
  it("has what nothing is better than; what cannot be told apart from it is near", () => {
    const front = verdict("front", { memory: 5 * GIB, kld: 0.02, tg: 7 });
    const near = verdict("near", { memory: 5.05 * GIB, kld: 0.021, tg: 6.9 });
    const behind = verdict("behind", { memory: 6 * GIB, kld: 0.05, tg: 5 });
    const huge = verdict("huge", { memory: 60 * GIB, kld: 0.0001, tg: 100, place: "none" });
    const found = standings([front, near, behind, huge]);
    expect([front, near, behind, huge].map((one) => found.get(one))).toEqual(["front", "near", "behind", "behind"]);
  });

  it("compares only what is known of both", () => {
    const slow = verdict("a", { memory: 5 * GIB, kld: 0.02, tg: 7 });
    const unknown = verdict("b", { memory: 6 * GIB, kld: 0.03 });
    expect(dominates(slow, unknown)).toBe(false);
    expect(dominates({ ...slow, speed: undefined }, unknown)).toBe(true);
    expect(dominates(slow, slow)).toBe(false);
  });
});

describe("for whatever files and limits", () => {
  const random = seededRandom(7);
  const maybe = (value: number): number | undefined => (random() < 1 / 3 ? value : undefined);
  const some = (least: number, most: number): number => least + random() * (most - least);
  const files = (): Verdict[] =>
    Array.from({ length: 1 + Math.floor(random() * 12) }, (_, index) => {
      const isMeasured = random() < 0.3;
      const kld = Math.exp(some(-9, 0));
      return verdict(`file-${index}`, {
        memory: some(1, 20) * GIB,
        kld,
        ...(isMeasured ? { kldError: kld * some(0.01, 0.3) } : {}),
        ...(random() < 0.8 ? { tg: some(1, 60), tgError: some(0.1, 5) } : {}),
        context: 256 * Math.floor(some(0, 60)),
        place: random() < 2 / 3 ? "cpu" : "none",
      });
    });
  const limitsOf = (): Limits => ({
    leastTg: maybe(some(1, 60)),
    leastContext: maybe(Math.floor(some(0, 15_000))),
    mostMemoryBytes: maybe(some(1, 20) * GIB),
  });

  it("nothing recommended is dominated or breaks a limit, and what comes closest breaks one", () => {
    const kinds = new Map<string, number>();
    for (let round = 0; round < 3000; round++) {
      const verdicts = files();
      const limits = limitsOf();
      const found = recommend(verdicts, limits, machine);
      kinds.set(found.kind, (kinds.get(found.kind) ?? 0) + 1);
      const eligible = verdicts.filter((one) => missesOf(one, limits, machine).length === 0);
      if (found.kind !== "choice") {
        expect(eligible).toEqual([]);
        if (found.kind === "none") expect(found.closest.misses.length).toBeGreaterThan(0);
        continue;
      }
      for (const one of [found.choice, found.equal]) {
        if (one === undefined) continue;
        expect(eligible).toContain(one);
        expect(eligible.filter((other) => dominates(other, one))).toEqual([]);
      }
      if (found.equal !== undefined)
        expect(found.choice.totalMemory?.value).toBeLessThanOrEqual(found.equal.totalMemory?.value ?? 0);
      // Each limit that is loosened leaves the choice allowed.
      for (const key of ["leastTg", "leastContext", "mostMemoryBytes"] as const)
        expect(missesOf(found.choice, { ...limits, [key]: undefined }, machine)).toEqual([]);
    }
    expect(kinds.get("choice")).toBeGreaterThan(300);
    expect(kinds.get("none")).toBeGreaterThan(300);
  });

  it("something is always on the front, and nothing on it is dominated by what fits", () => {
    for (let round = 0; round < 500; round++) {
      const verdicts = files();
      const found = standings(verdicts);
      const fitting = verdicts.filter(({ fit }) => fit?.place !== "none");
      const front = fitting.filter((one) => found.get(one) === "front");
      if (fitting.length > 0) expect(front.length).toBeGreaterThan(0);
      for (const one of front) expect(fitting.filter((other) => dominates(other, one))).toEqual([]);
    }
  });

  it("a figure without an error is never what decides", () => {
    const one = verdict("a", { memory: 5 * GIB, kld: 0.005, tg: 7 });
    const other = verdict("b", { memory: 5.01 * GIB, kld: 0.0051, tg: 20 });
    const speed = other.speed && { ...other.speed, tg: figure(20, "calibrated") };
    expect(names({}, [one, { ...other, speed }])).toMatchObject({ choice: "a", equal: "b" });
  });
});
