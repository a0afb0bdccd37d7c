import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { plainHub } from "../../../src/models/node/hubClient";
import { HubHttp } from "../../../src/models/node/hubHttp";
import { readRepository } from "../../../src/models/node/repositoryModels";
import type { CandidateSource } from "../../../src/picker/core/candidateSource";
import { modelsInFolder, readLocalModels } from "../../../src/picker/node/localCandidates";
import { PickerDesk } from "../../../src/picker/node/pickerDesk";
import { thisMachine } from "../../../src/picker/node/thisMachine";
import { repositorySource } from "../../../src/pickingSources";
import { PaddockError } from "../../../src/platform/core/errors";
import { silentLogger } from "../../../src/platform/core/logger";
import { publishedGguf } from "../../support/hubModels";
import { HubServer } from "../../support/hubServer";
import { median } from "../support/report";

export const VERDICT_FILES = 20;
const LATENCY_MS = 20;
const REPETITIONS = 5;
/** A vocabulary of 1.6 MB with its merges, as most models have one. */
const TOKENS = 40_000;
/** Of each file; tensors are not read, so that it is no matter how many. */
const TENSOR_BYTES = 3_000_000;

/**
 * How long one waits for the verdicts on all files of a repository, of which nothing is on this machine, and on all files
 * of a folder: seconds, medians. What llama.cpp's simulation says of memory comes later, in place of the formula.
 */
export async function verdictSeconds(folder: string): Promise<{ readonly remote: number; readonly local: number }> {
  await mkdir(folder, { recursive: true });
  const files = Array.from({ length: VERDICT_FILES }, (_, index) => ({
    path: `model-${index}.gguf`,
    content: publishedGguf({ tensorBytes: TENSOR_BYTES + index * 1024, tokens: TOKENS, fileType: index }),
  }));
  const repository = "bench/Model-GGUF";
  const server = await HubServer.start();
  try {
    server.add({ id: repository, files });
    server.latencyMs = LATENCY_MS;
    const remote: number[] = [];
    const local: number[] = [];
    for (const file of files) await writeFile(path.join(folder, file.path), file.content);
    for (let repetition = 0; repetition < REPETITIONS; repetition++) {
      const hub = plainHub(new HubHttp("paddock-bench"), server.endpoint);
      remote.push(
        await secondsFor(
          repositorySource({ read: (id, found, signal) => readRepository(hub, id, found, signal) }, repository),
        ),
      );
      local.push(
        await secondsFor({
          label: folder,
          list: async (found, signal) => readLocalModels(await modelsInFolder(folder), found, signal),
        }),
      );
      console.error(`verdict: remote ${remote.at(-1)?.toFixed(2) ?? ""} s, local ${local.at(-1)?.toFixed(2) ?? ""} s`);
    }
    return { remote: median(remote), local: median(local) };
  } finally {
    await server.stop();
  }
}

async function secondsFor(source: CandidateSource): Promise<number> {
  const unavailable = (): Promise<never> =>
    Promise.reject(new PaddockError("unsupported", "Nothing is measured here."));
  const desk = new PickerDesk({
    measuring: {
      gpuMemory: () => Promise.resolve(undefined),
      estimateMemory: unavailable,
      measureSpeed: unavailable,
      divergence: unavailable,
    },
    calibrator: undefined,
    store: { get: () => Promise.resolve({}), add: unavailable },
    machine: () => thisMachine(undefined),
    limits: { contextSize: 8192, promptTokens: 1000, leastTg: null, leastContext: null, mostMemoryBytes: null },
    keepLimits: () => undefined,
    activePath: () => undefined,
    use: unavailable,
    downloads: undefined,
    inspect: undefined,
    workspaceText: unavailable,
    words: {
      recommendation: ({ kind }) => ({ sentence: kind, reason: "" }),
      failure: ({ message }) => ({ message }),
      measured: () => "",
      calibrated: () => "",
      arrived: () => "",
    },
    log: silentLogger,
  });
  const since = performance.now();
  await desk.open(source);
  const { rows, recommendation, failure } = desk.view();
  const seconds = (performance.now() - since) / 1000;
  const known = rows.filter(({ bitsPerWeight, memory, fit, kld }) => bitsPerWeight && memory && fit && kld);
  desk.dispose();
  if (known.length !== VERDICT_FILES || recommendation.tone === "unknown")
    throw new Error(
      `Only ${known.length} of ${VERDICT_FILES} files have a verdict: ${failure?.message ?? "no reason"}`,
    );
  return seconds;
}
