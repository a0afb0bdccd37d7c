import type { Conversation, Message, Part } from "./conversation";
import type { Entry, EntryDraft, TitleSource } from "./journal";
import type { ConversationSettings } from "./conversationSettings";
import { appendText, joinParts, truncateParts } from "./parts";
import type { PromptReport } from "./promptReport";

/** Whether the writer still runs, somewhere: a message it was streaming is then still coming. */
export type IsLive = (writer: string) => boolean;

export type TitleRank = TitleSource | "person";
/** What comes first has the word. */
const titleRanks: readonly TitleRank[] = ["person", "model", "question"];

type RunEnd = Extract<Entry, { t: "end" }>;

interface Run {
  readonly writer: string;
  readonly at: number;
  readonly kept: number;
  readonly model: string | undefined;
  parts: Part[];
  end: RunEnd | undefined;
  prompt: PromptReport | undefined;
}

interface FoldedMessage {
  readonly entry: Extract<Entry, { t: "message" }>;
  /** In order of (at, writer); the last one has the word. */
  readonly runs: Run[];
  /** What it comes to, once nothing more can come into its runs: the same object each time, until a run begins anew. */
  made?: Message;
}

/** The last writer wins, by time and then by name, so that every window comes to the same result. */
interface Register<T> {
  readonly at: number;
  readonly writer: string;
  readonly value: T;
}

/**
 * Entries in, conversation out. The result depends on each writer's own order only, not on how the writers'
 * entries interleave: a window that applies its own entry before it reads another's earlier one still agrees
 * with every other window.
 */
export class JournalFold {
  private readonly messages = new Map<string, FoldedMessage>();
  private readonly currentRun = new Map<string, Run>();
  private readonly lastSeen = new Map<string, number>();
  private createdAt = Number.POSITIVE_INFINITY;
  private firstAt = Number.POSITIVE_INFINITY;
  private contentAt = 0;
  private latest = 0;
  /** A title by the person comes before one by a model, and that before the first question's, whichever is later. */
  private readonly titles = new Map<TitleRank, Register<string>>();
  private pin: Register<boolean> | undefined;
  private leaf: Register<string> | undefined;
  private lastMessage: Register<string> | undefined;
  private removed: Register<boolean> | undefined;
  private settings: Register<ConversationSettings> | undefined;
  /** Lines that were torn or no entries at all. */
  unreadable = 0;
  /** Lines of a newer Paddock, left alone. */
  newer = 0;

  /** True when the entry was new; one that was seen before changes nothing. */
  apply(entry: Entry): boolean {
    if (entry.n <= (this.lastSeen.get(entry.w) ?? -1)) return false;
    this.lastSeen.set(entry.w, entry.n);
    if ("at" in entry) {
      this.latest = Math.max(this.latest, entry.at);
      this.firstAt = Math.min(this.firstAt, entry.at);
    }
    switch (entry.t) {
      case "created":
        this.createdAt = Math.min(this.createdAt, entry.at);
        break;
      case "title": {
        const rank = entry.by ?? "person";
        this.titles.set(rank, later(this.titles.get(rank), { at: entry.at, writer: entry.w, value: entry.title }));
        break;
      }
      case "pinned":
        this.pin = later(this.pin, { at: entry.at, writer: entry.w, value: entry.pinned });
        break;
      case "message":
        this.addMessage(entry);
        break;
      case "resume":
        this.resume(entry);
        break;
      case "text":
      case "reasoning": {
        const run = this.currentRun.get(entry.w);
        if (run !== undefined && run.end === undefined) run.parts = appendText(run.parts, entry.t, entry.x);
        break;
      }
      case "part": {
        const run = this.currentRun.get(entry.w);
        if (run !== undefined && run.end === undefined) run.parts = [...run.parts, entry.part];
        break;
      }
      case "end": {
        const run = this.currentRun.get(entry.w);
        if (run !== undefined && run.end === undefined) {
          run.end = entry;
          if (entry.parts !== undefined) run.parts = entry.parts;
          this.contentAt = Math.max(this.contentAt, entry.at);
        }
        break;
      }
      case "prompt": {
        const run = this.currentRun.get(entry.w);
        if (run !== undefined && run.end === undefined) run.prompt = entry.report;
        break;
      }
      case "settings":
        this.settings = later(this.settings, { at: entry.at, writer: entry.w, value: entry.settings });
        break;
      case "leaf":
        this.leaf = later(this.leaf, { at: entry.at, writer: entry.w, value: entry.id });
        break;
      case "removed":
      case "restored":
        this.removed = later(this.removed, { at: entry.at, writer: entry.w, value: entry.t === "removed" });
        break;
    }
    return true;
  }

