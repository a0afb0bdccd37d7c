import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { cancelled, PaddockError } from "../../src/platform/core/errors";
import { Emitter } from "../../src/platform/core/event";
import { silentLogger } from "../../src/platform/core/logger";
import type { Candidate } from "../../src/picker/core/candidate";
import type { CandidateDownloads } from "../../src/picker/core/downloadNeeds";
import { figure } from "../../src/picker/core/figure";
import type { GpuMemory } from "../../src/picker/core/machine";
import type { Calibration, FileMeasuring } from "../../src/picker/core/measuringNeeds";
import type { LimitsView } from "../../src/picker/core/pickerContract";
import { measuredRate } from "../../src/picker/core/spread";
import type { FileMeasurements } from "../../src/picker/node/measurementStore";
import { type DeskDeps, PickerDesk } from "../../src/picker/node/pickerDesk";
import { candidate, GIB } from "../support/pickerVerdicts";
import { tinyGguf } from "../support/tinyGguf";

const limits: LimitsView = {
  contextSize: 4096,
  promptTokens: 500,
  leastTg: null,
  leastContext: null,
  mostMemoryBytes: null,
};
const q8 = candidate("Q8_0", "Q8_0");
const q4 = candidate("Q4_K", "Q4_K");
const predicted: Calibration = {
  at: 1,
  noise: 0.2,
  predictor: {
    predict: ({ shape }, anchor) => ({
      pp: figure(100, "calibrated", 10),
      tg: figure(anchor === undefined ? 60 / shape.bitsPerWeight : 1, "calibrated", 0.1),
    }),
  },
};

function desk(over: Partial<DeskDeps> = {}, measuring: Partial<FileMeasuring> = {}) {
  const known = new Map<string, FileMeasurements>();
  const kept: LimitsView[] = [];
  const said: string[] = [];
  const made = new PickerDesk({
    measuring: {
      gpuMemory: () => Promise.resolve(undefined),
      estimateMemory: () => Promise.reject(new PaddockError("unsupported", "not here")),
      measureSpeed: () => Promise.resolve({ pp: [90, 100, 110], tg: [9, 10, 11] }),
      divergence: () => Promise.resolve({ meanKld: 0.02, meanKldError: 0.001, sameTop: 0.93, sameTopError: 0.02 }),
      ...measuring,
    },
    calibrator: undefined,
    store: {
      get: (file) => Promise.resolve(known.get(file) ?? {}),
      add: (file, _size, { speed, quality }) => {
        const measured = ({ value, error }: { value: number; error: number }) => figure(value, "measured", error);
        known.set(file, {
          ...known.get(file),
          ...(speed && { speed: { pp: measured(speed.pp), tg: measured(speed.tg) } }),
          ...(quality && {
            quality: { kld: measured(quality.kld), sameTop: measured(quality.sameTop) },
            reference: quality.reference,
          }),
        });
        return Promise.resolve();
      },
    },
    machine: () => ({ memoryBytes: 32 * GIB }),
    limits,
    keepLimits: (now) => kept.push(now),
    activePath: () => "/models/Q8_0",
    use: () => Promise.resolve(),
    downloads: undefined,
    inspect: undefined,
    workspaceText: () => Promise.resolve("text"),
    words: {
      recommendation: (found) => ({ sentence: found.kind, reason: "" }),
      failure: ({ message, remedy }) => ({ message, ...(remedy === undefined ? {} : { remedy }) }),
      measured: (name) => `measured ${name}`,
      calibrated: () => "calibrated",
      arrived: (name) => `arrived ${name}`,
    },
    log: silentLogger,
    ...over,
  });
  made.onAnnounce((text) => said.push(text));
  const open = (...candidates: Candidate[]) =>
    made.open({
      label: "here",
      list: (found) => {
        for (const one of candidates) found(one);
        return Promise.resolve();
      },
    });
  const row = (id: string) => {
    const found = made.view().rows.find((one) => one.id === id);
    if (found === undefined) throw new Error(`There is no row ${id}.`);
    return found;
  };
  return { desk: made, open, row, kept, said };
}

