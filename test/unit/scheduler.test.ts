import { describe, expect, it } from "vitest";
import { priorities } from "../../src/engine/backend";
import { CrashBudget } from "../../src/engine/client/crashBudget";
import { Scheduler } from "../../src/engine/client/scheduler";
import { RequestTimer } from "../../src/engine/process/timer";
import { seededRandom } from "../support/random";

const signal = new AbortController().signal;
const tick = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("Scheduler", () => {
  it("pauses what runs for what is more urgent and lets it go on afterwards", async () => {
    const scheduler = new Scheduler();
    const events: string[] = [];
    let endChat = (): void => undefined;
    const control = { pause: () => events.push("pause"), resume: () => events.push("resume") };
    const chat = scheduler.run(
      { priority: "chat" },
      signal,
      control,
      () => new Promise<void>((resolve) => (endChat = resolve)),
    );
    await tick();
    await scheduler.run({ priority: "completion" }, signal, { pause: () => undefined, resume: () => undefined }, () => {
      events.push("completion");
      return Promise.resolve();
    });
    expect(events).toEqual(["pause", "completion", "resume"]);
    endChat();
    await chat;
    expect(scheduler.size).toBe(0);
  });

  it("lets what has become urgent go before what was more urgent until then", async () => {
    const scheduler = new Scheduler();
    const events: string[] = [];
    const urgent = new AbortController();
    const ends: (() => void)[] = [];
    const job = (name: string, priority: "chat" | "prefetch", signalled?: AbortSignal): Promise<void> =>
      scheduler.run(
        { priority, urgent: signalled },
        signal,
        { pause: () => events.push(`${name} pauses`), resume: () => events.push(`${name} resumes`) },
        () => {
          events.push(`${name} begins`);
          return new Promise<void>((resolve) => ends.push(resolve));
        },
      );
    const prefetch = job("prefetch", "prefetch", urgent.signal);
    await tick();
    const chat = job("chat", "chat");
    await tick();
    urgent.abort();
    expect(events).toEqual(["prefetch begins", "prefetch pauses", "chat begins", "chat pauses", "prefetch resumes"]);
    for (const end of ends) end();
    await Promise.all([prefetch, chat]);
    const late = job("late", "prefetch", urgent.signal);
    await tick();
    const other = job("other", "chat");
    await tick();
    expect(events.slice(-1)).toEqual(["late begins"]);
    ends.at(-1)?.();
    await late;
    await tick();
    ends.at(-1)?.();
    await other;
  });

  it("holds its jobs while another window has the turn, and says what it wants", async () => {
    const listeners = new Set<() => void>();
    const wants: (number | null)[] = [];
    const turns = {
      granted: false,
      want: (rank: number | null) => void wants.push(rank),
      onDidChange: (listener: () => void) => {
        listeners.add(listener);
        return { dispose: () => listeners.delete(listener) };
      },
    };
    const turn = (granted: boolean): void => {
      turns.granted = granted;
      for (const listener of listeners) listener();
    };
    const scheduler = new Scheduler(turns);
    const events: string[] = [];
    let end = (): void => undefined;
    const control = { pause: () => events.push("pause"), resume: () => events.push("resume") };
    const chat = scheduler.run({ priority: "chat" }, signal, control, () => {
      events.push("begun");
      return new Promise<void>((resolve) => (end = resolve));
    });
    await tick();
    expect(events).toEqual([]);
    turn(true);
    await tick();
    turn(false);
    turn(true);
    expect(events).toEqual(["begun", "pause", "resume"]);
    turn(false);
    const abort = new AbortController();
    const waiting = scheduler.run({ priority: "completion" }, abort.signal, control, () => Promise.resolve());
    expect(wants.at(-1)).toBe(priorities.indexOf("completion"));
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    end();
    await chat;
    expect(wants.at(-1)).toBeNull();
  });

  it("lets a waiting job leave at once when it is cancelled, and a paused one look up", async () => {
    const scheduler = new Scheduler();
    let end = (): void => undefined;
    const none = { pause: () => undefined, resume: () => undefined };
    const first = scheduler.run(
      { priority: "completion" },
      signal,
      none,
      () => new Promise<void>((resolve) => (end = resolve)),
    );
    const abort = new AbortController();
    const waiting = scheduler.run({ priority: "chat" }, abort.signal, none, () => Promise.resolve());
    abort.abort();
    await expect(waiting).rejects.toMatchObject({ code: "cancelled" });
    end();
    await first;
  });

  it("never runs a job while a more urgent one waits, and settles every job (300 random ones)", async () => {
    const random = seededRandom(7);
    const scheduler = new Scheduler();
    const active = new Map<number, { rank: number; running: boolean }>();
    const jobs = Array.from({ length: 300 }, async (_, index) => {
      const rank = Math.floor(random() * priorities.length);
      const steps = 1 + Math.floor(random() * 5);
      const abort = new AbortController();
      if (random() < 0.2) setTimeout(() => abort.abort(), random() * 50);
      // One that is cancelled waits for nothing any more.
      abort.signal.addEventListener("abort", () => active.delete(index));
      await new Promise((resolve) => setTimeout(resolve, random() * 60));
      const entry = { rank, running: false };
      if (!abort.signal.aborted) active.set(index, entry);
      const control = { pause: () => (entry.running = false), resume: () => (entry.running = true) };
      await scheduler
        .run({ priority: priorities[rank] ?? "measuring" }, abort.signal, control, async () => {
          entry.running = true;
          for (let step = 0; step < steps && !abort.signal.aborted; step++) {
            const running = [...active.values()].filter((other) => other.running);
            expect(running.length).toBeLessThanOrEqual(1);
            for (const other of active.values())
              for (const one of running) expect(other.rank >= one.rank || other.running).toBe(true);
            await tick();
          }
          active.delete(index);
        })
        .catch((error: unknown) => expect(error).toMatchObject({ code: "cancelled" }));
      active.delete(index);
    });
    await Promise.all(jobs);
    expect(scheduler.size).toBe(0);
  });
});

