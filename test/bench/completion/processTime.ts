import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";

/** Linux counts a process's time in this many parts of a second, for every processor and configuration in use. */
const TICKS_PER_SECOND = 100;

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
    return (
      stdout
        .trim()
        .split(":")
        .reduce((total, part) => total * 60 + Number(part), 0) * 1000
    );
  }
  return undefined;
}

/** Share of one processor that this process and `others` use in the next `ms`, percent. */
export async function cpuPercent(ms: number, ...others: readonly number[]): Promise<number | undefined> {
  const all = (): Promise<(number | undefined)[]> => Promise.all(others.map(processMs));
  const own = process.cpuUsage();
  const before = await all();
  const since = performance.now();
  await sleep(ms);
  const { user, system } = process.cpuUsage(own);
  const after = await all();
  const wall = performance.now() - since;
  let used = (user + system) / 1000;
  for (const [index, end] of after.entries()) {
    const begin = before[index];
    if (end === undefined || begin === undefined) return undefined;
    used += end - begin;
  }
  return (used / wall) * 100;
}
