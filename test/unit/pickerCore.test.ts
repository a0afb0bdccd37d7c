import { describe, expect, it } from "vitest";
import { type Candidate, modelKey, quantizationName, weightMix } from "../../src/picker/core/candidate";
import { areDistinct, figure, leastSure, range, scaled } from "../../src/picker/core/figure";
import { CONTEXT_STEP, fitOf } from "../../src/picker/core/fit";
import { allUsableMemory, usableGpuMemory, usableMemory } from "../../src/picker/core/machine";
import { memoryFormula, totalMemory } from "../../src/picker/core/memoryNeed";
import { priorQuality, type Quality, qualitiesDiffer, sameTopOf } from "../../src/picker/core/quality";
import { ttftOf, verdictOf } from "../../src/picker/core/verdict";
import { candidate, GIB } from "../support/pickerVerdicts";

const contentsOf = (...given: Parameters<typeof candidate>) => {
  const { contents } = candidate(...given);
  if (contents === undefined) throw new Error("There are contents.");
  return contents;
};
const qualityOf = (...given: Parameters<typeof candidate>): Quality => {
  const quality = priorQuality(contentsOf(...given));
  if (quality === undefined) throw new Error("There is a prior.");
  return quality;
};

describe("a figure", () => {
  it("is as sure as the least sure of those it is made of", () => {
    expect(leastSure("measured", "calibrated")).toBe("calibrated");
    expect(leastSure("measured", "estimated", "calibrated")).toBe("estimated");
    expect(leastSure("measured")).toBe("measured");
  });

  it("keeps its error in another unit, and has a range", () => {
    expect(scaled(figure(2, "measured", 0.5), 1000)).toEqual(figure(2000, "measured", 500));
    expect(scaled(figure(2, "measured"), 1000).error).toBeUndefined();
    expect(range(figure(2, "measured", -0.5))).toEqual({ least: 1.5, most: 2.5 });
    expect(range(figure(2, "measured"))).toEqual({ least: 2, most: 2 });
  });

  it("can be told apart from another when they are further apart than both may be off", () => {
    expect(areDistinct(figure(10, "measured", 3), figure(16, "measured", 4))).toBe(true);
    expect(areDistinct(figure(10, "measured", 3), figure(14.9, "measured", 4))).toBe(false);
    expect(areDistinct(figure(10, "measured"), figure(100, "measured", 1))).toBe(false);
  });
});

