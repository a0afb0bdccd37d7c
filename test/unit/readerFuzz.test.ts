import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { childProgram } from "../support/childProgram";
import type { FuzzResult } from "../support/readerFuzz";

const MUTANTS = 10_000;
const starter = fileURLToPath(new URL("../../media/models/SmolLM2-135M-Instruct.Q4_1.gguf", import.meta.url));

test(
  `${MUTANTS} damaged headers and some that lie are refused with a reason: no crash, no hang, under 200 MB`,
  { timeout: 180_000 },
  async () => {
    const program = await childProgram(new URL("../support/readerFuzz.ts", import.meta.url));
    try {
      // V8 lets garbage lie while it may: with a small heap, what is seen is what reading needs.
      const small = "NODE_OPTIONS=--max-old-space-size=48 --max-semi-space-size=4";
      const child = program.start([starter, String(MUTANTS)], ["env", small]);
      expect(await child.ended, child.output()).toBe(0);
      const result = JSON.parse(child.output()) as FuzzResult;
      console.log(JSON.stringify(result));
      expect(result.crashes).toEqual([]);
      expect(result.slowestMs).toBeLessThan(10_000);
      expect(result.peakBytes).toBeLessThan(200_000_000);
      const refused = Object.values(result.refused).reduce((sum, count) => sum + count, 0);
      expect(result.loadable + refused).toBe(MUTANTS);
      // A mutant may still be a model: a letter of a name is another. Each kind of reason must occur.
      expect(result.loadable).toBeLessThan(MUTANTS / 2);
      for (const code of ["not-gguf", "bad-version", "truncated", "damaged", "unsupported-architecture"])
        expect(result.refused).toHaveProperty(`model/${code}`);
      expect(result.long).toEqual({
        "texts of a megabyte": "model/damaged",
        "short texts": "model/damaged",
        "lists of 4,096 numbers": "model/damaged",
        "one list of empty texts": "model/damaged",
        "one list of numbers": "model/damaged",
        "tensors of nothing": "model/damaged",
        "all keys there may be": "model/damaged",
      });
    } finally {
      await program.remove();
    }
  },
);
