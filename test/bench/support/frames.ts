import type { CDPSession, Frame, Page } from "@playwright/test";
import {
  frameBudgetMs,
  type FrameParts,
  isScript,
  outermost,
  partsOf,
  type Span,
  spanOf,
  type TraceEvent,
} from "./frameParts";

/**
 * Script of one frame, milliseconds of the main thread's own processor time, so that other programs on the machine
 * don't count.
 */
export interface FrameScript {
  readonly frames: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  /** Frames with more than 16 ms. */
  readonly over: number;
  /** The longest by the clock, which goes on while other programs have the processor. */
  readonly maxWall: number;
  /** What the main thread did in the worst frame, style, layout and paint included. */
  readonly maxTask: number;
  /** The frames with the most script, longest first, and then those that took longest by the clock. */
  readonly longest: readonly FrameParts[];
}

const frameMark = "paddock-frame";
const longestKept = 5;

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
  const frames = byFrame(ours, begins);
  const spans = (of: (event: TraceEvent) => boolean): Span[] =>
    byFrame(outermost(ours.filter(of)), begins).map((events) => spanOf(events));
  const script = spans(isScript);
  const tasks = spans(({ name }) => name === "RunTask" || name === "ThreadControllerImpl::RunTask");
  const sorted = script.map(({ cpu }) => cpu).sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return {
    frames: sorted.length,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    max: at(1),
    over: sorted.filter((ms) => ms > frameBudgetMs).length,
    maxWall: Math.max(0, ...script.map(({ wall }) => wall)),
    maxTask: Math.max(0, ...tasks.map(({ cpu }) => cpu)),
    longest: longestOf(script).map((frame) => partsOf(frames[frame] ?? [], begins[frame] ?? 0, begins[0] ?? 0)),
  };
}

/** Those with the most script, longest first, and then those that took longest by the clock. */
function longestOf(script: readonly Span[]): number[] {
  const by = (of: (span: Span) => number): number[] =>
    script
      .map((span, frame) => ({ ms: of(span), frame }))
      .sort((a, b) => b.ms - a.ms)
      .slice(0, longestKept)
      .map(({ frame }) => frame);
  return [...new Set([...by(({ cpu }) => cpu), ...by(({ wall }) => wall)])];
}

/** What begins between one frame's begin and the next. */
function byFrame(events: readonly TraceEvent[], begins: readonly number[]): TraceEvent[][] {
  const groups = begins.map((): TraceEvent[] => []);
  let frame = 0;
  for (const event of [...events].sort((a, b) => a.ts - b.ts)) {
    while (frame + 1 < begins.length && (begins[frame + 1] ?? Infinity) <= event.ts) frame++;
    groups[frame]?.push(event);
  }
  return groups;
}
