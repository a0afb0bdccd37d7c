import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";

/**
 * How many cores' worth of time other programs have while a process computes. Where the system does not tell what the
 * process itself takes, the machine is looked at for a moment before.
 */
export interface CpuSources {
  /** Seconds that all cores together were busy since the system started, whoever had them. */
  readonly busySeconds: () => Promise<number | undefined>;
  /** Seconds of CPU time that a process had; undefined where that is not told here. */
  readonly processSeconds: (pid: number) => Promise<number | undefined>;
  /** ms on a clock that only goes forward. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<unknown>;
}

/** Ends a measurement. @returns cores; undefined where nobody can tell. */
export type EndLoad = () => Promise<number | undefined>;
/** Begins to measure what others take beside a process. Never rejects. */
export type StartLoad = (pid: number) => Promise<EndLoad>;

/** Of looking at a machine before a test. */
const LOOK_MS = 500;
/** The system counts in hundredths of a second: less than this tells nothing. */
const LEAST_MS = 200;

export function cpuLoad(sources: CpuSources = systemSources): StartLoad {
  const { busySeconds, processSeconds, now } = sources;
  return async (pid) => {
    const [busy, own] = await Promise.all([busySeconds(), processSeconds(pid)]);
    const since = now();
    if (busy === undefined) return () => Promise.resolve(undefined);
    if (own === undefined) {
      await sources.sleep(LOOK_MS);
      const others = coresOf(await busySeconds(), busy, now() - since);
      return () => Promise.resolve(others);
    }
    return async () => {
      const [busyAfter, ownAfter] = await Promise.all([busySeconds(), processSeconds(pid)]);
      const ms = now() - since;
      // A process that is gone cannot be told from the others any more.
      if (busyAfter === undefined || ownAfter === undefined || ms < LEAST_MS) return undefined;
      return coresOf(busyAfter - (ownAfter - own), busy, ms);
    };
  };
}

function coresOf(after: number | undefined, before: number, ms: number): number | undefined {
  return after === undefined || ms <= 0 ? undefined : Math.max(0, ((after - before) * 1000) / ms);
}

/** Linux's clock ticks in /proc, a second: fixed for programs, whatever the kernel's own. */
const TICKS = 100;

const systemSources: CpuSources = {
  busySeconds: async () => {
    if (process.platform === "linux") {
      const line = /^cpu +([\d ]+)/.exec(await textOf("/proc/stat"))?.[1];
      const [user, nice, system, , , irq, softirq, steal] = (line ?? "").split(" ").map(Number);
      // A machine that is a guest loses steal to others. Guests of its own are in user and nice.
      if (user !== undefined && user > 0)
        return (user + (nice ?? 0) + (system ?? 0) + (irq ?? 0) + (softirq ?? 0) + (steal ?? 0)) / TICKS;
    }
    const seconds =
      os.cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0) / 1000;
    return seconds > 0 ? seconds : undefined;
  },
  processSeconds: async (pid) => {
    if (process.platform === "linux") {
      // The name in parentheses may hold anything; utime and stime are the 12th and 13th field behind it.
      const stat = await textOf(`/proc/${pid}/stat`);
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      const ticks = Number(fields[11]) + Number(fields[12]);
      return Number.isFinite(ticks) ? ticks / TICKS : undefined;
    }
    if (process.platform === "darwin") return clockSeconds(await outputOf("ps", ["-o", "time=", "-p", String(pid)]));
    return undefined;
  },
  now: () => performance.now(),
  sleep,
};

/** "1-02:03:04.56", as ps prints it, days and hours where there are any. */
export function clockSeconds(text: string): number | undefined {
  const found = /^(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+(?:\.\d+)?)$/.exec(text.trim());
  if (found === null) return undefined;
  const [days, hours, minutes, seconds] = found.slice(1).map((part: string | undefined) => Number(part ?? 0));
  return (((days ?? 0) * 24 + (hours ?? 0)) * 60 + (minutes ?? 0)) * 60 + (seconds ?? 0);
}

async function textOf(file: string): Promise<string> {
  return readFile(file, "utf8").catch(() => "");
}

function outputOf(program: string, parameters: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    execFile(program, parameters, { timeout: 5000 }, (error, output) => resolve(error === null ? output : ""));
  });
}
