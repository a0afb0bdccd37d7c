import { describe, expect, it } from "vitest";
import { hunksBetween } from "../../src/edits/core/hunks";
import { diffLines } from "../../src/edits/core/lineDiff";
import { applyLineEdits, textEdits } from "../../src/edits/core/lineEdit";
import { splitLines } from "../../src/edits/core/lines";
import { Review } from "../../src/edits/core/review";
import { seededRandom } from "../support/random";

/** What an editor does with edits that all speak of the text before. */
function edited(text: string, edits: ReturnType<typeof textEdits>): string {
  const eol = /\r\n|\r|\n/g;
  const offsets = [0, ...[...text.matchAll(eol)].map(({ index, 0: end }) => index + end.length)];
  let result = text;
  for (const edit of [...edits].reverse()) {
    const from = (offsets[edit.startLine] ?? NaN) + edit.startCharacter;
    const to = (offsets[edit.endLine] ?? NaN) + edit.endCharacter;
    expect(from).toBeLessThanOrEqual(to);
    expect(to).toBeLessThanOrEqual(text.length);
    result = result.slice(0, from) + edit.text + result.slice(to);
  }
  return result;
}

const words = ["", "", "}", "a", "b", "  return x;", "ünïcödé 🦙", "\tif (a) {", "same", "same"];
const pick = <T>(random: () => number, from: readonly T[]): T => from[Math.floor(random() * from.length)] as T;
function randomLines(random: () => number, most: number): string[] {
  return Array.from({ length: 1 + Math.floor(random() * most) }, () => pick(random, words));
}
/** Some lines gone, some new, some changed. */
function altered(random: () => number, lines: readonly string[]): string[] {
  const result = lines.flatMap((line) => {
    const chance = random();
    if (chance < 0.1) return [];
    if (chance < 0.2) return [line, pick(random, words)];
    if (chance < 0.3) return [`${line}!`];
    return [line];
  });
  return result.length === 0 ? [""] : result;
}

