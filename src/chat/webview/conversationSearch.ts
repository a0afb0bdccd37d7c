import type { ReactiveController, ReactiveControllerHost } from "lit";
import type { SearchView } from "../core/webviewContract";
import type { ChatContext } from "./context";

const typingMs = 120;
/** While the host still reads what there is to search. */
const againMs = 200;
const longestQuery = 200;

/** What a person searches for and what the host has found of it so far. */
export class SearchController implements ReactiveController {
  query = "";
  result: SearchView | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private asked = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly context: () => ChatContext,
  ) {
    host.addController(this);
  }

  /** Nothing is searched for: the list is the list. */
  get idle(): boolean {
    return this.query.trim() === "";
  }

  hostConnected(): void {
    // The host reads the texts while the person thinks of a word.
    this.timer = setTimeout(() => void this.ask(), 0);
  }

  hostDisconnected(): void {
    clearTimeout(this.timer);
    this.asked++;
  }

  type(query: string): void {
    this.query = query.slice(0, longestQuery);
    if (this.idle) this.result = undefined;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.ask(), typingMs);
    this.host.requestUpdate();
  }

  private async ask(): Promise<void> {
    const asked = ++this.asked;
    const found = await this.context().ask("conversations", "search", { query: this.query });
    if (asked !== this.asked || this.idle) return;
    if (found !== undefined) {
      this.result = found;
      if (found.searched < found.total) this.timer = setTimeout(() => void this.ask(), againMs);
    }
    this.host.requestUpdate();
  }
}
