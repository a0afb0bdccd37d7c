import { expect, test } from "vitest";
import { ProcessMeasuring } from "../../src/engine/client/measuring";
import { Scheduler } from "../../src/engine/client/scheduler";
import { PaddockError } from "../../src/platform/core/errors";

test("a file is looked at before any engine opens it, for an estimate and for loading by rules of their own", async () => {
  const purposes: string[] = [];
  const { signal } = new AbortController();
  const measuring = new ProcessMeasuring({
    launch: () => {
      throw new Error("No engine is to be started.");
    },
    scheduler: new Scheduler(),
    settings: () => ({ gpu: "cpu", gpuLayers: null, threads: 0, contextSize: 512, idleUnloadMinutes: 0 }),
    check: (_file, _signal, purpose) => {
      purposes.push(purpose);
      return Promise.reject(new PaddockError("model/damaged", "It is damaged."));
    },
    folder: "nowhere",
  });
  const speed = { promptTokens: 1, generatedTokens: 1, depth: 0, repetitions: 1, signal };
  await expect(measuring.estimateMemory("a.gguf", { contextSize: 512, gpuLayers: null, signal })).rejects.toThrow(
    "It is damaged.",
  );
  await expect(measuring.measureSpeed("a.gguf", speed)).rejects.toThrow("It is damaged.");
  expect(purposes).toEqual(["estimate", "load"]);
});
