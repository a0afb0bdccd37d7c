/** One event of Chromium's trace that has a length. Microseconds. */
export interface TraceEvent {
  readonly name: string;
  readonly cat: string;
  readonly ph: string;
  readonly ts: number;
  readonly tid: number;
  readonly pid: number;
  /** By the clock. */
  readonly dur?: number;
  /** By the thread's own processor time. */
  readonly tdur?: number;
  readonly args?: {
    readonly data?: {
      readonly functionName?: string;
      readonly url?: string;
      readonly lineNumber?: number;
      readonly type?: string;
    };
  };
}

/**
 * Milliseconds by the thread's own processor time, and by the clock. The clock has more where other programs had the
 * processor, and in a collection also where the thread waited for V8's helper threads, which need one, too.
 */
export interface Span {
  readonly cpu: number;
  readonly wall: number;
}

export const frameBudgetMs = 16;

/** What one frame consisted of. */
export interface FrameParts {
  /** When it began, seconds after the first. */
  readonly at: number;
  /** Tasks that are script, with all that lies in them, collecting garbage included. */
  readonly script: Span;
  /** The longest pieces of script, by the function that the browser called. */
  readonly calls: readonly (Span & { readonly name: string })[];
  /** Of the script: collecting garbage, inside its calls or as a task of its own. */
  readonly collecting: Span;
  /** The same by kind. */
  readonly garbage: readonly (Span & { readonly name: string })[];
  /** Style and layout that script asked for and waited for. */
  readonly forced: Span;
  /** Outside script: style, layout, paint and the like, and steps of marking in idle time. */
  readonly others: readonly (Span & { readonly name: string })[];
}

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
const styleAndLayout = new Set(["UpdateLayoutTree", "Layout"]);
const rendering = new Set(["UpdateLayoutTree", "Layout", "PrePaint", "Paint", "Layerize", "Commit", "HitTest"]);
/** V8's and Blink's own; the outermost of them are counted, so that phases count once. */
const garbage = /^(?:MajorGC|MinorGC|V8\.GC|BlinkGC|CppGC)/;
const longest = 4;

export const isScript = ({ name }: TraceEvent): boolean => scripts.has(name);

/** The events that have a length and lie in no other of them, in order. */
export function outermost(events: readonly TraceEvent[]): TraceEvent[] {
  let end = -Infinity;
  return events
    .filter(({ ph }) => ph === "X")
    .sort((a, b) => a.ts - b.ts || (b.dur ?? 0) - (a.dur ?? 0))
    .filter(({ ts, dur = 0 }) => {
      if (ts < end) return false;
      end = ts + dur;
      return true;
    });
}

export function spanOf(events: readonly TraceEvent[]): Span {
  let [cpu, wall] = [0, 0];
  for (const { dur = 0, tdur = dur } of events) {
    cpu += tdur / 1_000;
    wall += dur / 1_000;
  }
  return { cpu, wall };
}

/** @param events those of the page's main thread that begin in the frame. @param first when the first frame began. */
export function partsOf(events: readonly TraceEvent[], begin: number, first: number): FrameParts {
  const script = outermost(events.filter(isScript));
  const inScript = ({ ts }: TraceEvent): boolean =>
    script.some((outer) => ts >= outer.ts && ts < outer.ts + (outer.dur ?? 0));
  const isGarbage = ({ name }: TraceEvent): boolean => garbage.test(name);
  const isOther = (event: TraceEvent): boolean => rendering.has(event.name) || isGarbage(event);
  const collections = outermost(events.filter((event) => isGarbage(event) && inScript(event)));
  return {
    at: (begin - first) / 1_000_000,
    script: spanOf(script),
    calls: byName(
      script.filter((event) => !isGarbage(event)),
      (event) => calledBy(event, events),
    ),
    collecting: spanOf(collections),
    garbage: byName(collections),
    forced: spanOf(outermost(events.filter((event) => styleAndLayout.has(event.name) && inScript(event)))),
    others: byName(outermost(events.filter((event) => isOther(event) && !inScript(event)))),
  };
}

/** One line for the frame and one for each kind of thing it consisted of. */
export function describeParts(parts: FrameParts): string {
  const { at, script, calls, garbage: collected, forced, others } = parts;
  const list = (spans: FrameParts["calls"]): string =>
    spans.length === 0 ? "none" : spans.map((span) => `${span.name} ${inWords(span)}`).join("; ");
  return [
    `  at ${at.toFixed(1)} s: script ${inWords(script)}: ${verdict(parts)}`,
    `    calls: ${list(calls)}`,
    `    garbage collection: ${list(collected)}`,
    `    style and layout that script waited for: ${inWords(forced)}`,
    `    outside script: ${list(others)}`,
  ].join("\n");
}

function verdict({ script, collecting }: FrameParts): string {
  if (script.cpu <= frameBudgetMs) {
    const waited = `the thread waited ${(script.wall - script.cpu).toFixed(1)} ms for the processor or V8's helpers`;
    return script.wall > frameBudgetMs ? `within the budget; ${waited}` : "within the budget";
  }
  return collecting.cpu > script.cpu / 2 ? "mostly garbage collection" : "mostly the page's own work";
}

function inWords({ cpu, wall }: Span): string {
  return `${cpu.toFixed(1)} ms (${wall.toFixed(1)} by the clock)`;
}

function byName(
  events: readonly TraceEvent[],
  nameOf = ({ name }: TraceEvent): string => name,
): (Span & { name: string })[] {
  const groups = new Map<string, TraceEvent[]>();
  for (const event of events) groups.set(nameOf(event), [...(groups.get(nameOf(event)) ?? []), event]);
  return [...groups]
    .map(([name, group]) => ({ name: group.length === 1 ? name : `${group.length} x ${name}`, ...spanOf(group) }))
    .sort((a, b) => b.cpu - a.cpu)
    .slice(0, longest);
}

/** The task, and the longest function call in it. */
function calledBy(task: TraceEvent, events: readonly TraceEvent[]): string {
  const end = task.ts + (task.dur ?? 0);
  const call = events
    .filter(({ name, ts, args }) => name === "FunctionCall" && ts >= task.ts && ts < end && args?.data !== undefined)
    .sort((a, b) => (b.dur ?? 0) - (a.dur ?? 0))[0]?.args?.data;
  const kind = task.args?.data?.type ?? task.name;
  if (call === undefined) return kind;
  const { functionName = "", url = "", lineNumber = 0 } = call;
  const file = url.slice(url.lastIndexOf("/") + 1);
  return `${kind} > ${functionName || "(anonymous)"} ${file}:${lineNumber}`;
}
