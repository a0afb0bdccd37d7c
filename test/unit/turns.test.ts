import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { MachineTurns } from "../../src/engine/client/machineTurns";
import { turnsPath } from "../../src/engine/client/turnsPath";
import { TurnQueue } from "../../src/engine/turns";
import { silentLogger } from "../../src/platform/core/logger";
import { seededRandom } from "../support/random";

describe("TurnQueue", () => {
  it("gives the turn to the most urgent at once, and back to whom it was taken from", () => {
    const queue = new TurnQueue<string>(1000);
    queue.want("a", 1, 0);
    queue.want("b", 1, 10);
    expect(queue.holder).toBe("a");
    queue.want("c", 0, 100);
    expect(queue.holder).toBe("c");
    queue.want("c", null, 200);
    expect(queue.holder).toBe("a");
  });

  it("lets equals take turns, whoever has waited longest first", () => {
    const queue = new TurnQueue<string>(1000);
    queue.want("a", 1, 0);
    expect(queue.nextChange(0)).toBeUndefined();
    queue.want("b", 1, 100);
    queue.want("c", 1, 200);
    expect(queue.nextChange(300)).toBe(700);
    const order: (string | undefined)[] = [];
    for (let now = 1000; now <= 7000; now += 1000) {
      queue.decide(now);
      order.push(queue.holder);
    }
    expect(order).toEqual(["b", "c", "a", "b", "c", "a", "b"]);
  });

  it("never leaves the machine idle while somebody wants it, nor lets a less urgent one have it (2,000 steps)", () => {
    const random = seededRandom(11);
    const queue = new TurnQueue<number>(50);
    const ranks = new Map<number, number>();
    for (let step = 0; step < 2000; step++) {
      const id = Math.floor(random() * 5);
      if (random() < 0.4) {
        ranks.delete(id);
        queue.want(id, null, step);
      } else {
        const rank = Math.floor(random() * 4);
        ranks.set(id, rank);
        queue.want(id, rank, step);
      }
      if (ranks.size === 0) expect(queue.holder).toBeUndefined();
      else expect(ranks.get(queue.holder ?? -1)).toBe(Math.min(...ranks.values()));
    }
  });
});

