import { expect, test } from "vitest";
import { clockSeconds, cpuLoad, type CpuSources } from "../../src/speed/node/cpuLoad";

/** A machine of two cores, on the test's own clock. */
function machine(over: Partial<CpuSources> = {}) {
  const time = { ms: 0, busy: 1000, own: 50 };
  const pass = (ms: number, ownCores: number, otherCores: number): void => {
    time.ms += ms;
    time.own += (ms / 1000) * ownCores;
    time.busy += (ms / 1000) * (ownCores + otherCores);
  };
  const sources: CpuSources = {
    busySeconds: () => Promise.resolve(time.busy),
    processSeconds: () => Promise.resolve(time.own),
    now: () => time.ms,
    sleep: (ms) => {
      pass(ms, 0, 0.25);
      return Promise.resolve();
    },
    ...over,
  };
  return { start: cpuLoad(sources), pass };
}

test("others have what the process did not", async () => {
  const { start, pass } = machine();
  const end = await start(7);
  pass(4000, 1.5, 0.5);
  expect(await end()).toBeCloseTo(0.5, 9);
});

test("counters that don't agree make no negative load", async () => {
  const { start, pass } = machine();
  const end = await start(7);
  pass(4000, 2, -0.1);
  expect(await end()).toBe(0);
});

test("a moment is too short to tell, and so is a process that is gone", async () => {
  const { start, pass } = machine();
  const end = await start(7);
  pass(50, 1, 1);
  expect(await end()).toBeUndefined();
  let isGone = false;
  const gone = machine({ processSeconds: () => Promise.resolve(isGone ? undefined : 1) });
  const endGone = await gone.start(7);
  gone.pass(4000, 1, 1);
  isGone = true;
  expect(await endGone()).toBeUndefined();
});

test("where a process's time is not told, the machine is looked at before", async () => {
  const { start, pass } = machine({ processSeconds: () => Promise.resolve(undefined) });
  const end = await start(7);
  pass(4000, 1.5, 0.5);
  expect(await end()).toBeCloseTo(0.25, 9);
});

test("where nothing is told, nothing is known", async () => {
  const { start } = machine({ busySeconds: () => Promise.resolve(undefined) });
  expect(await (await start(7))()).toBeUndefined();
});

test("this very process is told from the others, where the system tells", async () => {
  const end = await cpuLoad()(process.pid);
  const until = performance.now() + 400;
  while (performance.now() < until);
  const others = await end();
  if (others === undefined) return;
  expect(others).toBeGreaterThanOrEqual(0);
  expect(others).toBeLessThan(1024);
});

test("ps's clock", () => {
  expect(clockSeconds(" 0:12.34\n")).toBeCloseTo(12.34, 9);
  expect(clockSeconds("1-02:03:04")).toBe(93_784);
  expect(clockSeconds("02:03:04")).toBe(7384);
  for (const text of ["", "abc", "1:2:3:4"]) expect(clockSeconds(text)).toBeUndefined();
});
