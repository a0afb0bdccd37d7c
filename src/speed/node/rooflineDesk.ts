import path from "node:path";
import type { MachineProbe } from "../../engine/measuring";
import type { EngineTuning } from "../../engine/tuning";
import { modelShape } from "../../gguf/core/modelShape";
import { openModel } from "../../gguf/node/modelFiles";
import { type BenchTest, testName } from "../core/benchmark";
import { contextSizeFor } from "../core/benchPlan";
import type { Explanation } from "../core/roofline";
import type { RooflineRow, RooflineView } from "../core/speedContract";
import { measureRoofline, type RooflineNeeds } from "./rooflineRun";
import type { SpeedWords } from "./speedWords";
import type { Work } from "./workBench";

export interface RooflineDeskNeeds extends RooflineNeeds {
  readonly tuningOf: (file: string) => Promise<EngineTuning>;
  readonly words: SpeedWords;
  readonly changed: () => void;
}

const ROUNDS = { least: 3, most: 7, seconds: 5 };
/** llama-bench's two tests, and tg where the KV cache counts, as deep as the model's context has room for. */
const SHALLOW: readonly BenchTest[] = [
  { promptTokens: 512, generatedTokens: 0, depth: 0 },
  { promptTokens: 0, generatedTokens: 128, depth: 0 },
];
const DEPTHS = [4096, 2048, 1024, 512];

/** The machine's limits, how near models come to them, and where the rest of their time goes. */
export class RooflineDesk {
  private probed: { readonly at: number; readonly probe: MachineProbe } | undefined;
  private readonly rows = new Map<string, RooflineRow>();

  constructor(private readonly needs: RooflineDeskNeeds) {}

  view(): RooflineView {
    const rows = [...this.rows.values()];
    if (this.probed === undefined) return { probe: null, rows };
    const { at, probe } = this.probed;
    const { memoryBytesPerSecond, bySize, matrix } = probe;
    return { probe: { at, memoryBytesPerSecond, bySize: [...bySize], matrix: [...matrix] }, rows };
  }

  /** @throws PaddockError engine/* */
  async probe(work: Work): Promise<void> {
    this.found(await this.needs.probe(work.signal));
    work.announce(this.needs.words.probed());
  }

  /** @throws PaddockError model/*, context/*, engine/* */
  async explain(file: string, work: Work): Promise<void> {
    const { words, tuningOf } = this.needs;
    const name = path.basename(file);
    work.update({ label: words.explaining(name) });
    const report = await measureRoofline(
      {
        ...{ file, tuning: await tuningOf(file), rounds: ROUNDS, signal: work.signal },
        tests: testsFor(await contextSizeOf(file, work.signal)),
        onProgress: (fraction) => work.update({ fraction }),
      },
      this.needs,
    );
    this.found(report.probe);
    for (const explanation of report.explanations) this.keep(file, explanation);
    work.announce(words.explainedModel(name));
  }

  clear(): void {
    this.probed = undefined;
    this.rows.clear();
    this.needs.changed();
  }

  private found(probe: MachineProbe): void {
    this.probed = { at: Date.now(), probe };
    this.needs.changed();
  }

  private keep(file: string, explanation: Explanation): void {
    const { words, changed } = this.needs;
    const { test, measuredSeconds, parts, explainedShare, ceiling } = explanation;
    const isPrompt = test.promptTokens > 0;
    const name = testName(test);
    const id = `${file}\n${name}`;
    this.rows.set(id, {
      ...{ id, model: path.basename(file), test: name },
      measured: (isPrompt ? test.promptTokens : 1) / measuredSeconds,
      ceiling: ceiling?.tokensPerSecond ?? null,
      limit: ceiling?.boundBy ?? "memory",
      sentence: words.explained(explanation),
      seconds: measuredSeconds,
      parts: parts.map(({ part, seconds, known }) => ({ name: words.part(part, isPrompt), seconds, how: known })),
      explained: explainedShare,
    });
    changed();
  }
}

/** Tokens that the model was trained for; 0: its file does not say. @throws PaddockError model/* */
async function contextSizeOf(file: string, signal: AbortSignal): Promise<number> {
  const { files } = await openModel(file, signal);
  return modelShape(files.map(({ header }) => header)).trainContextSize;
}

function testsFor(contextSize: number): BenchTest[] {
  const room = contextSize === 0 ? Infinity : contextSize;
  const fits = (test: BenchTest): boolean => contextSizeFor([test]) <= room;
  const tests = SHALLOW.filter(fits);
  const deep = DEPTHS.map((depth) => ({ promptTokens: 0, generatedTokens: 128, depth })).find(fits);
  if (tests.length > 0) return deep === undefined ? tests : [...tests, deep];
  // A toy's context: what there is room for.
  const some = Math.max(1, Math.floor(room / 2) - 1);
  return [
    { promptTokens: some, generatedTokens: 0, depth: 0 },
    { promptTokens: 0, generatedTokens: some, depth: 0 },
  ];
}
