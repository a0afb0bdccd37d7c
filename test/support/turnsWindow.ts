import { createInterface } from "node:readline";
import type { Feature, ModelId, Priority } from "../../src/engine/backend";
import { MachineTurns } from "../../src/engine/client/machineTurns";
import { silentLogger } from "../../src/platform/core/logger";
import { embeddedEngine, forever } from "./embedded";

/** What one job of a window says when it ends. */
export interface TurnsReport {
  readonly job: string;
  /** Milliseconds since the epoch, since windows are compared. */
  readonly asked: number;
  readonly firstToken: number;
  readonly ended: number;
  readonly predicted_n: number;
  readonly paused_ms: number;
  readonly queue_ms: number;
  readonly predicted_per_second: number | null;
  readonly stopReason: string;
}

/**
 * A window as far as its engine goes: ENGINE MODEL PLACE, then a line a job on stdin, "NAME chat|completion TOKENS".
 * PLACE is where the windows meet.
 */
const [enginePath = "", model = "", place = ""] = process.argv.slice(2);
const turns = new MachineTurns({ path: () => Promise.resolve(place), log: silentLogger, sliceMs: 400 });
const { engine } = embeddedEngine(enginePath, { model }, {}, turns);
const id = "model" as ModelId;

async function run(job: string, priority: Priority & Feature, maxTokens: number): Promise<void> {
  const asked = Date.now();
  let firstToken = 0;
  const result = await engine.complete(
    { prompt: `A long story about ${job}: Once upon a time`, sampling: { temperature: 0 }, maxTokens },
    {
      model: id,
      feature: priority,
      priority,
      signal: forever,
      onProgress: ({ predicted_n }) => {
        if (predicted_n === 0 || firstToken !== 0) return;
        firstToken = Date.now();
        process.stdout.write(`began ${job}\n`);
      },
    },
  );
  const { predicted_n, paused_ms, queue_ms, predicted_per_second } = result.timings;
  const { stopReason } = result;
  const figures = { predicted_n, paused_ms, queue_ms, predicted_per_second, stopReason };
  const report: TurnsReport = { job, asked, firstToken, ended: Date.now(), ...figures };
  process.stdout.write(`${JSON.stringify(report)}\n`);
}

async function main(): Promise<void> {
  await engine.load(id, forever);
  process.stdout.write("ready\n");
  for await (const line of createInterface({ input: process.stdin })) {
    const [job = "", kind = "", tokens = "0"] = line.split(" ");
    void run(job, kind === "completion" ? "completion" : "chat", Number(tokens));
  }
  await engine.close();
  turns.dispose();
}
void main();
