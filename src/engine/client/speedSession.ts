import type { SpeedSession, TestProgress } from "../measuring";
import type { ContextInfo, EngineInfo, ModelInfo } from "../protocol";
import type { EngineProcess } from "./engineProcess";
import type { MeasuringTurn } from "./measuringTurn";

/** An engine process with the model that is measured. */
export interface SessionParts {
  readonly engine: EngineProcess;
  readonly info: EngineInfo;
  readonly model: ModelInfo;
  readonly contextInfo: ContextInfo;
}

export interface SessionSource {
  readonly turn: MeasuringTurn;
  readonly signal: AbortSignal;
  /** The same model, loaded the same way in a new process. */
  readonly reload: () => Promise<SessionParts>;
}

/** One test after the other with a model that stays loaded. Its requests share a job, so they are made one at a time. */
export function speedSession(first: SessionParts, { turn, signal, reload }: SessionSource): SpeedSession {
  const { job } = turn;
  let parts = first;
  let last: Promise<unknown> = Promise.resolve();
  const afterTheLast = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(() => {
      turn.holdIfPaused();
      return work();
    });
    last = next.catch(() => undefined);
    return next;
  };
  const measure: SpeedSession["measure"] = async ({ onRepetition, ...test }) => {
    let soFar: TestProgress = { samplesNs: [], pausedMs: 0 };
    const request = (): Promise<TestProgress> => {
      const before = soFar;
      const and = ({ samplesNs, pausedMs }: TestProgress): TestProgress => ({
        samplesNs: [...before.samplesNs, ...samplesNs],
        pausedMs: before.pausedMs + pausedMs,
      });
      const { context } = parts.contextInfo;
      const repetitions = test.repetitions - before.samplesNs.length;
      const onProgress = (progress: TestProgress): void => {
        soFar = and(progress);
        onRepetition?.(soFar.samplesNs, soFar.pausedMs);
      };
      return parts.engine.peer.request("measureTest", { ...test, job, context, repetitions }, { onProgress }).then(and);
    };
    if (test.promptTokens === 0) return request();
    for (;;) {
      const all = await turn.inBatches(request);
      if (all !== undefined) return all;
      const waited = await turn.quiet(signal);
      soFar = { ...soFar, pausedMs: soFar.pausedMs + waited };
      parts = await reload();
      if (soFar.samplesNs.length >= test.repetitions) return soFar;
    }
  };
  return {
    get engine() {
      return parts.info;
    },
    model: first.model,
    context: first.contextInfo,
    measure: (test) => afterTheLast(() => measure(test)),
    overhead: (depth) =>
      afterTheLast(() =>
        parts.engine.peer.request("measureOverhead", { job, context: parts.contextInfo.context, depth }),
      ),
    timeKernels: (kernels, budget) =>
      afterTheLast(async () => {
        const { threads } = parts.contextInfo;
        return (await parts.engine.peer.request("timeKernels", { job, kernels: [...kernels], threads, budget }))
          .samples;
      }),
  };
}
