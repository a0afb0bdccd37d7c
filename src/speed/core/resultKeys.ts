import type { BenchMachine, BenchModel, BenchParameters, BenchResult } from "./benchmark";
import { testName } from "./benchmark";

/** What results must share to be of one machine: everything but the versions of programs. */
export function machineKey({ cpu, gpu, backend }: BenchMachine): string {
  return JSON.stringify([cpu, gpu, backend]);
}

/** "b6000", and the binding's version where it is known. */
export function versionKey({ llamaCppVersion, bindingVersion }: BenchMachine): string {
  return JSON.stringify([llamaCppVersion, bindingVersion]);
}

/** A file by what is in it; where that is not known, by all that is. */
export function modelKey({ hash, type, sizeBytes, parameters }: BenchModel): string {
  return hash ?? JSON.stringify([type, sizeBytes, parameters]);
}

export function parametersKey(parameters: BenchParameters): string {
  const { threads, batchSize, microBatchSize, flashAttention, kvCacheKeyType, kvCacheValueType } = parameters;
  const { gpuLayers, useMmap, besides = {} } = parameters;
  const others = Object.entries(besides).sort(([one], [other]) => (one < other ? -1 : 1));
  return JSON.stringify([
    ...[threads, batchSize, microBatchSize, flashAttention, kvCacheKeyType, kvCacheValueType, gpuLayers, useMmap],
    others,
  ]);
}

/** Results with one key measured the same thing in the same way, maybe with other versions of llama.cpp. */
export function seriesKey({ machine, model, parameters, test }: BenchResult): string {
  return JSON.stringify([machineKey(machine), modelKey(model), parametersKey(parameters), testName(test)]);
}