describe("the prior of quality", () => {
  // KL divergence over Wikitext-2, llama.cpp's tools/perplexity/README.md, less the rounding of the stored logits.
  const published: [name: string, kld: number, ...given: Parameters<typeof candidate>][] = [
    ["Q8_0", 0.0008, "a", "Q8_0"],
    ["Q6_K", 0.0049, "a", "Q6_K"],
    ["Q5_0", 0.0217, "a", "Q5_0", { output: "Q6_K" }],
    ["Q4_0", 0.0714, "a", "Q4_0", { output: "Q6_K" }],
    ["Q3_K_S", 0.2277, "a", "Q3_K", { output: "Q6_K" }],
    ["Q3_K_L", 0.0866, "a", "Q3_K", { output: "Q6_K", attn_v: "Q5_K", ffn_down: "Q5_K", attn_output: "Q5_K" }],
    ["Q2_K", 0.4446, "a", "Q2_K", { output: "Q6_K", attn_v: "Q4_K", ffn_down: "Q3_K", attn_output: "Q3_K" }],
  ];
  it.each(published)("has the ratios of published measurements: %s", (_name, kld, ...given) => {
    const { kld: estimate } = qualityOf(...given);
    // The prior stands for models in general, of which this one loses more than most: 0.7.
    expect(estimate.value / 0.7 / kld).toBeGreaterThan(0.8);
    expect(estimate.value / 0.7 / kld).toBeLessThan(1.2);
    expect(estimate.how).toBe("estimated");
    expect(estimate.value + (estimate.error ?? 0)).toBeGreaterThan(kld);
  });

  it("counts what the tensors are, not what the file is called", () => {
    const plain = qualityOf("model.Q8_0.gguf", "Q4_K");
    const better = qualityOf("model.Q8_0.gguf", "Q4_K", { ffn_down: "Q6_K", attn_v: "Q6_K" });
    const elsewhere = qualityOf("model.Q8_0.gguf", "Q4_K", { ffn_up: "Q6_K" });
    expect(better.kld.value).toBeLessThan(0.6 * plain.kld.value);
    // As many more bits in tensors that matter less are worth less.
    expect(elsewhere.kld.value).toBeGreaterThan(1.3 * better.kld.value);
  });

  it("expects more of an importance matrix and of larger models", () => {
    const { shape, ...rest } = contentsOf("a", "Q4_K");
    const plain = priorQuality({ shape, ...rest })?.kld.value ?? 0;
    expect(priorQuality({ shape: { ...shape, hasImportanceMatrix: true }, ...rest })?.kld.value).toBeLessThan(plain);
    expect(priorQuality({ shape: { ...shape, parameters: 7e10 }, ...rest })?.kld.value).toBeLessThan(plain);
    expect(priorQuality({ shape: { ...shape, parameters: 1e8 }, ...rest })?.kld.value).toBeGreaterThan(plain);
  });

  it("says nothing of types that nobody has measured", () => {
    expect(priorQuality(contentsOf("a", "MXFP4"))).toBeUndefined();
    expect(priorQuality(contentsOf("a", "Q8_0", { ffn_up: "TQ2_0" }))).toBeUndefined();
    expect(priorQuality({ ...contentsOf("a", "Q8_0"), mix: [] })).toBeUndefined();
  });

  it("gives the published share of same top tokens", () => {
    for (const [kld, share] of [
      [0.4446, 0.711],
      [0.1089, 0.856],
      [0.0308, 0.919],
      [0.0127, 0.947],
      [0.0049, 0.96],
      [0.0021, 0.975],
      [0.0008, 0.977],
      [0.000_37, 0.988],
    ] as const)
      expect(Math.abs(sameTopOf(kld) - share)).toBeLessThan(0.009);
    expect(sameTopOf(0)).toBe(1);
    expect(sameTopOf(100)).toBe(0);
  });

  it("tells files of one model apart although the model's own factor is unknown", () => {
    const q8 = qualityOf("a", "Q8_0");
    const q4 = qualityOf("a", "Q4_K");
    expect(areDistinct(q8.kld, q4.kld)).toBe(false);
    expect(qualitiesDiffer(q8, q4)).toBe(true);
    expect(qualitiesDiffer(q4, { ...q4, kld: { ...q4.kld, value: q4.kld.value * 1.1 } })).toBe(false);
  });

  it("tells measured ones apart by their intervals", () => {
    const measured = (value: number, error: number): Quality => ({
      kld: figure(value, "measured", error),
      sameTop: figure(0.9, "measured", 0.01),
    });
    expect(qualitiesDiffer(measured(0.01, 0.001), measured(0.012, 0.001))).toBe(true);
    expect(qualitiesDiffer(measured(0.01, 0.002), measured(0.012, 0.002))).toBe(false);
  });
});

describe("a candidate", () => {
  it("knows the roles of its tensors; a tied embedding is the output too", () => {
    const tensor = (name: string) => ({ name, dimensions: [256, 2], type: 12, offset: 0, bytes: 0 });
    const mix = weightMix(
      [
        "token_embd.weight",
        "blk.0.attn_v.weight",
        "blk.1.attn_v.weight",
        "blk.2.ffn_down_exps.weight",
        "blk.2.attn_q.weight",
      ].map(tensor),
    );
    expect(mix.map(({ role, values }) => [role, values])).toEqual([
      ["output", 512],
      ["attentionValue", 1024],
      ["feedForwardDown", 512],
      ["other", 512],
    ]);
  });

  it("is a build of the same model as another when only types differ", () => {
    const one = candidate("a", "Q8_0");
    expect(modelKey(one)).toBe(modelKey(candidate("b", "Q4_K")));
    const { contents } = one;
    expect(contents).toBeDefined();
    if (contents === undefined) return;
    const other = { ...one, contents: { ...contents, shape: { ...contents.shape, layers: 16 } } };
    expect(modelKey(other)).not.toBe(modelKey(one));
    expect(modelKey({ ...one, contents: undefined })).toBeUndefined();
    expect(quantizationName({ ...one, contents: undefined })).toBeUndefined();
  });
});