  /** Time of the latest entry: what comes next is stamped later than this, whatever the clock says. */
  get latestAt(): number {
    return this.latest;
  }

  get isEmpty(): boolean {
    return this.latest === 0 && this.messages.size === 0;
  }

  get removedAt(): number | null {
    return this.removed?.value === true ? this.removed.at : null;
  }

  /** Where the title is from; undefined where there is none. */
  get titleRank(): TitleRank | undefined {
    return titleRanks.find((rank) => this.titles.has(rank));
  }

  get pinned(): boolean {
    return this.pin?.value ?? false;
  }

  /** Whose run has the word in this message, while it has not ended. */
  streamingWriter(message: string): string | undefined {
    const run = this.messages.get(message)?.runs.at(-1);
    return run === undefined || run.end !== undefined ? undefined : run.writer;
  }

  /** Messages that some writer has begun and not ended. */
  openMessages(): { readonly message: string; readonly writer: string }[] {
    const open: { message: string; writer: string }[] = [];
    for (const message of this.messages.keys()) {
      const writer = this.streamingWriter(message);
      if (writer !== undefined) open.push({ message, writer });
    }
    return open;
  }

  conversation(id: string, isLive: IsLive): Conversation {
    const messages = new Map<string, Message>();
    for (const [key, folded] of this.messages) messages.set(key, toMessage(folded, isLive));
    const createdAt = firstFinite(this.createdAt, this.firstAt);
    return {
      id,
      title: this.title(),
      createdAt,
      updatedAt: Math.max(this.contentAt, createdAt),
      messages,
      leaf: this.shownLeaf(),
      settings: this.settings?.value ?? {},
    };
  }

  summary(): {
    readonly title: string;
    readonly updatedAt: number;
    readonly removedAt: number | null;
    readonly pinned: boolean;
  } {
    return {
      pinned: this.pinned,
      title: this.title(),
      updatedAt: Math.max(this.contentAt, firstFinite(this.createdAt, this.firstAt)),
      removedAt: this.removedAt,
    };
  }

  /**
   * The drafts that make the same conversation anew, for a file that vanished under the window.
   * @param isStreaming messages this window still writes; their run is left open as the last draft.
   */
  drafts(isStreaming: (message: string) => boolean): EntryDraft[] {
    const drafts: EntryDraft[] = [{ t: "created", at: firstFinite(this.createdAt, this.firstAt) }];
    const open: EntryDraft[] = [];
    for (const folded of this.messages.values()) {
      const { id, parent, role, at, parts, model } = folded.entry;
      const run = folded.runs.at(-1);
      const start: EntryDraft = {
        t: "message",
        at: run?.at ?? at,
        id,
        parent,
        role,
        parts: role === "user" ? parts : [],
        ...(model === undefined ? {} : { model }),
      };
      if (run === undefined) {
        drafts.push(start);
        continue;
      }
      const made = runParts(folded);
      const prompt: EntryDraft[] = run.prompt === undefined ? [] : [{ t: "prompt", at: run.at, report: run.prompt }];
      if (isStreaming(id)) {
        open.push(start, ...prompt);
        for (const part of made) {
          if (part.type === "text" || part.type === "reasoning") open.push({ t: part.type, x: part.text });
          else open.push({ t: "part", part });
        }
        continue;
      }
      const { status, error, timings, machine, stopReason, at: endAt } = run.end ?? brokenOff(run);
      drafts.push(start, ...prompt, {
        t: "end",
        at: endAt,
        status,
        parts: made,
        ...(error === undefined ? {} : { error }),
        ...(timings === undefined ? {} : { timings }),
        ...(machine === undefined ? {} : { machine }),
        ...(stopReason === undefined ? {} : { stopReason }),
      });
    }
    for (const [rank, { at, value }] of this.titles) {
      drafts.push({ t: "title", at, title: value, ...(rank === "person" ? {} : { by: rank }) });
    }
    if (this.pin !== undefined) drafts.push({ t: "pinned", at: this.pin.at, pinned: this.pin.value });
    if (this.settings !== undefined)
      drafts.push({ t: "settings", at: this.settings.at, settings: this.settings.value });
    if (this.leaf !== undefined) drafts.push({ t: "leaf", at: this.leaf.at, id: this.leaf.value });
    if (this.removed !== undefined)
      drafts.push({ t: this.removed.value ? "removed" : "restored", at: this.removed.at });
    return [...drafts, ...open];
  }

