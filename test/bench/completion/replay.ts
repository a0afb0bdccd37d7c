import { setTimeout as sleep } from "node:timers/promises";
import type { EditorSnapshot } from "../../../src/completion/core/editorSnapshot";
import type { Assistant, Rules } from "./assistant";
import { DEADLINE_MS } from "./score";
import { applyEvent, snapshotOf, type TextState, textsAfterwards, type Trace, type TraceEvent } from "./trace";

/** One event of a trace as it went. Times are milliseconds since it. */
export interface Keystroke {
  readonly wanted: boolean;
  /** To the next event, by the trace; Infinity for the last. */
  readonly gapMs: number;
  /** When a text that fits was first shown, before the next event; 0 when one that stood there went on to fit. */
  readonly shownMs: number | null;
  /** When and why the assistant said that it has none, before the next event. */
  readonly declined: { readonly ms: number; readonly reason: string } | null;
  /** The last text shown before the next event. */
  readonly text: string | null;
  /** What stands there when the trace has ended. */
  readonly afterwards: string;
}

interface Window {
  readonly since: number;
  shownMs: number | null;
  declined: Keystroke["declined"];
  text: string | null;
}

/** A text shown at an offset of the document. */
interface Ghost {
  readonly offset: number;
  readonly text: string;
}

/** Before the first event: what an editor does with a file when it opens, and its assistants with it. */
const OPENED_MS = 500;

/** VS Code waits this long after a key before it asks anybody, ms (min and max of its InlineCompletionsDebounce). */
const EDITOR_WAIT_MS = 50;

/**
 * Types a trace in its own time and says when suggestions stood there. Like VS Code it tells of each change at once, asks
 * a moment later, and keeps showing the rest of a suggestion of which one types the beginning, whoever made it.
 */
export async function replay(
  trace: Trace,
  assistant: Assistant,
  rules: Rules,
  onProgress: (share: number) => void,
): Promise<Keystroke[]> {
  const afterwards = textsAfterwards(trace);
  const keystrokes: Keystroke[] = [];
  let state: TextState = { text: trace.text, cursor: 0 };
  let ghost: Ghost | null = null;
  let asked = new AbortController();
  let window: Window = newWindow();

  const show = (snapshot: EditorSnapshot, text: string): void => {
    ghost = { offset: state.cursor, text };
    window.shownMs ??= performance.now() - window.since;
    window.text = text;
    assistant.shown(beforeCursor(snapshot), text);
  };
  const ask = async (snapshot: EditorSnapshot, { signal }: AbortController, wait: number): Promise<void> => {
    const isPast = (): boolean => signal.aborted;
    await sleep(wait);
    if (isPast()) return;
    const answer = await assistant.suggest(snapshot, signal);
    // By now the person may have typed on: what comes then is never seen.
    if (isPast()) return;
    if ("text" in answer && answer.text.trim() !== "") show(snapshot, answer.text);
    else window.declined ??= { ms: performance.now() - window.since, reason: "none" in answer ? answer.none : "blank" };
  };
  const failures: unknown[] = [];
  const asking = (snapshot: EditorSnapshot, controller: AbortController, wait: number): void => {
    ask(snapshot, controller, wait).catch((error: unknown) => void failures.push(error));
  };

  assistant.open(snapshotOf(trace, state, 0));
  const started = performance.now() + OPENED_MS;
  let grown: (() => void) | undefined;
  const listener = assistant.onDidGrow(() => grown?.());
  try {
    for (const [index, event] of trace.events.entries()) {
      await sleep(Math.max(0, started + event.at - performance.now()));
      asked.abort();
      state = applyEvent(state, event);
      const snapshot = snapshotOf(trace, state, index + 1);
      const controller = new AbortController();
      asked = controller;
      window = newWindow();
      const rest = typedThrough(ghost, event);
      ghost = null;
      const wanted = event.kind === "insert" && rules.wanted(snapshot);
      if (rest !== "" && wanted) show(snapshot, rest);
      assistant.changed(snapshot, event.kind === "move" ? "move" : "edit");
      grown = wanted ? () => asking(snapshot, controller, 0) : undefined;
      if (wanted) asking(snapshot, controller, EDITOR_WAIT_MS);
      onProgress((index + 1) / trace.events.length);
      const next = trace.events[index + 1];
      const gapMs = next === undefined ? Infinity : next.at - event.at;
      const mine = window;
      await sleep(next === undefined ? DEADLINE_MS : Math.max(0, started + next.at - performance.now()));
      keystrokes.push({
        wanted,
        gapMs,
        shownMs: mine.shownMs,
        declined: mine.declined,
        text: mine.text,
        afterwards: afterwards[index] ?? "",
      });
      if (failures.length > 0) throw failures[0];
    }
  } finally {
    listener.dispose();
    asked.abort();
  }
  return keystrokes;
}

function newWindow(): Window {
  return { since: performance.now(), shownMs: null, declined: null, text: null };
}

/** What of a text is still to come after an event; empty when it does not go on as the text says. */
export function typedThrough(ghost: Ghost | null, event: TraceEvent): string {
  if (ghost === null || event.kind !== "insert" || event.offset !== ghost.offset) return "";
  // Of brackets that an editor inserts in pairs, the person typed what is left of the cursor.
  const typed = event.text.slice(0, event.cursor - event.offset);
  return ghost.text.startsWith(typed) ? ghost.text.slice(typed.length) : "";
}

function beforeCursor({ lines, cursor }: EditorSnapshot): string {
  let text = "";
  for (let line = 0; line < cursor.line; line++) text += `${lines.line(line)}\n`;
  return text + lines.line(cursor.line).slice(0, cursor.character);
}