describe("CrashBudget", () => {
  it("restarts at once, then slower, and gives up at the fifth crash within three minutes", () => {
    const budget = new CrashBudget();
    const verdicts = [0, 1000, 2000, 3000].map((at) => budget.crashed(at));
    expect(verdicts.map((verdict) => verdict.restart && verdict.delayMs)).toEqual([0, 250, 1000, 2000]);
    expect(budget.crashed(4000)).toEqual({ restart: false });
    budget.forget();
    expect(budget.crashed(5000)).toMatchObject({ restart: true, attempt: 1 });
  });

  it("forgets crashes that are older than three minutes", () => {
    const budget = new CrashBudget();
    for (let crash = 0; crash < 20; crash++) expect(budget.crashed(crash * 60_000).restart).toBe(true);
  });
});

describe("RequestTimer", () => {
  it("keeps pp and tg apart, and pauses out of both", () => {
    let now = 0;
    const timer = new RequestTimer(0, () => now);
    now = 50;
    timer.promptBegins(100, 20);
    now = 250;
    timer.pausedFor(100);
    now = 650;
    timer.token();
    for (let token = 0; token < 10; token++) {
      now += 20;
      if (token === 4) {
        now += 1000;
        timer.pausedFor(1000);
      }
      timer.token();
    }
    expect(timer.finish()).toMatchObject({
      queue_ms: 50,
      prompt_n: 100,
      cache_n: 20,
      prompt_ms: 500,
      prompt_per_second: 200,
      predicted_n: 11,
      predicted_ms: 200,
      predicted_per_second: 50,
      tpot_ms: 20,
      ttft_ms: 650,
      paused_ms: 1100,
      itl_ms: { p50: 20, p95: 20, p99: 20 },
    });
  });

  it("says what of it was reasoning, pauses left out", () => {
    let now = 0;
    const timer = new RequestTimer(0, () => now);
    timer.promptBegins(10, 0);
    for (let token = 0; token < 10; token++) {
      now += 20;
      if (token === 3) {
        now += 500;
        timer.pausedFor(500);
      }
      timer.token();
      if (token < 6) timer.reasoned();
    }
    // The first token's own time is prompt processing.
    expect(timer.finish()).toMatchObject({ predicted_n: 10, predicted_ms: 180, reasoning_n: 6, reasoning_ms: 100 });
    const plain = new RequestTimer(0, () => now);
    plain.token();
    expect(plain.finish()).not.toHaveProperty("reasoning_n");
  });

  it("claims no speed where there is none", () => {
    const timer = new RequestTimer(0, () => 0);
    expect(timer.finish()).toMatchObject({
      prompt_per_second: null,
      predicted_per_second: null,
      ttft_ms: null,
      itl_ms: null,
    });
  });
});
