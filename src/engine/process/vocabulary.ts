import { setImmediate as turn } from "node:timers/promises";
import type { LlamaModel, Token } from "node-llama-cpp";

/** How long it may keep the process from hearing a cancel while it reads the vocabulary, ms. */
const SLICE_MS = 4;
/** Tokens between two looks at the clock. */
const STEP = 256;
/** llama.cpp's token types whose texts can be part of a text (include/llama.h). */
const NORMAL = 1;
const USER_DEFINED = 4;
const BYTE = 6;

/**
 * The vocabulary by the beginnings of its texts. A text is its UTF-8 bytes, one to a character of the string, because a
 * token may hold a part of a character.
 */
export class Vocabulary {
  private constructor(
    private readonly texts: readonly (string | undefined)[],
    /** Tokens by their first byte, and by their first two. */
    private readonly beginnings: ReadonlyMap<string, readonly Token[]>,
    /** Those of one byte by it. */
    private readonly single: ReadonlyMap<string, readonly Token[]>,
  ) {}

  /** Reads it in slices of a few milliseconds; undefined for a kind of vocabulary whose texts it cannot read. */
  static async read(model: LlamaModel): Promise<Vocabulary | undefined> {
    const { ggml } = model.fileInfo.metadata.tokenizer;
    const decode = decoders[ggml.model];
    if (decode === undefined) return undefined;
    const texts: (string | undefined)[] = [];
    const beginnings = new Map<string, Token[]>();
    const single = new Map<string, Token[]>();
    const put = (tokens: Map<string, Token[]>, beginning: string, token: Token): void => {
      const known = tokens.get(beginning);
      if (known === undefined) tokens.set(beginning, [token]);
      else known.push(token);
    };
    let since = performance.now();
    for (const [id, raw] of ggml.tokens.entries()) {
      const type: number = ggml.token_type[id] ?? NORMAL;
      const text =
        type === NORMAL || type === BYTE ? decode(raw, type) : type === USER_DEFINED ? bytesOf(raw) : undefined;
      texts.push(text);
      if (text !== undefined && text !== "") {
        put(beginnings, text.slice(0, 1), id as Token);
        if (text.length > 1) put(beginnings, text.slice(0, 2), id as Token);
        else put(single, text, id as Token);
      }
      if (id % STEP === 0 && performance.now() - since > SLICE_MS) {
        await turn();
        since = performance.now();
      }
    }
    return new Vocabulary(texts, beginnings, single);
  }

  /** Bytes of the token's text; undefined for a token that is no text. */
  text(token: Token): string | undefined {
    return this.texts[token];
  }

  /** Tokens whose texts begin with these bytes, the very text included. */
  beginningWith(bytes: string): Token[] {
    const candidates = this.beginnings.get(bytes.slice(0, 2)) ?? [];
    return bytes.length <= 2
      ? [...candidates]
      : candidates.filter((token) => this.texts[token]?.startsWith(bytes) === true);
  }

  /** Whether a token's text begins with these bytes and is longer. */
  goesBeyond(bytes: string): boolean {
    return (this.beginnings.get(bytes.slice(0, 2)) ?? []).some((token) => {
      const text = this.texts[token] ?? "";
      return text.length > bytes.length && text.startsWith(bytes);
    });
  }

  /** Tokens whose texts these bytes begin with, the very text not included. */
  shorterThan(bytes: string): Token[] {
    if (bytes.length < 2) return [];
    const longer = this.beginnings.get(bytes.slice(0, 2)) ?? [];
    return [...(this.single.get(bytes.slice(0, 1)) ?? []), ...longer].filter((token) => {
      const text = this.texts[token] ?? "";
      return text.length < bytes.length && bytes.startsWith(text);
    });
  }
}

/** The last tokens of what was typed, and their text. */
export interface HeldBack {
  readonly tokens: readonly Token[];
  readonly bytes: string;
}

/** More tokens than a word's end is made of; each is processed anew with each key. */
const MOST_HELD = 3;

/**
 * Which of the last tokens of what was typed to hold back: a word that is half typed is made of other tokens than the
 * whole word. The most, up to three, with whose text a longer token begins.
 */
export function holdBack(vocabulary: Vocabulary | undefined, typed: readonly Token[]): HeldBack {
  for (let count = Math.min(MOST_HELD, typed.length); vocabulary !== undefined && count > 0; count--) {
    const tokens = typed.slice(-count);
    const bytes = tokens.map((token) => vocabulary.text(token) ?? "\0").join("");
    // Within a character there is no text to compare.
    const continues = (bytes.charCodeAt(0) & 0xc0) === 0x80;
    if (!continues && vocabulary.goesBeyond(bytes)) return { tokens, bytes };
  }
  return { tokens: [], bytes: "" };
}

export function bytesOf(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

export function textOfBytes(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}

/** By `tokenizer.ggml.model`. */
const decoders: Readonly<Record<string, ((raw: string, type: number) => string | undefined) | undefined>> = {
  gpt2: (raw) => {
    let bytes = "";
    for (const character of raw) {
      const byte = byteOfCharacter.get(character);
      if (byte === undefined) return undefined;
      bytes += byte;
    }
    return bytes;
  },
  llama: (raw, type) => {
    if (type !== BYTE) return bytesOf(raw.replaceAll("\u2581", " "));
    const [, hex] = /^<0x([0-9A-F]{2})>$/.exec(raw) ?? [];
    return hex === undefined ? undefined : String.fromCharCode(Number.parseInt(hex, 16));
  },
};

/** GPT-2's alphabet: printable bytes of Latin-1 stand for themselves, the others for characters from U+0100 on, in order. */
const byteOfCharacter = new Map<string, string>();
for (let byte = 0, next = 0x100; byte < 256; byte++) {
  const printable = (byte > 0x20 && byte < 0x7f) || (byte > 0xa0 && byte !== 0xad);
  byteOfCharacter.set(String.fromCharCode(printable ? byte : next++), String.fromCharCode(byte));
}