describe("MachineTurns", () => {
  let folder: string;
  let windows: MachineTurns[];
  const open = (sliceMs = 60): MachineTurns => {
    const place = process.platform === "win32" ? `\\\\.\\pipe\\${path.basename(folder)}` : path.join(folder, "turns");
    const turns = new MachineTurns({ path: () => Promise.resolve(place), log: silentLogger, sliceMs });
    windows.push(turns);
    return turns;
  };
  const keeper = async (): Promise<MachineTurns> => {
    const first = open();
    await vi.waitFor(() => expect(first.keeps).toBe(true));
    return first;
  };
  const follower = async (sliceMs?: number): Promise<MachineTurns> => {
    const next = open(sliceMs);
    // Connected: the turn is given, not taken.
    await vi.waitFor(() => expect(next.granted).toBe(false));
    return next;
  };
  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), "paddock-turns-"));
    windows = [];
  });
  afterEach(async () => {
    for (const window of windows) window.dispose();
    await rm(folder, { recursive: true, force: true });
  });

  it("gives a window that is alone its turn without asking anybody", async () => {
    const alone = open();
    alone.want(1);
    expect(alone.granted).toBe(true);
    await vi.waitFor(() => expect(alone.keeps).toBe(true));
    expect(alone.granted).toBe(true);
  });

  it("stops one window for another's more urgent work, both ways", async () => {
    const first = await keeper();
    const second = await follower();
    first.want(1);
    second.want(0);
    await vi.waitFor(() => expect([first.granted, second.granted]).toEqual([false, true]));
    second.want(null);
    await vi.waitFor(() => expect([first.granted, second.granted]).toEqual([true, false]));
    first.want(null);
    second.want(1);
    await vi.waitFor(() => expect(second.granted).toBe(true));
    first.want(0);
    expect(first.granted).toBe(true);
    await vi.waitFor(() => expect(second.granted).toBe(false));
  });

  it("gives each of several equals its turns", async () => {
    const first = await keeper();
    const second = await follower();
    const third = await follower();
    const all = [first, second, third];
    const turns = new Map(all.map((window) => [window, 0]));
    for (const window of all)
      window.onDidChange(() => window.granted && turns.set(window, (turns.get(window) ?? 0) + 1));
    for (const window of all) window.want(1);
    await vi.waitFor(() => expect(Math.min(...turns.values())).toBeGreaterThanOrEqual(2), { timeout: 5_000 });
  });

  it("goes on when the window that hands them out goes, with another one in its place", async () => {
    const first = await keeper();
    const second = await follower();
    const third = await follower();
    first.dispose();
    await vi.waitFor(() => expect([second, third].filter(({ keeps }) => keeps)).toHaveLength(1), { timeout: 15_000 });
    const [next = second] = [second, third].filter(({ keeps }) => keeps);
    const other = next === second ? third : second;
    await vi.waitFor(() => expect(other.granted).toBe(false), { timeout: 15_000 });
    other.want(1);
    await vi.waitFor(() => expect(other.granted).toBe(true));
  });

  it("takes over a socket that a killed window left behind", async () => {
    if (process.platform === "win32") return;
    const place = path.join(folder, "turns");
    const child = spawn(process.execPath, ["-e", `require("net").createServer().listen(${JSON.stringify(place)})`]);
    await vi.waitFor(() => expect(existsSync(place)).toBe(true), { timeout: 5_000 });
    child.kill("SIGKILL");
    await new Promise((resolve) => child.on("exit", resolve));
    expect(existsSync(place)).toBe(true);
    expect((await keeper()).granted).toBe(true);
  });

  it("waits for nobody that hangs", { timeout: 20_000 }, async () => {
    const first = await keeper();
    first.want(1);
    // Connects, wants the turn more than anybody, and never says a word again.
    const socket = connect(path.join(folder, "turns"));
    await new Promise((resolve) => socket.once("connect", resolve));
    const body = JSON.stringify({ jsonrpc: "2.0", method: "want", params: { rank: 0 } });
    socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    await vi.waitFor(() => expect(first.granted).toBe(false), { timeout: 2_000 });
    await vi.waitFor(() => expect(first.granted).toBe(true), { timeout: 8_000 });
    socket.destroy();
  });

  it("computes without asking where there is no place to meet, and drops nonsense", async () => {
    const lost = new MachineTurns({ path: () => Promise.reject(new Error("no folder")), log: silentLogger });
    windows.push(lost);
    await new Promise((resolve) => setTimeout(resolve, 50));
    lost.want(2);
    expect(lost.granted).toBe(true);
    const first = await keeper();
    const socket = connect(path.join(folder, "turns"));
    await new Promise((resolve) => socket.once("connect", resolve));
    const body = JSON.stringify({ jsonrpc: "2.0", method: "want", params: { rank: "everything" } });
    socket.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
    first.want(3);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(first.granted).toBe(true);
    socket.destroy();
  });
});

describe("turnsPath", () => {
  it("is short, and in a folder that nobody else may enter", async () => {
    const runtime = await mkdtemp(path.join(os.tmpdir(), "paddock-runtime-"));
    try {
      const place = await turnsPath({ XDG_RUNTIME_DIR: runtime }, "linux");
      expect(place.startsWith(runtime)).toBe(true);
      expect(place.length - runtime.length).toBeLessThan(40);
      await chmod(path.dirname(place), 0o755);
      await expect(turnsPath({ XDG_RUNTIME_DIR: runtime }, "linux")).rejects.toThrow("alone");
      await rm(path.dirname(place), { recursive: true });
      await writeFile(path.dirname(place), "");
      await expect(turnsPath({ XDG_RUNTIME_DIR: runtime }, "linux")).rejects.toThrow();
    } finally {
      await rm(runtime, { recursive: true, force: true });
    }
  });
});
