import type { GgufTensor } from "../../gguf/core/ggufHeader";
import type { ModelShape } from "../../gguf/core/modelShape";
import { modelWork } from "../../gguf/core/modelWork";
import type { Figure } from "./figure";
import { anchor, type MachineSpeed, predictSpeed, type SpeedPrediction, type SpeedQuestion } from "./speedModel";

/** pp512 and tg from an empty KV cache, as llama-bench prints them. */
const QUESTION: SpeedQuestion = { depth: 0, promptTokens: 512 };

/** What of a file its speed depends on. */
export interface SpeedContents {
  /** Of all parts of the model. */
  readonly tensors: readonly GgufTensor[];
  readonly shape: ModelShape;
}

/** A file whose speed was measured, tokens/s. */
export interface SpeedAnchor {
  readonly contents: SpeedContents;
  readonly speed: { readonly pp: Pick<Figure, "value">; readonly tg: Pick<Figure, "value"> };
}

/** Says how fast a file would be on this machine, from measurements of the machine. */
export interface CalibratedSpeed {
  /**
   * Undefined: the calibration says nothing about it.
   * @param known another file of the same model, which puts the prediction right.
   */
  predict(
    contents: SpeedContents,
    known: SpeedAnchor | undefined,
  ): { readonly pp: Figure; readonly tg: Figure } | undefined;
}

export function calibratedSpeed(machine: MachineSpeed): CalibratedSpeed {
  const predict = ({ tensors, shape }: SpeedContents): SpeedPrediction =>
    predictSpeed(machine, modelWork(tensors, shape), QUESTION);
  return {
    predict: (contents, known) => {
      const prediction = predict(contents);
      // A file without any matrix takes no time at all.
      if (!Number.isFinite(prediction.tg.value) || !Number.isFinite(prediction.pp.value)) return undefined;
      if (known === undefined) return prediction;
      const measured = { tg: known.speed.tg.value, pp: known.speed.pp.value };
      return anchor(prediction, measured, predict(known.contents));
    },
  };
}