describe("how two texts differ", () => {
  it("by any subset, decided in any order, gives the base with just that subset (500 seeded texts)", () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(seed);
      const eol = pick(random, ["\n", "\r\n"] as const);
      const base = randomLines(random, 40);
      const proposed = random() < 0.2 ? randomLines(random, 40) : altered(random, base);
      const hunks = hunksBetween(base, proposed);
      const wanted = hunks.filter(() => random() < 0.5);
      // Applied one by one from the bottom, so that none moves another.
      const expected = [...base];
      for (const { start, removed, added } of [...wanted].reverse()) expected.splice(start, removed.length, ...added);
      const review = new Review(base, proposed);
      for (const hunk of [...hunks].sort(() => random() - 0.5)) {
        review.decide([hunks.indexOf(hunk)], wanted.includes(hunk) ? "accepted" : "rejected");
      }
      expect(review.left, `seed ${seed}`).toEqual([]);
      expect(review.result(), `seed ${seed}`).toEqual(expected.length === 0 ? [""] : expected);
      expect(review.shown().lines).toEqual(review.result());
      const text = base.join(eol);
      expect(edited(text, textEdits(base, review.edits, eol)), `seed ${seed}`).toBe(review.result().join(eol));
      review.decide(
        hunks.map((_, id) => id),
        "accepted",
      );
      expect(review.result(), `seed ${seed}`).toEqual(proposed);
    }
  });

  it("leaves an unchanged line between two hunks, and never a hunk without a change", () => {
    for (let seed = 0; seed < 300; seed++) {
      const random = seededRandom(seed);
      const base = randomLines(random, 60);
      const hunks = hunksBetween(base, altered(random, base));
      let end = -1;
      for (const { start, removed, added, before, after } of hunks) {
        expect(start).toBeGreaterThan(end);
        end = start + removed.length;
        expect(removed).not.toEqual(added);
        expect(base.slice(start, end)).toEqual(removed);
        expect([before, after]).toEqual([base[start - 1], base[end]]);
      }
    }
  });

  it("sees changes with only a bracket between them as one, and others as two", () => {
    const base = ["a", "}", "", "b", "middle", "c"];
    expect(hunksBetween(base, ["A", "}", "", "B", "middle", "C"]).map(({ added }) => added)).toEqual([
      ["A", "}", "", "B"],
      ["C"],
    ]);
  });

  it("takes a new function as a whole, not its neighbour's bracket", () => {
    const base = ["function a() {", "  one();", "}", "", "function c() {", "}"];
    const proposed = [...base.slice(0, 4), "function b() {", "}", "", ...base.slice(4)];
    expect(hunksBetween(base, proposed)).toMatchObject([{ start: 4, added: ["function b() {", "}", ""] }]);
    const commented = ["/**", " * c", " */", "c();"];
    expect(hunksBetween(commented, ["/**", " * b", " */", "b();", "", ...commented])).toMatchObject([
      { start: 0, added: ["/**", " * b", " */", "b();", ""] },
    ]);
  });

  it("finds nothing between equal texts, and everything against an empty one", () => {
    expect(hunksBetween(["a", ""], ["a", ""])).toEqual([]);
    expect(hunksBetween([""], ["a", "b", ""])).toMatchObject([{ start: 0, removed: [], added: ["a", "b"] }]);
    expect(hunksBetween(["a", "b", ""], [""])).toMatchObject([{ start: 0, removed: ["a", "b"], added: [] }]);
  });

  it("treats CRLF, CR and LF alike and knows the missing last line end", () => {
    expect(splitLines("a\r\nb\rc\n")).toEqual(["a", "b", "c", ""]);
    const base = splitLines("a\nb");
    const review = new Review(base, splitLines("a\nb\n"));
    review.decide([0], "accepted");
    expect(edited("a\r\nb", textEdits(base, review.edits, "\r\n"))).toBe("a\r\nb\r\n");
  });

  it("takes less than a second for 50,000 lines, little changed or all of them", () => {
    const base = Array.from({ length: 50_000 }, (_, n) => `line ${n} ${n % 7}`);
    const little = base.map((line, n) => (n % 500 === 0 ? `${line}!` : line));
    const shuffled = base.map((line, n) => (n % 3 === 0 ? `${line}!` : line));
    const reversed = [...base].reverse();
    for (const proposed of [little, shuffled, reversed, base.map((line) => `${line}?`)]) {
      // Time of this process alone: other programs on the machine say nothing about it.
      const since = process.cpuUsage();
      const changes = diffLines(base, proposed);
      expect(process.cpuUsage(since).user / 1_000).toBeLessThan(1_000);
      const edits = changes.map(({ start, end, addedStart, addedEnd }) => ({
        start,
        end,
        lines: proposed.slice(addedStart, addedEnd),
      }));
      expect(applyLineEdits(base, edits)).toEqual(proposed);
    }
  });
});