describe("memory", () => {
  const contents = contentsOf("a", "Q4_K");
  const { shape } = contents;

  it("by formula: KV cache by layers, heads and lengths, compute by the vocabulary", () => {
    const need = memoryFormula.need(contents, 8192);
    // 32 layers × 8 heads × 256 values × 2 bytes × 8192 tokens.
    expect(need.kvCache.value).toBe(GIB);
    // llama.cpp reports 258.5 MiB of compute buffer for Llama 3 8B, and a mask of 8 MiB.
    expect(need.compute.value / 1024 ** 2).toBeCloseTo(266.5, 0);
    expect(need.weights.value).toBe(shape.tensorBytes);
    expect(totalMemory(need).how).toBe("estimated");
    expect(totalMemory(need).value).toBeGreaterThan(need.weights.value + need.kvCache.value);
  });

  it("by formula: layers with a window keep that and a batch, the others everything", () => {
    const kvCache = { whole: 8 * 2048, windowed: 24 * 2048 };
    const windowed = { ...shape, slidingWindow: 1024, windowedLayers: 24, kvCache };
    const cellsOf = (over: Partial<typeof shape>, contextSize: number): readonly [whole: number, windowed: number] => {
      const of = (part: typeof kvCache): number =>
        memoryFormula.need({ ...contents, shape: { ...windowed, ...over, kvCache: part } }, contextSize).kvCache.value /
        2;
      return [of({ whole: 1, windowed: 0 }), of({ whole: 0, windowed: 1 })];
    };
    // The window, a batch of 512 and the binding's one more token, in cells of 256.
    expect(cellsOf({}, 8192)).toEqual([8192, 1792]);
    expect(cellsOf({}, 1024)).toEqual([1024, 1024]);
    // A small model has two conversations.
    expect(cellsOf({ parameters: 3e8 }, 8192)).toEqual([2 * 8192, 2 * 1792]);
    const { value, error } = memoryFormula.need({ ...contents, shape: windowed }, 8192).kvCache;
    expect(value).toBe(2 * (kvCache.whole * 8192 + kvCache.windowed * 1792));
    expect(error).toBeCloseTo(0.01 * value, 3);
    // Which layers have the window, nobody says.
    const unknown = { ...shape, slidingWindow: 1024 };
    const most = memoryFormula.need({ ...contents, shape: unknown }, 8192).kvCache;
    expect(most.value).toBe(GIB);
    expect(most.error).toBeCloseTo(0.8 * GIB, 0);
  });

  it("is rounded up to whole cells and grows with the context", () => {
    expect(memoryFormula.need(contents, 1)).toEqual(memoryFormula.need(contents, 256));
    let before = 0;
    for (let context = 256; context < 20_000; context += 1000) {
      const total = totalMemory(memoryFormula.need(contents, context)).value;
      expect(total).toBeGreaterThanOrEqual(before);
      before = total;
    }
  });
});

describe("the fit", () => {
  const contents = contentsOf("a", "Q4_K");
  const { shape } = contents;
  const gpuOf = (gib: number, unified = 0) => ({
    totalBytes: gib * GIB,
    freeBytes: 0,
    unifiedBytes: unified * GIB,
    devices: ["A GPU"],
  });
  const machineOf = (memory: number, gpu = 0, unified = 0) => ({
    memoryBytes: memory * GIB,
    ...(gpu === 0 ? {} : { gpu: gpuOf(gpu, unified) }),
  });
  const fit = (memory: number, gpu = 0, most?: number) =>
    fitOf(contents, memoryFormula, machineOf(memory, gpu), 4096, most);

  it("is the CPU, the GPU, a part of it, or nowhere", () => {
    expect(fit(16).place).toBe("cpu");
    expect(fit(4).place).toBe("none");
    expect(fit(16, 24)).toMatchObject({ place: "gpu", gpuLayers: 33 });
    const partly = fit(8, 3);
    expect(partly.place).toBe("partly");
    expect(partly.gpuLayers).toBeGreaterThan(5);
    expect(partly.gpuLayers).toBeLessThan(32);
    expect(fit(5, 3).place).toBe("partly");
    expect(fit(2, 2).place).toBe("none");
  });

  it("counts what the GPU shares with the processor once", () => {
    // 4.5 GiB of weights: on two memories of 5 GiB they fit, on one that both share nothing fits.
    expect(fitOf(contents, memoryFormula, machineOf(5, 5), 4096).place).not.toBe("none");
    expect(fitOf(contents, memoryFormula, machineOf(5, 4, 4), 4096).place).toBe("none");
    expect(fitOf(contents, memoryFormula, machineOf(16, 12, 12), 4096)).toMatchObject({ place: "gpu", gpuLayers: 33 });
    expect(allUsableMemory(machineOf(16, 12, 12))).toBe(usableMemory(machineOf(16)));
    expect(allUsableMemory(machineOf(16, 24))).toBeCloseTo(usableMemory(machineOf(16)) + 22.4 * GIB, -3);
    expect(usableGpuMemory(machineOf(16))).toBe(0);
  });

  it("has the layers on the GPU that llama.cpp's own simulation puts there", () => {
    const simulated = (gpuLayers: number) => fitOf(contents, { ...memoryFormula, gpuLayers }, machineOf(16, 4), 4096);
    expect(simulated(33)).toMatchObject({ place: "gpu", gpuLayers: 33 });
    expect(simulated(32)).toMatchObject({ place: "partly", gpuLayers: 32 });
    expect(simulated(7)).toMatchObject({ place: "partly", gpuLayers: 7, largestContext: fit(16, 4).largestContext });
    expect(simulated(0)).toMatchObject({ place: "cpu", gpuLayers: 0 });
    // What does not fit at all is not put anywhere.
    const tooLarge = fitOf(contents, { ...memoryFormula, gpuLayers: 3 }, machineOf(2, 2), 4096);
    expect(tooLarge.place).toBe("none");
  });

  it("finds the largest context that fits, to the step, and never more than the model was trained for", () => {
    expect(fit(64).largestContext).toBe(8192);
    for (const memory of [6.2, 6.8, 7, 7.3]) {
      const { largestContext } = fit(memory);
      const needs = (context: number) => totalMemory(memoryFormula.need(contents, context)).value;
      const usable = usableMemory(machineOf(memory));
      if (largestContext < 8192) expect(needs(largestContext + CONTEXT_STEP)).toBeGreaterThan(usable);
      if (largestContext > 0) expect(needs(largestContext)).toBeLessThanOrEqual(usable);
    }
    expect(fit(4).largestContext).toBe(0);
    // The person's own bound.
    const most = 5.5 * GIB;
    const bounded = fit(64, 0, most).largestContext;
    expect(totalMemory(memoryFormula.need(contents, bounded)).value).toBeLessThanOrEqual(most);
    expect(bounded).toBeGreaterThan(0);
  });

  it("copes with models that say little", () => {
    const of = (over: Partial<typeof shape>, contextSize: number) =>
      fitOf({ ...contents, shape: { ...shape, ...over } }, memoryFormula, machineOf(64), contextSize);
    expect(of({ trainContextSize: 0 }, 4096).largestContext).toBe(131_072);
    expect(of({ trainContextSize: 128 }, 128).largestContext).toBe(128);
    expect(of({ layers: 0, heads: 0, headsKv: 0 }, 128).place).toBe("cpu");
  });
});

