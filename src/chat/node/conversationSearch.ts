import { isCancellation } from "../../platform/core/errors";
import type { Event } from "../../platform/core/event";
import { type Disposable, DisposableStore, toDisposable } from "../../platform/core/disposables";
import { Breath } from "../../platform/node/breath";
import type { Conversation } from "../core/conversation";
import { foldText, marksIn, queryTerms, type Snippet, snippetOf } from "../core/foldText";
import { searchedMessages } from "../core/searchText";
import { TextIndex } from "./textIndex";

/** More than a person looks through; the words say that there are more. */
const maxHits = 100;
const snippetLength = 120;
/** Matches counted in one conversation. */
const maxCounted = 100;
/** Folded text held, bytes; what is beyond, in the oldest conversations, is found by title only. */
const maxHeldBytes = 256 * 1024 * 1024;
/** Nobody has searched for so long: the memory goes back. */
const idleMs = 10 * 60_000;
/** Text of messages that were hits, kept for the next letter that is typed; characters. */
const maxKeptText = 4_000_000;

/** What there is to search in: the store. */
export interface SearchSource {
  readonly onDidChange: Event<{ readonly id: string | null }>;
  list(): readonly { readonly id: string; readonly title: string }[];
  /** Changes with the conversation's file. */
  revision(id: string): string;
  /** The conversation without keeping it in memory. Rejects where it can't be read. */
  peek(id: string): Promise<{ conversation(): Conversation }>;
}

export interface SearchHit {
  readonly conversation: string;
  readonly title: Snippet;
  /** The first message that matches; null where only the title does. */
  readonly message: string | null;
  readonly snippet: Snippet | null;
  /** Messages that match, counted up to a hundred. */
  readonly count: number;
}

export interface SearchResult {
  readonly hits: readonly SearchHit[];
  /** There are more hits than are given. */
  readonly more: boolean;
  /** Conversations read so far, and all: while they differ, ask again. */
  readonly searched: number;
  readonly total: number;
  /** Some old conversations were looked through by title only: together they are too large. */
  readonly titlesOnly: boolean;
}

interface Indexed {
  readonly revision: string;
  readonly index: TextIndex | "too-large";
}

/**
 * Full text over all conversations. The text is read when somebody begins to search, newest first and in short slices,
 * and followed from then on; what another window wrote is found because its file's size and time have changed.
 */
