import { createHash } from "node:crypto";
import { readFile, mkdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import * as v from "valibot";
import type { EngineInfo } from "../../engine/protocol";
import { writeFileAtomic } from "../../platform/node/atomicFile";
import { toStorageError } from "../../platform/node/storageError";
import type { MachineSpeed } from "../core/speedModel";

/** Raise it with every change of what is measured, or of what a number means. */
const VERSION = 3;

/** What a calibration holds for. Anything else is another machine. */
export interface CalibrationKey {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly backend: string;
  readonly devices: readonly string[];
  readonly threads: number;
  readonly llamaCppVersion: string;
  readonly bindingVersion: string;
}

export function calibrationKey(engine: EngineInfo): CalibrationKey {
  const cpus = os.cpus();
  return {
    cpu: cpus[0]?.model ?? "unknown",
    cores: cpus.length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    backend: engine.backend,
    devices: engine.devices,
    threads: engine.threads,
    llamaCppVersion: engine.llamaCppVersion,
    bindingVersion: engine.bindingVersion,
  };
}

const seconds = v.pipe(v.number(), v.finite(), v.minValue(0));
const machineSchema = v.object({
  types: v.record(v.string(), v.object({ near: seconds, far: v.optional(seconds), pp: seconds })),
  reach: v.array(v.object({ bytes: seconds, share: v.pipe(v.number(), v.minValue(0), v.maxValue(1)) })),
  perToken: seconds,
  perLayer: seconds,
  perVocabularyEntry: seconds,
  attentionTg: seconds,
  attentionPp: seconds,
  besidePp: seconds,
  amx: v.boolean(),
  noise: seconds,
});
const fileSchema = v.object({
  version: v.literal(VERSION),
  key: v.object({
    cpu: v.string(),
    cores: v.number(),
    memoryGiB: v.number(),
    backend: v.string(),
    devices: v.array(v.string()),
    threads: v.number(),
    llamaCppVersion: v.string(),
    bindingVersion: v.string(),
  }),
  /** ISO 8601. */
  measuredAt: v.string(),
  machine: machineSchema,
});

/** Calibrations on the disk, one file for each machine, backend and llama.cpp; what is stale or damaged is not found. */
export class CalibrationStore {
  constructor(private readonly folder: string) {}

  async load(key: CalibrationKey): Promise<{ machine: MachineSpeed; measuredAt: string } | undefined> {
    let text: string;
    try {
      text = await readFile(this.pathOf(key), "utf8");
    } catch {
      return undefined;
    }
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch {
      return undefined;
    }
    const file = v.safeParse(fileSchema, parsed);
    // Two keys may have one name only by a forged or renamed file.
    if (!file.success || JSON.stringify(file.output.key) !== JSON.stringify(key)) return undefined;
    const { machine, measuredAt } = file.output;
    if (Object.keys(machine.types).length === 0) return undefined;
    const types = Object.entries(machine.types).map(([name, { near, far, pp }]) => [name, { near, far, pp }] as const);
    return { machine: { ...machine, types: Object.fromEntries(types) }, measuredAt };
  }

  /** @throws PaddockError storage/* */
  async save(key: CalibrationKey, machine: MachineSpeed): Promise<void> {
    const file: v.InferInput<typeof fileSchema> = {
      version: VERSION,
      key: { ...key, devices: [...key.devices] },
      measuredAt: new Date().toISOString(),
      machine: { ...machine, types: { ...machine.types }, reach: [...machine.reach] },
    };
    try {
      await mkdir(this.folder, { recursive: true });
      await writeFileAtomic(this.pathOf(key), `${JSON.stringify(file, null, 1)}\n`);
    } catch (error) {
      throw toStorageError(error);
    }
  }

  private pathOf(key: CalibrationKey): string {
    const hash = createHash("sha256").update(JSON.stringify(key)).digest("hex").slice(0, 16);
    return path.join(this.folder, `calibration-${hash}.json`);
  }
}