describe("the desk", () => {
  it("shows candidates as they come, largest first, and which is in use", async () => {
    const { desk: picker, open, row } = desk();
    await open(q4, q8, q4);
    const view = picker.view();
    expect(view.rows.map(({ id }) => id)).toEqual(["Q8_0", "Q4_K"]);
    expect(row("Q8_0")).toMatchObject({ isActive: true, tg: null, actions: ["use", "measureSpeed"] });
    expect(row("Q4_K").actions).toContain("measureQuality");
    expect(view).toMatchObject({ source: "here", isLooking: false, calibration: { state: "unavailable" } });
    expect(view.recommendation.tone).toBe("choice");
  });

  it("keeps models apart, and lets the person choose", async () => {
    const { desk: picker, open } = desk();
    const { contents } = q4;
    if (contents === undefined) throw new Error("There are contents.");
    const other = {
      ...candidate("other", "Q4_K"),
      contents: { ...contents, shape: { ...contents.shape, name: "Other", layers: 2 } },
    };
    const server: Candidate = {
      ...q4,
      id: "server",
      origin: { kind: "server", server: "http://x" },
      contents: undefined,
    };
    await open(q4, q8, other, server);
    expect(picker.view().models.map(({ label, files }) => [label, files])).toEqual([
      ["Eight", 2],
      ["Other", 1],
    ]);
    expect(picker.view().rows.map(({ id }) => id)).toEqual(["Q8_0", "Q4_K", "server"]);
    picker.chooseModel(picker.view().models[1]?.key ?? "");
    expect(picker.view().rows.map(({ id }) => id)).toEqual(["other", "server"]);
    picker.chooseModel("nothing");
    expect(picker.view().rows.map(({ id }) => id)).toEqual(["other", "server"]);
  });

  it("follows the limits, and has them kept", async () => {
    const { desk: picker, open, kept } = desk();
    await open(q4, q8);
    picker.setLimits({ ...limits, mostMemoryBytes: 7 * GIB });
    expect(picker.view().recommendation.row).toBe("Q4_K");
    picker.setLimits({ ...limits, mostMemoryBytes: GIB });
    expect(picker.view().recommendation).toMatchObject({ tone: "none", row: "Q4_K" });
    expect(kept).toHaveLength(2);
  });

  it("replaces a formula by what llama.cpp's simulation says, for all files of the model", async () => {
    const asked: number[] = [];
    const {
      desk: picker,
      open,
      row,
    } = desk(
      {},
      {
        estimateMemory: (_file, { contextSize }) => {
          asked.push(contextSize);
          return Promise.resolve({
            weightsRamBytes: 8 * GIB,
            weightsVramBytes: 0,
            contextRamBytes: 1000 * contextSize + GIB,
            contextVramBytes: 0,
            kvBytes: 1000 * contextSize,
            computeBytes: GIB,
          });
        },
      },
    );
    await open(q8, q4);
    expect(row("Q4_K").memory?.kvCache.how).toBe("estimated");
    await expect.poll(() => row("Q4_K").memory?.kvCache.how).toBe("calibrated");
    expect(asked).toHaveLength(2);
    expect(row("Q4_K").memory?.kvCache.value).toBeCloseTo(4096 * 1000, -3);
    expect(row("Q4_K").memory?.compute.value).toBeCloseTo(GIB, -3);
    expect(row("Q8_0").memory?.weights.value).toBeCloseTo(8 * GIB, -3);
    picker.setLimits({ ...limits, contextSize: 2048 });
    expect(row("Q4_K").memory?.kvCache.value).toBeCloseTo(2048 * 1000, -3);
  });

  it("knows at sizes that llama.cpp was not asked for that layers with a window stop growing", async () => {
    const { contents } = q4;
    if (contents === undefined) throw new Error("There are contents.");
    const kvCache = { whole: 1000, windowed: 3000 };
    const shape = { ...contents.shape, slidingWindow: 1024, windowedLayers: 24, kvCache };
    const kvBytes = (size: number): number => 2 * (1000 * size + 3000 * Math.min(size, 1792));
    const {
      desk: picker,
      open,
      row,
    } = desk(
      {},
      {
        estimateMemory: (_file, { contextSize }) =>
          Promise.resolve({
            ...{ weightsRamBytes: 8 * GIB, weightsVramBytes: 0, contextVramBytes: 0 },
            contextRamBytes: kvBytes(contextSize) + GIB,
            // The binding's own reckoning, which is another.
            kvBytes: 2 * (1000 * contextSize + 3000 * 512),
          }),
      },
    );
    await open({ ...q4, contents: { ...contents, shape } });
    await expect.poll(() => row("Q4_K").memory?.kvCache.how).toBe("calibrated");
    for (const contextSize of [512, 1536, 3072, 6144, 8192]) {
      picker.setLimits({ ...limits, contextSize });
      expect(row("Q4_K").memory?.kvCache.value).toBeCloseTo(kvBytes(contextSize), -1);
      expect(row("Q4_K").memory?.compute.value).toBeCloseTo(GIB, -1);
    }
  });

  it("counts the second copy of an embedding that is the output, too, and is repacked", async () => {
    const tensors = (contents: NonNullable<Candidate["contents"]>) =>
      contents.tensors.filter(({ name }) => name !== "output.weight");
    const tied = (of: Candidate): Candidate => {
      if (of.contents === undefined) throw new Error("There are contents.");
      return { ...of, contents: { ...of.contents, tensors: tensors(of.contents) } };
    };
    const weights = async (cpuFeatures: readonly string[]): Promise<number> => {
      const { open, row } = desk(
        {},
        {
          estimateMemory: () =>
            Promise.resolve({
              weightsRamBytes: q4.sizeBytes ?? 0,
              weightsVramBytes: 0,
              contextRamBytes: GIB,
              contextVramBytes: 0,
              gpuLayers: 0,
              mapped: false,
              cpuFeatures,
            }),
        },
      );
      await open(tied(q4));
      await expect.poll(() => row("Q4_K").memory?.weights.how).toBe("calibrated");
      return row("Q4_K").memory?.weights.value ?? 0;
    };
    const embedding = q4.contents?.tensors.find(({ name }) => name === "token_embd.weight")?.bytes ?? 0;
    const more = (await weights(["AVX2", "REPACK"])) - (await weights(["AVX2"]));
    expect(more).toBeGreaterThan(embedding);
    expect(more).toBeLessThan(1.2 * embedding);
  });

  it("asks llama.cpp of each file and context size how many layers go to the GPU, where there is one", async () => {
    const asked: [string, number][] = [];
    const found: { gpu?: GpuMemory } = {};
    const {
      desk: picker,
      open,
      row,
    } = desk(
      { machine: () => ({ memoryBytes: 32 * GIB, ...found }) },
      {
        estimateMemory: (file, { contextSize }) => {
          asked.push([file, contextSize]);
          return Promise.resolve({
            weightsRamBytes: 0,
            weightsVramBytes: 8 * GIB,
            contextRamBytes: 0,
            contextVramBytes: 1000 * contextSize + GIB,
            gpuLayers: file.endsWith("Q8_0") ? 20 : 33,
          });
        },
      },
    );
    await open(q8, q4);
    expect(row("Q8_0").fit).toMatchObject({ place: "cpu" });
    expect(picker.view().machine.gpu).toBeNull();
    found.gpu = { totalBytes: 8 * GIB, freeBytes: 7 * GIB, unifiedBytes: 0, devices: ["A GPU"] };
    picker.refresh();
    await expect.poll(() => row("Q8_0").fit).toMatchObject({ place: "partly", gpuLayers: 20, layers: 32 });
    await expect.poll(() => row("Q4_K").fit).toMatchObject({ place: "gpu" });
    expect(picker.view().machine).toMatchObject({ gpu: { freeBytes: 7 * GIB, devices: ["A GPU"] } });
    picker.setLimits({ ...limits, contextSize: 1024 });
    await expect
      .poll(() => asked.filter(([, contextSize]) => contextSize === 1024).map(([file]) => file))
      .toEqual(["/models/Q8_0", "/models/Q4_K"]);
    picker.refresh();
    expect(asked.filter(([, contextSize]) => contextSize === 1024)).toHaveLength(2);
  });

  it("measures speed and quality in place, and says so", async () => {
    const { desk: picker, open, row, said } = desk();
    await open(q8, q4);
    await picker.act("Q4_K", "measureSpeed");
    expect(row("Q4_K")).toMatchObject({ tg: { value: 10, how: "measured" }, work: null });
    await picker.act("Q4_K", "measureQuality");
    expect(row("Q4_K")).toMatchObject({
      kld: { value: 0.02, how: "measured", error: 0.001 },
      reference: "Q8_0",
      tg: { value: 10, how: "measured" },
    });
    // The best file has nothing to be compared with.
    await picker.act("Q8_0", "measureQuality");
    expect(row("Q8_0").kld?.how).toBe("estimated");
    expect(said).toEqual(["measured Q4_K", "measured Q4_K"]);
  });

  it("measures one thing after another, and nothing that was cancelled before its turn", async () => {
    let running = 0;
    let most = 0;
    const measured: string[] = [];
    let release: () => void = () => undefined;
    const {
      desk: picker,
      open,
      row,
    } = desk(
      {},
      {
        measureSpeed: async (file, { onProgress }) => {
          measured.push(file);
          most = Math.max(most, ++running);
          onProgress?.(0.5);
          await new Promise<void>((resolve) => (release = resolve));
          running--;
          return { pp: [1], tg: [1] };
        },
      },
    );
    await open(q8, q4);
    const first = picker.act("Q8_0", "measureSpeed");
    const second = picker.act("Q4_K", "measureSpeed");
    await expect.poll(() => row("Q8_0").work).toEqual({ kind: "speed", fraction: 0.5 });
    expect(row("Q4_K").work).toEqual({ kind: "speed", fraction: null });
    picker.cancelWork("Q4_K");
    release();
    await Promise.all([first, second]);
    expect(measured).toEqual(["/models/Q8_0"]);
    expect(most).toBe(1);
    expect(row("Q4_K")).toMatchObject({ work: null, tg: null });
  });

  it("tells what failed, and is silent about what was cancelled", async () => {
    const {
      desk: picker,
      open,
      row,
    } = desk(
      {},
      {
        measureSpeed: () => Promise.reject(new PaddockError("engine/crashed", "It crashed.", { remedy: "Try again." })),
        divergence: (_request, { signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(cancelled()))),
      },
    );
    await open(q8, q4);
    await picker.act("Q4_K", "measureSpeed");
    expect(picker.view().failure).toEqual({ message: "It crashed.", remedy: "Try again." });
    picker.dismissFailure();
    const measuring = picker.act("Q4_K", "measureQuality");
    await expect.poll(() => row("Q4_K").work?.kind).toBe("quality");
    await new Promise((resolve) => setTimeout(resolve, 5));
    picker.cancelWork("Q4_K");
    await measuring;
    expect(picker.view().failure).toBeNull();
  });

  it("predicts speeds once calibrated, put right by what was measured of the model", async () => {
    let progress: ((fraction: number) => void) | undefined;
    let finish: (calibration: Calibration) => void = () => undefined;
    const {
      desk: picker,
      open,
      row,
      said,
    } = desk({
      calibrator: {
        current: () => Promise.resolve(undefined),
        calibrate: ({ onProgress }) => {
          progress = onProgress;
          return new Promise((resolve) => (finish = resolve));
        },
      },
    });
    await open(q8, q4);
    expect(picker.view().calibration.state).toBe("none");
    const calibrating = picker.calibrate();
    progress?.(0.25);
    expect(picker.view().calibration).toMatchObject({ state: "running", fraction: 0.25 });
    finish(predicted);
    await calibrating;
    expect(picker.view().calibration).toMatchObject({ state: "ready", at: 1, noise: 0.2 });
    expect(row("Q4_K").tg).toMatchObject({ how: "calibrated" });
    expect(row("Q4_K").ttft?.value).toBeGreaterThan(5000);
    await picker.act("Q8_0", "measureSpeed");
    expect(row("Q4_K").tg?.value).toBe(1);
    expect(said).toEqual(["calibrated", "measured Q8_0"]);
  });

  it("keeps what was known when a calibration is cancelled", async () => {
    const { desk: picker, open } = desk({
      calibrator: {
        current: () => Promise.resolve(predicted),
        calibrate: ({ signal }) =>
          new Promise((_, reject) => signal.addEventListener("abort", () => reject(cancelled()))),
      },
    });
    await open(q8);
    const calibrating = picker.calibrate();
    picker.cancelCalibration();
    await calibrating;
    expect(picker.view()).toMatchObject({ calibration: { state: "ready" }, failure: null });
  });

  it("shows another source in place of the one before, whose late candidates do not come", async () => {
    const { desk: picker, open } = desk();
    let late: (candidate: Candidate) => void = () => undefined;
    const first = picker.open({
      label: "slow",
      list: (found, signal) => {
        late = found;
        return new Promise((_, reject) => signal.addEventListener("abort", () => reject(cancelled())));
      },
    });
    await open(q4);
    late(q8);
    await first;
    expect(picker.view().rows.map(({ id }) => id)).toEqual(["Q4_K"]);
    await picker.open({ label: "none", list: () => Promise.reject(new PaddockError("storage/failed", "No list.")) });
    expect(picker.view()).toMatchObject({ source: "none", rows: [], failure: { message: "No list." } });
  });
});

