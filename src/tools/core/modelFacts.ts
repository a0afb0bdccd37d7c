import { formatBytes, formatRate } from "../../platform/core/format";

/** What is told of a model on this machine. */
export interface ModelFacts {
  readonly name: string;
  /** It answers in the chat. */
  readonly isActive: boolean;
  readonly isLoaded: boolean;
  readonly sizeBytes?: number;
  /** Medians of real requests on this machine, tokens/s; absent: nobody has asked it yet. */
  readonly measured?: { readonly requests: number; readonly pp: number | null; readonly tg: number | null };
}

export function modelLines(models: readonly ModelFacts[]): string[] {
  return models.map(({ name, isActive, isLoaded, sizeBytes, measured }) => {
    const words = [
      ...(isActive ? ["answers in the chat"] : []),
      isLoaded ? "loaded" : "not loaded",
      ...(sizeBytes === undefined ? [] : [formatBytes(sizeBytes)]),
      measured === undefined
        ? "speed not measured"
        : `pp ${formatRate(measured.pp)}, tg ${formatRate(measured.tg)} (medians of ${measured.requests} requests)`,
    ];
    return `${name.replace(/\s+/gu, " ")}: ${words.join("; ")}`;
  });
}
