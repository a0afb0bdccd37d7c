import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { childProgram, type ChildProgram, type RunningChild } from "../support/childProgram";
import { engineBundle, starterPath } from "../support/engineBundle";
import type { TurnsReport } from "../support/turnsWindow";

let bundle: Awaited<ReturnType<typeof engineBundle>>;
let program: ChildProgram;
let folder: string;

beforeAll(async () => {
  bundle = await engineBundle();
  program = await childProgram(new URL("../support/turnsWindow.ts", import.meta.url));
  folder = await mkdtemp(path.join(os.tmpdir(), "paddock-several-"));
});
afterAll(async () => {
  await bundle.remove();
  await program.remove();
  await rm(folder, { recursive: true, force: true });
});

const reportsOf = (child: RunningChild): TurnsReport[] =>
  child
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line) as TurnsReport);

it("two windows answer and a completion comes in between: all finish, in order, each with its own figures", async () => {
  const place = process.platform === "win32" ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, "turns");
  const first = program.start([bundle.enginePath, starterPath, place]);
  await first.printed("ready");
  const second = program.start([bundle.enginePath, starterPath, place]);
  await second.printed("ready");

  first.process.stdin?.write("first chat 300\n");
  await first.printed("began first");
  second.process.stdin?.write("second chat 300\n");
  await second.printed("began second");
  second.process.stdin?.write("typing completion 16\n");
  await expect.poll(() => reportsOf(first).length + reportsOf(second).length, { timeout: 240_000 }).toBe(3);
  for (const window of [first, second]) {
    window.process.stdin?.end();
    expect(await window.ended).toBe(0);
  }

  const reports = new Map([...reportsOf(first), ...reportsOf(second)].map((report) => [report.job, report]));
  const [a, b, typing] = ["first", "second", "typing"].map((job) => reports.get(job));
  if (a === undefined || b === undefined || typing === undefined) throw new Error("a report is missing");
  expect([a, b, typing].map(({ predicted_n }) => predicted_n)).toEqual([300, 300, 16]);
  // The completion was asked last and ended first.
  expect(typing.ended).toBeLessThan(Math.min(a.ended, b.ended));
  expect(typing.paused_ms).toBe(0);
  // Both answers had to wait for others, and that time is in no other figure.
  for (const answer of [a, b]) {
    expect(answer.predicted_per_second).toBeGreaterThan(0);
    expect(answer.paused_ms + answer.queue_ms).toBeGreaterThan(100);
    const tokensMs = (answer.predicted_n * 1000) / (answer.predicted_per_second ?? 1);
    expect(answer.ended - answer.asked).toBeGreaterThan(tokensMs + 50);
  }
  // The second did not wait for the first one's end.
  expect(b.firstToken).toBeLessThan(a.ended);
}, 300_000);
