import { type Candidate, quantizationName } from "./candidate";
import type { Figure } from "./figure";
import { allUsableMemory, type Machine } from "./machine";
import type { FigureView, PickerAction, PickerView, RowView } from "./pickerContract";
import type { Standing } from "./pareto";
import type { Verdict } from "./verdict";

/** What a row says besides its verdict. */
export interface RowFacts {
  readonly standing: Standing;
  readonly isRecommended: boolean;
  readonly isActive: boolean;
  readonly reference: string | undefined;
  readonly actions: readonly PickerAction[];
  readonly work: RowView["work"];
}

export function rowView(verdict: Verdict, facts: RowFacts): RowView {
  const { candidate, memory, totalMemory, fit, speed, quality } = verdict;
  const { shape } = candidate.contents ?? {};
  return {
    id: candidate.id,
    name: candidate.name,
    quantization: quantizationName(candidate) ?? null,
    hasImportanceMatrix: shape?.hasImportanceMatrix ?? false,
    origin: candidate.origin.kind,
    place: placeOf(candidate),
    sizeBytes: candidate.sizeBytes ?? null,
    bitsPerWeight: verdict.bitsPerWeight ?? null,
    memory:
      memory === undefined || totalMemory === undefined
        ? null
        : {
            total: figureView(totalMemory),
            weights: figureView(memory.weights),
            kvCache: figureView(memory.kvCache),
            compute: figureView(memory.compute),
            vocabulary: figureView(memory.vocabulary),
          },
    fit:
      fit === undefined
        ? null
        : {
            place: fit.place,
            gpuLayers: fit.gpuLayers,
            layers: shape?.layers ?? 0,
            largestContext: fit.largestContext,
          },
    pp: maybe(speed?.pp),
    tg: maybe(speed?.tg),
    ttft: maybe(verdict.ttft),
    kld: maybe(quality?.kld),
    sameTop: maybe(quality?.sameTop),
    reference: facts.reference ?? null,
    standing: facts.standing,
    isRecommended: facts.isRecommended,
    isActive: facts.isActive,
    problem: candidate.problem ?? null,
    told: toldView(candidate),
    actions: [...facts.actions],
    work: facts.work,
  };
}

export function machineView(machine: Machine): PickerView["machine"] {
  const { memoryBytes, gpu } = machine;
  return {
    memoryBytes,
    gpu: gpu === undefined ? null : { ...gpu, devices: [...gpu.devices] },
    usableBytes: allUsableMemory(machine),
  };
}

function toldView({ told }: Candidate): RowView["told"] {
  if (told?.parameters === undefined && told?.contextSize === undefined) return null;
  return { parameters: told.parameters ?? null, contextSize: told.contextSize ?? null };
}

function placeOf({ origin }: Candidate): string {
  switch (origin.kind) {
    case "file":
      return origin.path;
    case "hub":
      return `${origin.repository}/${origin.parts[0]?.path ?? ""}`;
    case "server":
      return origin.server;
  }
}

function figureView({ value, how, error }: Figure): FigureView {
  return { value, how, error: error ?? null };
}
function maybe(of: Figure | undefined): FigureView | null {
  return of === undefined ? null : figureView(of);
}
