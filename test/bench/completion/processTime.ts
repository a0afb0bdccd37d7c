import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import os from "node:os";
import { promisify } from "node:util";

/** Linux counts a process's time in this many parts of a second, for every processor and configuration in use. */
const TICKS_PER_SECOND = 100;

/** Shares of one core, percent. Undefined where the system does not tell of other processes. */
export interface CoreShares {
  /** This process and those that were named. */
  readonly own: number;
  /** All other programs on the machine. */
  readonly others: number;
}

/** Processor time that a process has used, ms; undefined where the system does not say. */
async function processMs(pid: number): Promise<number | undefined> {
  if (process.platform === "linux") {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    // The program's name, in brackets, may hold spaces; the times are the 14th and 15th field.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) * 1000) / TICKS_PER_SECOND;
  }
  if (process.platform === "darwin") {
    const { stdout } = await promisify(execFile)("ps", ["-o", "cputime=", "-p", String(pid)]);
    const parts = stdout.trim().split(":");
    return parts.reduce((total, part) => total * 60 + Number(part), 0) * 1000;
  }
  return undefined;
}

/** What the machine's processors did while `work` ran. */
export async function coreSharesDuring(
  pids: readonly number[],
  work: () => Promise<unknown>,
): Promise<CoreShares | undefined> {
  const used = async (): Promise<number> => {
    const all = await Promise.all(pids.map(processMs));
    const { user, system } = process.cpuUsage();
    return all.reduce<number>((sum, ms) => sum + (ms ?? NaN), (user + system) / 1000);
  };
  const [usedBefore, busyBefore, since] = [await used(), busyMs(), performance.now()];
  await work();
  const wall = performance.now() - since;
  const own = (await used()) - usedBefore;
  const others = Math.max(0, busyMs() - busyBefore - own);
  return Number.isNaN(own) ? undefined : { own: (own / wall) * 100, others: (others / wall) * 100 };
}

/** Of all processors together, ms. */
function busyMs(): number {
  return os.cpus().reduce((sum, { times: { user, nice, sys, irq } }) => sum + user + nice + sys + irq, 0);
}
