import type { SpeedSession } from "../measuring";
import type { ContextInfo, EngineInfo, ModelInfo } from "../protocol";
import type { EngineProcess } from "./engineProcess";

/** An engine process with the model that is measured. */
export interface SessionParts {
  readonly engine: EngineProcess;
  readonly info: EngineInfo;
  readonly model: ModelInfo;
  readonly contextInfo: ContextInfo;
  readonly job: string;
  /** Before each request: a pause that came between two of them would otherwise be forgotten. */
  readonly holdIfPaused: () => void;
}

/** One test after the other with a model that stays loaded. Its requests share a job, so they are made one at a time. */
export function speedSession({ engine, info, model, contextInfo, job, holdIfPaused }: SessionParts): SpeedSession {
  const { context } = contextInfo;
  let last: Promise<unknown> = Promise.resolve();
  const afterTheLast = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(() => {
      holdIfPaused();
      return work();
    });
    last = next.catch(() => undefined);
    return next;
  };
  return {
    engine: info,
    model,
    context: contextInfo,
    measure: ({ promptTokens, generatedTokens, depth, repetitions, onRepetition }) =>
      afterTheLast(() =>
        engine.peer.request(
          "measureTest",
          { job, context, promptTokens, generatedTokens, depth, repetitions },
          { onProgress: ({ samplesNs, pausedMs }) => onRepetition?.(samplesNs, pausedMs) },
        ),
      ),
    overhead: (depth) => afterTheLast(() => engine.peer.request("measureOverhead", { job, context, depth })),
  };
}