  private title(): string {
    const rank = this.titleRank;
    return (rank === undefined ? undefined : this.titles.get(rank)?.value) ?? "";
  }

  private addMessage(entry: Extract<Entry, { t: "message" }>): void {
    this.contentAt = Math.max(this.contentAt, entry.at);
    let message = this.messages.get(entry.id);
    if (message === undefined) {
      message = { entry, runs: [] };
      this.messages.set(entry.id, message);
    }
    this.lastMessage = later(this.lastMessage, { at: entry.at, writer: entry.w, value: entry.id });
    if (entry.role === "assistant") this.startRun(message, entry, 0, entry.parts);
  }

  private resume(entry: Extract<Entry, { t: "resume" }>): void {
    this.contentAt = Math.max(this.contentAt, entry.at);
    const message = this.messages.get(entry.id);
    // Without its message (a torn line) the run has no place, and its text must not go into an earlier one.
    if (message?.entry.role === "assistant") this.startRun(message, entry, entry.kept, []);
    else this.currentRun.delete(entry.w);
  }

  private startRun(
    message: FoldedMessage,
    { w: writer, at, model }: Extract<Entry, { t: "message" | "resume" }>,
    kept: number,
    parts: Part[],
  ): void {
    const run: Run = { writer, at, kept, model, parts, end: undefined, prompt: undefined };
    this.currentRun.set(writer, run);
    delete message.made;
    let index = message.runs.length;
    while (index > 0 && isLater(message.runs[index - 1], run)) index--;
    message.runs.splice(index, 0, run);
  }

  private shownLeaf(): string | null {
    const moved = this.leaf !== undefined && this.messages.has(this.leaf.value) ? this.leaf : undefined;
    if (moved !== undefined && this.lastMessage !== undefined) return later(this.lastMessage, moved).value;
    return (moved ?? this.lastMessage)?.value ?? null;
  }
}

function toMessage(folded: FoldedMessage, isLive: IsLive): Message {
  if (folded.made !== undefined) return folded.made;
  const message = makeMessage(folded, isLive);
  if (folded.runs.every(({ end }) => end !== undefined)) folded.made = message;
  return message;
}

function makeMessage(folded: FoldedMessage, isLive: IsLive): Message {
  const { id, parent, role, at, parts } = folded.entry;
  const run = folded.runs.at(-1);
  if (run === undefined) return { id, parent, role, at, parts, status: "complete" };
  const end = run.end;
  const status = end?.status ?? (isLive(run.writer) ? "streaming" : "interrupted");
  return {
    id,
    parent,
    role,
    at,
    parts: runParts(folded),
    status,
    ...(run.model === undefined ? {} : { model: run.model }),
    ...(end?.error === undefined ? {} : { error: end.error }),
    ...(end?.timings === undefined ? {} : { timings: end.timings }),
    ...(end?.machine === undefined ? {} : { machine: end.machine }),
    ...(end?.stopReason === undefined ? {} : { stopReason: end.stopReason }),
    ...(run.prompt === undefined ? {} : { prompt: run.prompt }),
  };
}

function runParts(folded: FoldedMessage): Part[] {
  return folded.runs.reduce<Part[]>((made, run) => joinParts(truncateParts(made, run.kept), run.parts), []);
}

function isLater(a: Pick<Run, "at" | "writer"> | undefined, b: Pick<Run, "at" | "writer">): boolean {
  return a !== undefined && (a.at > b.at || (a.at === b.at && a.writer > b.writer));
}

function later<T>(current: Register<T> | undefined, next: Register<T>): Register<T> {
  return current !== undefined && isLater(current, next) ? current : next;
}

function brokenOff({ at }: Run): Pick<RunEnd, "status" | "at" | "error" | "timings" | "machine" | "stopReason"> {
  return { status: "interrupted", at };
}

function firstFinite(...values: number[]): number {
  return values.find(Number.isFinite) ?? 0;
}
