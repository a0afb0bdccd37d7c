import { expect, it } from "vitest";
import { describeParts, partsOf, type TraceEvent } from "../bench/support/frameParts";

const event = (name: string, ts: number, dur: number, tdur = dur, args: TraceEvent["args"] = {}): TraceEvent => ({
  name,
  cat: "devtools.timeline",
  ph: "X",
  ts: ts * 1_000,
  dur: dur * 1_000,
  tdur: tdur * 1_000,
  pid: 1,
  tid: 1,
  args,
});
const describe = (...events: TraceEvent[]): string => describeParts(partsOf(events, 2_000_000, 0));

it("names the function that the browser called, and what script waited for", () => {
  const call = { data: { functionName: "grown", url: "http://x/chat.js", lineNumber: 7 } };
  const text = describe(
    event("EventDispatch", 0, 20, 18, { data: { type: "scroll" } }),
    event("FunctionCall", 1, 18, 17, call),
    event("Layout", 2, 5),
    event("Layout", 30, 4),
  );
  expect(text).toContain("at 2.0 s: script 18.0 ms (20.0 by the clock): mostly the page's own work");
  expect(text).toContain("calls: scroll > grown chat.js:7 18.0 ms");
  expect(text).toContain("style and layout that script waited for: 5.0 ms");
  expect(text).toContain("outside script: Layout 4.0 ms");
});

it("tells a collection from the page's own work, each phase counted once", () => {
  const text = describe(event("TimerFire", 0, 2), event("MajorGC", 3, 17), event("V8.GCFinalizeMC", 4, 15));
  expect(text).toContain("script 19.0 ms (19.0 by the clock): mostly garbage collection");
  expect(text).toContain("garbage collection: MajorGC 17.0 ms");
});

it("counts marking between tasks as no script", () => {
  const text = describe(event("TimerFire", 0, 2), event("V8.GCIncrementalMarking", 3, 17));
  expect(text).toContain("script 2.0 ms (2.0 by the clock): within the budget");
  expect(text).toContain("outside script: V8.GCIncrementalMarking 17.0 ms");
});

it("says where the clock went on while the thread waited", () => {
  const text = describe(event("TimerFire", 0, 40, 6));
  expect(text).toContain("within the budget; the thread waited 34.0 ms for the processor or V8's helpers");
});