describe("a verdict", () => {
  const inputs = {
    machine: { memoryBytes: 16 * GIB },
    conditions: { contextSize: 4096, promptTokens: 1000 },
    memory: memoryFormula,
    speed: { predict: () => undefined },
    measured: {},
  };

  it("never invents a speed", () => {
    const found = verdictOf(candidate("a", "Q4_K"), inputs);
    expect(found.speed).toBeUndefined();
    expect(found.ttft).toBeUndefined();
    expect(found.fit?.place).toBe("cpu");
    expect(found.bitsPerWeight).toBeCloseTo(4.5, 2);
  });

  it("takes what was measured before what is expected", () => {
    const speed = { pp: figure(200, "calibrated", 20), tg: figure(20, "calibrated", 2) };
    const measured = { pp: figure(100, "measured", 10), tg: figure(10, "measured", 1) };
    const quality = { kld: figure(0.01, "measured", 0.001), sameTop: figure(0.95, "measured", 0.01) };
    const predicted = verdictOf(candidate("a", "Q4_K"), { ...inputs, speed: { predict: () => speed } });
    expect(predicted.speed).toBe(speed);
    expect(predicted.ttft?.value).toBeCloseTo(1000 * (1000 / 200) + 50);
    const found = verdictOf(candidate("a", "Q4_K"), {
      ...inputs,
      speed: { predict: () => speed },
      measured: { speed: measured, quality },
    });
    expect(found.speed).toBe(measured);
    expect(found.quality).toBe(quality);
    expect(found.ttft?.how).toBe("measured");
  });

  it("says what is known of a model whose file nobody sees", () => {
    const found = verdictOf(
      { ...candidate("a", "Q4_K"), origin: { kind: "server", server: "http://localhost" }, contents: undefined },
      inputs,
    );
    expect(found).toMatchObject({ bitsPerWeight: undefined, memory: undefined, fit: undefined, quality: undefined });
    const told = { quantization: "Q4_K_M", parameters: 8e9, contextSize: 8192 };
    const known: Candidate = { ...found.candidate, sizeBytes: 4.5e9, told };
    expect(verdictOf(known, inputs).bitsPerWeight).toBe(4.5);
    expect(verdictOf({ ...known, told: { ...told, parameters: undefined } }, inputs).bitsPerWeight).toBeUndefined();
    expect(quantizationName(known)).toBe("Q4_K_M");
  });

  it("gives a TTFT with the error of both phases, and none without speeds", () => {
    const speed = { pp: figure(100, "measured", 10), tg: figure(10, "calibrated", 1) };
    const ttft = ttftOf(speed, 500);
    expect(ttft).toMatchObject({ value: 5100, how: "calibrated" });
    expect(ttft?.error).toBeCloseTo(Math.hypot(500, 10));
    expect(ttftOf({ ...speed, pp: figure(0, "measured") }, 500)).toBeUndefined();
  });
});
