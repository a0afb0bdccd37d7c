import type { Measuring } from "../../engine/measuring";
import { type CalibratedSpeed, calibratedSpeed } from "../core/speedPredictor";
import type { MachineSpeed } from "../core/speedModel";
import { calibrate } from "./calibration";
import { calibrationKey, CalibrationStore } from "./calibrationStore";

export interface MachineCalibratorOptions {
  readonly measuring: Pick<Measuring, "measureSpeeds" | "timeKernels" | "engine">;
  /** Where calibrations are kept, and the models generated for one lie while it runs. */
  readonly folder: string;
}

export interface MachineCalibration {
  readonly predictor: CalibratedSpeed;
  /** ms since 1970. */
  readonly at: number;
  /** As MachineSpeed has it. */
  readonly noise: number;
}

export interface MachineCalibrator {
  /** What was measured before; undefined: this machine, or this llama.cpp on it, was never calibrated. */
  current(): Promise<MachineCalibration | undefined>;
  /** Half a minute. @throws PaddockError storage/*, engine/*; cancelled, and what was there before is kept. */
  calibrate(work: {
    readonly signal: AbortSignal;
    /** 0 to 1. */
    readonly onProgress?: (fraction: number) => void;
  }): Promise<MachineCalibration>;
}

/** Calibrates this machine once for each backend and llama.cpp version. */
export function machineCalibrator({ measuring, folder }: MachineCalibratorOptions): MachineCalibrator {
  const store = new CalibrationStore(folder);
  const forever = new AbortController().signal;
  return {
    current: async (): Promise<MachineCalibration | undefined> => {
      const found = await store.load(calibrationKey(await measuring.engine(forever)));
      return found && calibrationOf(found.machine, Date.parse(found.measuredAt));
    },
    calibrate: async ({ signal, onProgress }): Promise<MachineCalibration> => {
      const engine = await measuring.engine(signal);
      const key = calibrationKey(engine);
      const machine = await calibrate({
        measuring,
        cpuFeatures: engine.cpuFeatures,
        folder,
        signal,
        ...(onProgress === undefined ? {} : { onProgress: (fraction: number) => onProgress(fraction) }),
      });
      await store.save(key, machine);
      return calibrationOf(machine, Date.now());
    },
  };
}

function calibrationOf(machine: MachineSpeed, at: number): MachineCalibration {
  return { predictor: calibratedSpeed(machine), at, noise: machine.noise };
}