describe("what is not on this machine", () => {
  const remote: Candidate = {
    ...q4,
    origin: { kind: "hub", repository: "ann/Eight", parts: [{ path: "Q4_K.gguf", size: 1, sha256: undefined }] },
  };
  function downloads() {
    const [changes, finishes] = [new Emitter<void>(), new Emitter<void>()];
    const state: { fraction: number | undefined; files: string[] | undefined; calls: string[] } = {
      fraction: undefined,
      files: undefined,
      calls: [],
    };
    const fake: CandidateDownloads = {
      progress: ({ origin }) => (origin.kind === "hub" ? state.fraction : undefined),
      local: () => Promise.resolve(state.files),
      start: ({ id }) => {
        state.calls.push(`start ${id}`);
        state.fraction = 0;
        return Promise.resolve();
      },
      pause: ({ id }) => {
        state.calls.push(`pause ${id}`);
        state.fraction = undefined;
      },
      onDidChange: changes.event,
      onDidFinish: finishes.event,
    };
    return { fake, state, changed: () => changes.fire(), finished: () => finishes.fire() };
  }

  it("shows how far its download is, whoever began it, and pauses it", async () => {
    const { fake, state, changed } = downloads();
    const { desk: picker, open, row } = desk({ downloads: fake });
    await open(q8, remote);
    expect(row("Q4_K")).toMatchObject({ origin: "hub", place: "ann/Eight/Q4_K.gguf", actions: ["download"] });
    let told = 0;
    picker.onDidChange(() => told++);
    state.fraction = 0.25;
    changed();
    expect(told).toBe(1);
    expect(row("Q4_K").work).toEqual({ kind: "download", fraction: 0.25 });
    picker.cancelWork("Q4_K");
    expect(row("Q4_K").work).toBeNull();
    await picker.act("Q4_K", "download");
    expect(state.calls).toEqual(["pause Q4_K", "start Q4_K"]);
    expect(row("Q4_K").work).toEqual({ kind: "download", fraction: 0 });
  });

  it("becomes a file of this machine when its download has ended: the same row, with its figures and new actions", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "paddock-desk-"));
    try {
      const { fake, state, finished } = downloads();
      const estimated: string[] = [];
      const {
        desk: picker,
        open,
        row,
        said,
      } = desk(
        { downloads: fake },
        {
          estimateMemory: (file) => {
            estimated.push(file);
            return Promise.reject(new PaddockError("unsupported", "not here"));
          },
        },
      );
      const file = path.join(folder, "tiny.gguf");
      await writeFile(file, tinyGguf());
      await open(remote);
      const before = row("Q4_K");
      expect(before.kld).not.toBeNull();
      finished();
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(row("Q4_K").origin).toBe("hub");
      state.files = [file];
      finished();
      await expect.poll(() => picker.view().rows.find(({ id }) => id === "Q4_K")?.origin).toBe("file");
      expect(row("Q4_K")).toMatchObject({ name: "Q4_K", place: file, actions: ["use", "measureSpeed"], work: null });
      expect(row("Q4_K").memory).not.toBeNull();
      expect(estimated).toEqual([file]);
      expect(said).toEqual(["arrived Q4_K"]);
      await picker.act("Q4_K", "measureSpeed");
      expect(row("Q4_K").tg?.how).toBe("measured");
      expect(picker.view().rows).toHaveLength(1);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it("is a file of this machine from the beginning where it was downloaded before", async () => {
    const folder = await mkdtemp(path.join(os.tmpdir(), "paddock-desk-"));
    try {
      const { fake, state } = downloads();
      const { open, row, said } = desk({ downloads: fake });
      state.files = [path.join(folder, "tiny.gguf")];
      await writeFile(path.join(folder, "tiny.gguf"), tinyGguf());
      await open(remote);
      await expect.poll(() => row("Q4_K").origin).toBe("file");
      // Nothing has just arrived, and nobody needs to hear that it had.
      expect(said).toEqual([]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
});

describe("a measured rate", () => {
  it("is the median, with the interval that repetitions give", () => {
    expect(measuredRate([10, 9, 11])).toMatchObject({ value: 10, how: "measured" });
    expect(measuredRate([10, 9, 11])?.error).toBeCloseTo((4.3 * 1) / Math.sqrt(3), 2);
    expect(measuredRate([10, 12])?.value).toBe(11);
    expect(measuredRate([10])?.error).toBeCloseTo(0.8);
    expect(measuredRate([0, Number.NaN])).toBeUndefined();
  });
});