export class ConversationSearch implements Disposable {
  private readonly subscriptions = new DisposableStore();
  private readonly indexed = new Map<string, Indexed>();
  private readonly keptTexts = new Map<string, string>();
  private keptLength = 0;
  private held = 0;
  private reading: Promise<void> | undefined;
  private abort = new AbortController();
  private idle: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly source: SearchSource,
    private readonly heldLimit = maxHeldBytes,
  ) {
    this.subscriptions.add(
      source.onDidChange(({ id }) => {
        if (id !== null) this.drop(id);
        this.keptTexts.clear();
        this.keptLength = 0;
      }),
    );
    this.subscriptions.add(toDisposable(() => this.clear()));
  }

  /** Begins to read, since somebody is about to search. Never rejects. */
  warm(): Promise<void> {
    clearTimeout(this.idle);
    this.idle = setTimeout(() => this.clear(), idleMs);
    this.idle.unref();
    this.reading ??= this.readAll(this.abort.signal).finally(() => (this.reading = undefined));
    return this.reading;
  }

  /**
   * Conversations that hold every word of the query: in the title, or in the title and one message together.
   * @param patienceMs answers by then with what has been read.
   * @throws AbortError
   */
  async search(query: string, patienceMs: number, signal: AbortSignal): Promise<SearchResult> {
    const terms = queryTerms(query);
    await within(this.warm(), patienceMs, signal);
    const breath = new Breath();
    const conversations = this.source.list();
    const byTitle: SearchHit[] = [];
    const byText: SearchHit[] = [];
    let searched = 0;
    let titlesOnly = false;
    for (const { id, title } of terms.length === 0 ? [] : conversations) {
      const { index } = this.indexed.get(id) ?? {};
      if (index !== undefined) searched++;
      titlesOnly ||= index === "too-large";
      const named = foldText(title.normalize("NFC"));
      const missing = terms.filter((term) => !named.includes(term));
      const inTitle = missing.length === 0;
      const found = index instanceof TextIndex ? index.find(inTitle ? terms : missing, maxCounted) : [];
      await breath.take(signal);
      if (!inTitle && found.length === 0) continue;
      const shown = title.normalize("NFC");
      const hit: SearchHit = {
        conversation: id,
        title: { text: shown, marks: marksIn(shown, terms) },
        message: found[0] ?? null,
        snippet: null,
        count: found.length,
      };
      (inTitle ? byTitle : byText).push(hit);
    }
    const all = [...byTitle, ...byText];
    const hits: SearchHit[] = [];
    for (const hit of all.slice(0, maxHits)) hits.push(await this.withSnippet(hit, terms, breath, signal));
    return {
      hits,
      more: all.length > maxHits,
      searched: terms.length === 0 ? conversations.length : searched,
      total: conversations.length,
      titlesOnly,
    };
  }

  /** Forgets all text. */
  clear(): void {
    clearTimeout(this.idle);
    this.abort.abort();
    this.abort = new AbortController();
    this.indexed.clear();
    this.keptTexts.clear();
    this.keptLength = 0;
    this.held = 0;
  }

  dispose(): void {
    this.subscriptions.dispose();
  }

  private async readAll(signal: AbortSignal): Promise<void> {
    const breath = new Breath();
    const listed = this.source.list();
    const present = new Set(listed.map(({ id }) => id));
    for (const id of [...this.indexed.keys()]) if (!present.has(id)) this.drop(id);
    for (const { id } of listed) {
      const revision = this.source.revision(id);
      if (this.indexed.get(id)?.revision === revision) continue;
      this.drop(id);
      try {
        await breath.take(signal);
        const index = await this.read(id, breath, signal);
        // It may have changed meanwhile; then this is for the next time.
        if (!signal.aborted) this.keep(id, { revision, index });
      } catch (error) {
        if (isCancellation(error) || signal.aborted) return;
        // Unreadable: the list says so where the person opens it.
        this.keep(id, { revision, index: "too-large" });
      }
    }
  }

  private async read(id: string, breath: Breath, signal: AbortSignal): Promise<Indexed["index"]> {
    if (this.held >= this.heldLimit) return "too-large";
    const conversation = (await this.source.peek(id)).conversation();
    await breath.take(signal);
    return TextIndex.make(searchedMessages(conversation), breath, signal);
  }

  private keep(id: string, indexed: Indexed): void {
    this.drop(id);
    this.indexed.set(id, indexed);
    if (indexed.index !== "too-large") this.held += indexed.index.bytes;
  }

  private drop(id: string): void {
    const known = this.indexed.get(id);
    if (known === undefined) return;
    this.indexed.delete(id);
    if (known.index !== "too-large") this.held -= known.index.bytes;
  }

  private async withSnippet(
    hit: SearchHit,
    terms: readonly string[],
    breath: Breath,
    signal: AbortSignal,
  ): Promise<SearchHit> {
    if (hit.message === null) return hit;
    const key = `${hit.conversation} ${hit.message}`;
    let text = this.keptTexts.get(key);
    if (text === undefined) {
      const conversation = await this.source.peek(hit.conversation).then(
        (open) => open.conversation(),
        () => undefined,
      );
      await breath.take(signal);
      const messages = conversation === undefined ? [] : searchedMessages(conversation);
      text = messages.find(({ id }) => id === hit.message)?.text;
      if (text === undefined) return hit;
      if (this.keptLength + text.length <= maxKeptText) {
        this.keptTexts.set(key, text);
        this.keptLength += text.length;
      }
    }
    const snippet = snippetOf(text, terms, snippetLength);
    await breath.take(signal);
    return { ...hit, snippet };
  }
}

/** Waits for `work`, but no longer than `ms`. @throws AbortError */
async function within(work: Promise<void>, ms: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let onAbort = (): void => undefined;
  try {
    await Promise.race([
      work,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, ms);
        onAbort = resolve;
        signal.addEventListener("abort", onAbort, { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
  signal.throwIfAborted();
}
