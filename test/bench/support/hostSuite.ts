import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import * as vscode from "vscode";
import { paddock, until } from "../../host/suite/extension";

/** What runs in the extension host of the real editor: how late its event loop is, idle and while an answer streams. */
const rounds = 3;
const phaseMs = 5_000;

/** p99 of the event loop's delay, ms; timers come 1 ms after they are due at best, which the idle figure holds too. */
async function delayDuring(work: () => Promise<void>): Promise<number> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return histogram.percentile(99) / 1e6;
}

/** A process that does nothing but measure itself the same way: what it sees is the system's doing and not the chat's. */
const besideProgram = `
  const { monitorEventLoopDelay } = require("node:perf_hooks");
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  process.stdin.resume().on("end", () => process.stdout.write(String(histogram.percentile(99) / 1e6)));
`;

async function delayBeside(work: () => Promise<void>): Promise<number> {
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: "1" };
  const child = spawn(process.execPath, ["-e", besideProgram], { env, stdio: ["pipe", "pipe", "inherit"] });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (said += text));
  await work();
  child.stdin.end();
  await once(child, "close");
  return Number(said);
}

export async function run(): Promise<void> {
  const { activationMs, chat, engine, activeModel, timings } = await paddock();
  await vscode.commands.executeCommand("paddock.openChat");
  await engine.load(activeModel(), new AbortController().signal);
  // What the editor itself still has to do after its start.
  await sleep(5_000);
  const idle: number[] = [];
  const generating: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < rounds; round++) {
    idle.push(await delayDuring(() => sleep(phaseMs)));
    const answers = async (): Promise<void> => {
      const end = performance.now() + phaseMs;
      while (performance.now() < end) {
        await chat.ask("Write a very long story about a llama who climbs a mountain, in many chapters.");
        await until("the answer", () => !chat.generating || performance.now() > end, 120_000);
      }
    };
    beside.push(
      await delayBeside(async () => {
        generating.push(await delayDuring(answers));
      }),
    );
    chat.stop();
    await until("the end", () => !chat.generating);
    // The state of the conversation may be saved once nobody has asked for two seconds.
    await sleep(3_000);
  }
  const predicted = timings().reduce((sum, record) => sum + record.timings.predicted_n, 0);
  const failures = predicted > 100 ? [] : [{ title: "host delay", error: `Only ${predicted} tokens were generated.` }];
  const report = process.env.PADDOCK_HOST_REPORT;
  if (report === undefined) throw new Error("PADDOCK_HOST_REPORT names no file.");
  const stats = { passes: failures.length === 0 ? 1 : 0, failures: failures.length, pending: 0 };
  const figures = { activationMs, idle, generating, beside, predicted };
  writeFileSync(report, JSON.stringify({ stats, passes: [], failures, figures }));
}