describe("a document that changes under review", () => {
  const base = ["one", "two", "three", "four", "five", "six", "seven"];
  const proposed = ["one", "TWO", "three", "four", "five", "SIX", "seven"];

  it("moves hunks with lines that come and go elsewhere", () => {
    const review = new Review(base, proposed);
    review.change(0, 0, 0, 0, "new\nlines\n");
    review.change(4, 0, 5, 0, "");
    expect(review.hunks.map(({ at, standing }) => [at, standing])).toEqual([
      [3, "ready"],
      [6, "ready"],
    ]);
    review.decide([0, 1], "accepted");
    expect(review.result()).toEqual(["new", "lines", "one", "TWO", "four", "five", "SIX", "seven"]);
  });

  it("holds a hunk whose lines were changed, and lets it go when they are back", () => {
    const review = new Review(base, proposed);
    review.decide([0, 1], "accepted");
    review.change(1, 3, 1, 3, "!");
    expect(review.hunks.map(({ standing }) => standing)).toEqual(["held", "ready"]);
    expect(review.left.map(({ id }) => id)).toEqual([0]);
    expect(review.result()).toEqual(["one", "two!", "three", "four", "five", "SIX", "seven"]);
    review.change(1, 3, 1, 4, "");
    expect(review.left).toEqual([]);
    expect(review.result()).toEqual(proposed);
  });

  it("holds it when its lines are deleted, and when they come back lets it go", () => {
    const review = new Review(base, proposed);
    review.change(0, 0, 3, 0, "");
    expect(review.hunks.map(({ at, standing }) => [at, standing])).toEqual([
      [0, "held"],
      [2, "ready"],
    ]);
    review.change(0, 0, 0, 0, "one\ntwo\nthree\n");
    expect(review.hunks.map(({ at, standing }) => [at, standing])).toEqual([
      [1, "ready"],
      [5, "ready"],
    ]);
  });

  it("knows a change that was made by hand already", () => {
    const review = new Review(base, proposed);
    review.change(1, 0, 1, 3, "TWO");
    expect(review.hunks[0]?.standing).toBe("present");
    review.decide([1], "accepted");
    expect(review.left).toEqual([]);
    expect(review.result()).toEqual(proposed);
    const adds = new Review(["a", "b"], ["a", "new", "b"]);
    adds.change(0, 1, 0, 1, "\nnew");
    expect(adds.hunks[0]?.standing).toBe("present");
    adds.change(0, 1, 1, 3, "");
    expect(adds.hunks[0]).toMatchObject({ standing: "ready", at: 1 });
  });

  it("holds an addition whose place is gone", () => {
    const review = new Review(["a", "b", "c"], ["a", "b", "new", "c"]);
    review.change(1, 0, 2, 1, "x");
    review.decide([0], "accepted");
    expect(review.hunks[0]?.standing).toBe("held");
    expect(review.result()).toEqual(["a", "x"]);
  });

  it("never touches what somebody else wrote: 500 seeded documents that change at random", () => {
    for (let seed = 0; seed < 500; seed++) {
      const random = seededRandom(seed);
      // Lines of their own, so that whatever disappears is noticed.
      let own = 0;
      const base = Array.from({ length: 5 + Math.floor(random() * 30) }, (_, n) => `line ${n}`);
      const review = new Review(
        base,
        base.flatMap((line) => (random() < 0.15 ? [`${line} new`] : random() < 0.1 ? [] : [line])),
      );
      for (let step = 0; step < 8; step++) {
        const { lines } = review;
        const startLine = Math.floor(random() * lines.length);
        const endLine = Math.min(lines.length - 1, startLine + Math.floor(random() * 3));
        const startCharacter = random() < 0.5 ? 0 : (lines[startLine]?.length ?? 0);
        const endCharacter = Math.max(
          startLine === endLine ? startCharacter : 0,
          random() < 0.5 ? 0 : (lines[endLine]?.length ?? 0),
        );
        const text = random() < 0.3 ? "" : `typed ${own++}${random() < 0.5 ? "\n" : ""}`;
        const before = lines.join("\n").split("\n");
        if (random() < 0.7) review.change(startLine, startCharacter, endLine, endCharacter, text);
        else review.sync([...before.slice(0, startLine), `typed ${own++}`, ...before.slice(endLine)]);
        for (const { standing, at, size, removed } of review.hunks) {
          if (standing === "ready") expect(review.lines.slice(at, at + size), `seed ${seed}`).toEqual(removed);
        }
      }
      review.decide(
        review.hunks.map(({ id }) => id),
        "accepted",
      );
      const typed = review.lines.filter((line) => line.includes("typed"));
      const removed = review.accepted.flatMap((hunk) => hunk.removed);
      const result = review.result();
      expect(
        typed.filter((line) => !result.includes(line)),
        `seed ${seed}`,
      ).toEqual([]);
      for (const line of review.lines) {
        if (!result.includes(line)) expect(removed, `seed ${seed}`).toContain(line);
      }
    }
  });

  it("takes decisions back, one step at a time", () => {
    const review = new Review(base, proposed);
    review.decide([0], "rejected");
    review.decide([0, 1], "accepted");
    expect(review.takeBack()).toEqual([0, 1]);
    expect(review.hunks.map(({ decision }) => decision)).toEqual(["rejected", "open"]);
    expect(review.takeBack()).toEqual([0]);
    expect(review.takeBack()).toEqual([]);
    expect(review.left).toHaveLength(2);
  });

  it("tells where a hunk is in the text that would result", () => {
    const review = new Review(["a", "b", "c", "d", "e"], ["a", "x", "y", "b", "c", "e"]);
    expect(review.shown().hunks.map(({ start, end }) => [start, end])).toEqual([
      [1, 3],
      [5, 5],
    ]);
    review.decide([0], "rejected");
    expect(review.shown().hunks.map(({ start, end }) => [start, end])).toEqual([[3, 3]]);
  });
});
