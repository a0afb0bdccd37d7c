import type { Logger } from "../../platform/core/logger";
import { type Disposable } from "../../platform/core/disposables";
import { chooseChunks } from "../core/chunkChoice";
import type { ChunkSource, ContextChunk } from "../core/contextChunk";

/** What is around is gathered anew at most this often, ms: languages are asked, and files are read. */
const REFRESH_MS = 3000;
/** Longest that a gathering may take, ms. */
const PATIENCE_MS = 5000;

/** What chunks are chosen for. */
export interface ChunkRoom {
  /** UTF-16 units. */
  readonly room: number;
  /** The model does not run on this machine: what stays here is not shown to it. */
  readonly isElsewhere: boolean;
}

interface Kept {
  at: number;
  candidates: readonly ContextChunk[];
  chosen: readonly ContextChunk[] | undefined;
}

/** The context of the document in front: gathered in idle time, so that a key never waits for it. */
export class ChunkKeeper implements Disposable {
  private readonly byUri = new Map<string, Kept>();
  private gathering: AbortController | undefined;

  constructor(
    private readonly source: ChunkSource,
    private readonly log: Logger,
  ) {}

  /** From what is known now; undefined `prefix` and `suffix` never: they are what the prompt shows anyway. */
  choose(uri: string, prefix: string, suffix: string, { room, isElsewhere }: ChunkRoom): readonly ContextChunk[] {
    const kept = this.byUri.get(uri);
    if (kept === undefined || performance.now() - kept.at > REFRESH_MS) void this.refresh(uri);
    if (kept === undefined) return [];
    const { candidates, chosen } = kept;
    const now = chooseChunks({
      // Here and not where they are gathered, since the model may be another since then.
      candidates: isElsewhere ? candidates.filter(({ staysHere = false }) => !staysHere) : candidates,
      uri,
      prefix,
      suffix,
      budget: room,
      ...(chosen === undefined ? {} : { previous: chosen }),
    });
    kept.chosen = now;
    return now;
  }

  /** Resolves when it is gathered; a gathering of another document is given up for it. */
  async refresh(uri: string): Promise<void> {
    const known = this.byUri.get(uri);
    // Marked at once, so that keys meanwhile start no second one.
    if (known !== undefined) known.at = performance.now();
    else this.remember(uri, { at: performance.now(), candidates: [], chosen: undefined });
    this.gathering?.abort();
    const stopping = new AbortController();
    this.gathering = stopping;
    try {
      const signal = AbortSignal.any([stopping.signal, AbortSignal.timeout(PATIENCE_MS)]);
      const candidates = await this.source.chunks(uri, signal);
      const kept = this.byUri.get(uri);
      if (kept !== undefined && !stopping.signal.aborted) kept.candidates = candidates;
    } catch (error) {
      this.log.debug(`The context of a suggestion was not gathered: ${String(error)}`);
    } finally {
      if (this.gathering === stopping) this.gathering = undefined;
    }
  }

  forget(uri?: string): void {
    if (uri === undefined) this.byUri.clear();
    else this.byUri.delete(uri);
  }

  dispose(): void {
    this.gathering?.abort();
  }

  private remember(uri: string, kept: Kept): void {
    this.byUri.set(uri, kept);
    const [oldest] = this.byUri.keys();
    if (this.byUri.size > 20 && oldest !== undefined) this.byUri.delete(oldest);
  }
}
