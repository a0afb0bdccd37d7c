import type { Breath } from "../../platform/node/breath";
import { foldText } from "../core/foldText";
import type { SearchedMessage } from "../core/searchText";

/** Characters folded at once: about a millisecond. */
const pieceLength = 64 * 1024;

/**
 * The folded text of one conversation, outside V8's heap, a byte a character where it is Latin: a hundred megabytes of
 * it are looked through in well under a tenth of a second, and nothing of it is in the garbage collector's way.
 */
export class TextIndex {
  private constructor(
    private readonly encoding: "latin1" | "utf16le",
    private readonly data: Buffer,
    /** Where each message starts; one more at the end. Bytes. */
    private readonly starts: Float64Array,
    private readonly ids: readonly string[],
  ) {}

  /** @throws AbortError */
  static async make(messages: readonly SearchedMessage[], breath: Breath, signal?: AbortSignal): Promise<TextIndex> {
    const texts: string[] = [];
    let wide = false;
    for (const { text } of messages) {
      let folded = "";
      for (let at = 0; at < text.length; at += pieceLength) {
        folded += foldText(text.slice(at, at + pieceLength));
        await breath.take(signal);
      }
      wide ||= /[^\u0000-\u00ff]/u.test(folded);
      texts.push(folded);
    }
    const encoding = wide ? "utf16le" : "latin1";
    const unit = wide ? 2 : 1;
    const starts = new Float64Array(texts.length + 1);
    const data = Buffer.allocUnsafe(texts.reduce((sum, text) => sum + text.length * unit, 0));
    let at = 0;
    for (const [index, text] of texts.entries()) {
      starts[index] = at;
      at += data.write(text, at, encoding);
      await breath.take(signal);
    }
    starts[texts.length] = at;
    return new TextIndex(
      encoding,
      data,
      starts,
      messages.map(({ id }) => id),
    );
  }

  get bytes(): number {
    return this.data.byteLength;
  }

  /** The messages that hold all the terms, in order, at most `limit`. @param terms folded, at least one. */
  find(terms: readonly string[], limit: number): string[] {
    const [first, ...others] = terms;
    if (first === undefined) return [];
    if (this.encoding === "latin1" && terms.some((term) => /[^\u0000-\u00ff]/u.test(term))) return [];
    const found: string[] = [];
    let message = 0;
    for (let at = this.indexOf(this.data, first, 0); at !== -1 && found.length < limit;) {
      while (message < this.ids.length && (this.starts[message + 1] ?? 0) <= at) message++;
      const start = this.starts[message] ?? 0;
      const end = this.starts[message + 1] ?? this.data.byteLength;
      const inside = at + this.bytesOf(first) <= end;
      const text = this.data.subarray(start, end);
      if (inside && others.every((term) => this.indexOf(text, term, 0) !== -1)) {
        found.push(this.ids[message] ?? "");
        at = this.indexOf(this.data, first, end);
      } else {
        // Reaching over a message's end is no match; one that lacks another term lacks it everywhere.
        at = this.indexOf(this.data, first, inside ? end : at + this.bytesOf(first[0] ?? " "));
      }
    }
    return found;
  }

  private indexOf(data: Buffer, term: string, from: number): number {
    return data.indexOf(term, from, this.encoding);
  }

  private bytesOf(text: string): number {
    return this.encoding === "latin1" ? text.length : text.length * 2;
  }
}
