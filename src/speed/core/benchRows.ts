import type { BenchResult, BenchMachine, Doubt } from "./benchmark";
import { testName } from "./benchmark";
import { machineKey, modelKey } from "./resultKeys";
import type { BenchRow } from "./speedContract";
import { rateOf } from "./statistics";

/** A result as the panel shows it. @param doubtWords a whole sentence. */
export function benchRow(result: BenchResult, doubtWords: (doubt: Doubt) => string): BenchRow {
  const { id, at, from, machine, model, parameters, test } = result;
  const { mean, deviation, repetitions } = rateOf(result);
  return {
    ...{ id, at, from, mean, deviation, repetitions },
    machineKey: machineKey(machine),
    machine: machineLabel(machine),
    llamaCppVersion: machine.llamaCppVersion,
    modelKey: modelKey(model),
    model: model.fileName === "" ? model.type : model.fileName,
    type: model.type,
    test: testName(test),
    promptTokens: test.promptTokens,
    generatedTokens: test.generatedTokens,
    depth: test.depth,
    threads: parameters.threads,
    batchSize: parameters.batchSize,
    flashAttention: parameters.flashAttention,
    kvCacheTypes: kvLabel(parameters.kvCacheKeyType, parameters.kvCacheValueType),
    gpuLayers: parameters.gpuLayers,
    useMmap: parameters.useMmap,
    doubts: result.doubts.map(doubtWords),
  };
}

/** "Intel Core i7, Vulkan (some GPU), llama.cpp b6000"; names that are products' need no translator. */
export function machineLabel({ cpu, gpu, backend, llamaCppVersion }: BenchMachine): string {
  const on = gpu === "" ? backend : `${backend} (${gpu})`;
  return [cpu, on, llamaCppVersion === "" ? "" : `llama.cpp ${llamaCppVersion}`]
    .filter((part) => part !== "")
    .join(", ");
}

function kvLabel(key: string, value: string): string {
  const [keys, values] = [key.toUpperCase(), value.toUpperCase()];
  return keys === values ? keys : `${keys}/${values}`;
}
