import type { CDPSession, Frame, Page } from "@playwright/test";

/** Script of one frame, milliseconds of the main thread's own time, so that other programs on the machine don't count. */
export interface FrameScript {
  readonly frames: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Frames with more than 16 ms. */
  readonly over: number;
  /** What the main thread did in the worst frame, style, layout and paint included. */
  readonly maxTask: number;
}

interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly ts: number;
  readonly tid: number;
  readonly pid: number;
  readonly dur?: number;
  readonly tdur?: number;
}

export const frameBudgetMs = 16;
const frameMark = "paddock-frame";
/** The tasks that are script; what lies inside another is counted with it. */
const scripts = new Set([
  "FunctionCall",
  "EvaluateScript",
  "RunMicrotasks",
  "FireAnimationFrame",
  "TimerFire",
  "EventDispatch",
  "HandlePostMessage",
  "MajorGC",
  "MinorGC",
]);

/** Runs `work` and says how much script each frame of it took. Frames are what requestAnimationFrame counts. */
export async function measureFrames(page: Page, frame: Frame, work: () => Promise<void>): Promise<FrameScript> {
  const session = await page.context().newCDPSession(page);
  await frame.evaluate((mark) => {
    const scope = window as unknown as { benchFrames?: number };
    const tick = (): void => {
      performance.mark(mark);
      performance.clearMarks(mark);
      scope.benchFrames = requestAnimationFrame(tick);
    };
    scope.benchFrames = requestAnimationFrame(tick);
  }, frameMark);
  const events = await traced(session, work);
  await frame.evaluate(() => {
    cancelAnimationFrame((window as unknown as { benchFrames: number }).benchFrames);
  });
  await session.detach();
  return perFrame(events);
}

async function traced(session: CDPSession, work: () => Promise<void>): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  session.on("Tracing.dataCollected", ({ value }) => events.push(...(value as unknown as TraceEvent[])));
  const complete = new Promise<void>((resolve) => session.once("Tracing.tracingComplete", () => resolve()));
  await session.send("Tracing.start", {
    transferMode: "ReportEvents",
    traceConfig: { includedCategories: ["devtools.timeline", "blink.user_timing", "v8", "toplevel"] },
  });
  await work();
  await session.send("Tracing.end");
  await complete;
  return events;
}

function perFrame(events: readonly TraceEvent[]): FrameScript {
  const marks = events.filter(({ name, cat }) => name === frameMark && cat.includes("user_timing"));
  const thread = marks[0];
  if (thread === undefined || marks.length < 10) throw new Error("The trace holds no frames.");
  const ours = events.filter(({ tid, pid }) => tid === thread.tid && pid === thread.pid);
  const begins = marks.map(({ ts }) => ts).sort((a, b) => a - b);
  const script = sums(outermost(ours.filter(({ name }) => scripts.has(name))), begins);
  const tasks = sums(
    outermost(ours.filter(({ name }) => name === "RunTask" || name === "ThreadControllerImpl::RunTask")),
    begins,
  );
  const sorted = [...script].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    frames: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    over: sorted.filter((ms) => ms > frameBudgetMs).length,
    maxTask: Math.max(0, ...tasks),
  };
}

function outermost(events: readonly TraceEvent[]): TraceEvent[] {
  let end = -Infinity;
  return [...events]
    .filter(({ ph }) => ph === "X")
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
    .filter(({ ts, dur = 0 }) => {
      if (ts < end) return false;
      end = ts + dur;
      return true;
    });
}

/** Milliseconds between one frame's begin and the next. */
function sums(events: readonly TraceEvent[], begins: readonly number[]): number[] {
  const totals = begins.map(() => 0);
  let frame = 0;
  for (const { ts, dur = 0, tdur = dur } of events) {
    while (frame + 1 < begins.length && (begins[frame + 1] ?? Infinity) <= ts) frame++;
    totals[frame] = (totals[frame] ?? 0) + tdur / 1_000;
  }
  return totals;
}
