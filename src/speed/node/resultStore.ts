import { createHash } from "node:crypto";
import { readdir } from "node:fs/promises";
import path from "node:path";
import * as v from "valibot";
import type { Logger } from "../../platform/core/logger";
import { emptyFolder } from "../../platform/node/emptyFolder";
import { toStorageError } from "../../platform/node/storageError";
import type { BenchResult } from "../core/benchmark";
import { machineKey } from "../core/resultKeys";
import { JsonLines } from "./jsonLines";

const text = v.pipe(v.string(), v.maxLength(2000));
const whole = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const positive = v.pipe(finite, v.minValue(0));

const doubtSchema = v.variant("kind", [
  v.object({ kind: v.literal("busy"), cores: positive }),
  v.object({ kind: v.literal("variance"), share: positive }),
  v.object({ kind: v.literal("drift"), share: finite }),
  v.object({ kind: v.literal("paused"), ms: positive }),
  v.object({ kind: v.literal("incomplete"), made: whole }),
]);
const resultSchema = v.object({
  id: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
  at: positive,
  from: v.picklist(["here", "imported"]),
  machine: v.object({ cpu: text, gpu: text, backend: text, llamaCppVersion: text, bindingVersion: text }),
  model: v.object({ fileName: text, type: text, sizeBytes: whole, parameters: whole, hash: v.nullable(text) }),
  parameters: v.object({
    threads: whole,
    batchSize: whole,
    microBatchSize: whole,
    flashAttention: v.boolean(),
    kvCacheKeyType: text,
    kvCacheValueType: text,
    gpuLayers: v.pipe(v.number(), v.integer()),
    useMmap: v.boolean(),
    besides: v.exactOptional(v.record(text, text)),
  }),
  test: v.object({ promptTokens: whole, generatedTokens: whole, depth: whole }),
  samplesNs: v.pipe(v.array(v.pipe(finite, v.minValue(1))), v.maxLength(10_000)),
  stated: v.exactOptional(v.object({ mean: positive, deviation: positive })),
  doubts: v.array(doubtSchema),
});

/** Of each machine; a result takes about 1 KB. */
const mostBytes = 8 * 1024 * 1024;
const PREFIX = "results-";

/**
 * Results of benchmarks on the disk, for each machine and backend two files at most. A result with the id of another,
 * as one that was gone on with, takes its place.
 */
export class ResultStore {
  private readonly files = new Map<string, JsonLines<BenchResult>>();

  constructor(
    private readonly folder: string,
    private readonly log: Logger,
  ) {}

  /** Of all machines, the oldest first. What is damaged is passed over. */
  async load(): Promise<BenchResult[]> {
    const names = await readdir(this.folder).catch(() => []);
    const found = names.flatMap((name) => /^results-[0-9a-f]{16}/.exec(name) ?? []);
    const results = new Map<string, BenchResult>();
    for (const name of new Set([...found, ...this.files.keys()]))
      for (const result of await this.fileOf(name).read()) results.set(result.id, result);
    return [...results.values()].sort((one, other) => one.at - other.at);
  }

  /** Several windows may append at once. @throws PaddockError storage/* */
  async append(results: readonly BenchResult[]): Promise<void> {
    const byMachine = new Map<string, BenchResult[]>();
    for (const result of results) {
      const name = `${PREFIX}${hashOf(machineKey(result.machine))}`;
      byMachine.set(name, [...(byMachine.get(name) ?? []), result]);
    }
    for (const [name, own] of byMachine) await this.fileOf(name).append(own);
  }

  /** Deletes all results, those that were read from files too. @throws PaddockError storage/* */
  async clear(): Promise<void> {
    for (const file of this.files.values()) await file.clear();
    const left = await emptyFolder(this.folder);
    if (left > 0) throw toStorageError(new Error(`${left} files of results could not be deleted`));
  }

  private fileOf(name: string): JsonLines<BenchResult> {
    const known = this.files.get(name);
    if (known !== undefined) return known;
    const file = path.join(this.folder, `${name}.jsonl`);
    const made = new JsonLines<BenchResult>({ file, schema: resultSchema, mostBytes, log: this.log });
    this.files.set(name, made);
    return made;
  }
}

function hashOf(key: string): string {
  return createHash("sha256").update(key).digest("hex").slice(0, 16);
}
