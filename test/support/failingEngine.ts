import { streamPeer } from "../../src/platform/node/streamRpc";
import { engineContract, engineEventsContract, PROTOCOL_VERSION } from "../../src/engine/protocol";
import { PaddockError } from "../../src/platform/core/errors";

/**
 * An engine process with faults that a machine without a GPU cannot be made to have. PADDOCK_FAULT says which:
 * "gpu-crash" dies while loading on a GPU, "gpu-memory" has too little memory there, "crash" dies on the CPU too.
 */
const fault = process.env.PADDOCK_FAULT;
const unsupported = (): never => {
  throw new PaddockError("unsupported", "This engine only loads.");
};
let backend: "cpu" | "vulkan" = "vulkan";

const peer = streamPeer(process.stdin, process.stdout, engineContract, engineEventsContract, (problem) =>
  process.stderr.write(`${problem}\n`),
);
peer.onClose(() => process.exit());
peer.listen(
  {
    hello: ({ gpu }) => {
      backend = gpu === "cpu" ? "cpu" : "vulkan";
      return {
        ...{ protocolVersion: PROTOCOL_VERSION, pid: process.pid, bindingVersion: "0", llamaCppVersion: "0", backend },
        ...{ backendReason: `It was told ${gpu}.`, devices: [], cpuFeatures: [], threads: 1 },
      };
    },
    loadModel: () => {
      if (fault === "crash" || (fault === "gpu-crash" && backend !== "cpu")) process.kill(process.pid, "SIGKILL");
      if (fault === "gpu-memory" && backend !== "cpu") throw new PaddockError("model/too-large", "It does not fit.");
      return {
        ...{ modelHash: "m", name: null, architecture: "llama", fileType: "Q4_1", parameters: 1, sizeBytes: 1 },
        ...{ layers: 1, gpuLayers: 0, mapped: false, trainContextSize: 2048, vocabularySize: 1, chatTemplate: null },
        infill: { order: "prefix-only" },
        can: { chat: true, fillInMiddle: false, embed: false, tools: false, schema: false },
      };
    },
    createContext: ({ context }) => ({
      ...{ context, identityKey: "k", contextSize: 2048, sequences: 1, batchSize: 512, threads: 1 },
      ...{ ramBytes: 0, vramBytes: 0, flashAttention: true, needsCheckpoints: false },
      identity: {
        ...{ modelHash: "m", adapters: [], kvCacheKeyType: "F16", kvCacheValueType: "F16" },
        ...{ templateHash: "", llamaCppVersion: "0" },
      },
    }),
    stats: () => ({ rssBytes: 1, vramBytes: 0, contexts: [], jobs: 0 }),
    closeContext: unsupported,
    chat: unsupported,
    complete: unsupported,
    fillInMiddle: unsupported,
    infill: unsupported,
    describeInfill: unsupported,
    search: unsupported,
    embed: unsupported,
    countTokens: unsupported,
    tokenize: unsupported,
    detokenize: unsupported,
    probabilities: unsupported,
    gpuMemory: unsupported,
    estimateMemory: unsupported,
    unloadModel: unsupported,
    measureSpeed: unsupported,
    measureTest: unsupported,
    measureOverhead: unsupported,
    timeKernels: unsupported,
    writePredictions: unsupported,
    comparePredictions: unsupported,
    saveState: unsupported,
    loadState: unsupported,
  },
  { pause: () => undefined, resume: () => undefined, shutdown: () => process.exit() },
);
