/** What a vocabulary's texts are, as far as llama.cpp stakes its process on it. */
export interface VocabularyFacts {
  /** The first token, by its number, whose text another one before it has; undefined: all differ. */
  readonly repeated: number | undefined;
  /** Tokens of single bytes, "<0x00>" to "<0xFF>", that there are. */
  readonly byteTokens: number;
  /** The first byte that has neither such a token nor one that is the byte itself. */
  readonly missingByte: number | undefined;
}

/** Four times the tokens of any model; of more, nobody looks which texts are the same. */
const MOST_TOKENS = 1 << 20;
/** How often a place of the table may be taken on average; texts made to collide are not worth the time. */
const MOST_PROBES = 16;

/**
 * Looks through a list of texts as GGUF stores it: eight bytes of length, then the text, one after the other.
 * @param start where the list begins; it was walked before, so all of it is there.
 */
export function vocabularyFacts(bytes: Uint8Array, start: number, count: number): VocabularyFacts {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const texts = new DistinctTexts(bytes, view, count);
  const [named, bare] = [new Set<number>(), new Set<number>()];
  let repeated: number | undefined;
  let at = start;
  for (let token = 0; token < count; token++) {
    // Longer texts than four gigabytes are in no file that is held in memory.
    const length = view.getUint32(at, true);
    // llama.cpp gives texts that are empty names of their own.
    if (repeated === undefined && length > 0 && !texts.add(at)) repeated = token;
    if (length === 6) addIfNumber(named, byteNamed(bytes, at + 8));
    if (length === 1) addIfNumber(bare, bytes[at + 8]);
    at += 8 + length;
  }
  const all = Array.from({ length: 256 }, (_, byte) => byte);
  return {
    repeated,
    byteTokens: named.size,
    missingByte: all.find((byte) => !named.has(byte) && !bare.has(byte)),
  };
}

function addIfNumber(to: Set<number>, value: number | undefined): void {
  if (value !== undefined) to.add(value);
}

/** Of "<0x2F>" 47; llama.cpp knows capital digits only. */
function byteNamed(bytes: Uint8Array, at: number): number | undefined {
  const text = String.fromCharCode(...bytes.subarray(at, at + 6));
  const digits = /^<0x([0-9A-F]{2})>$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number.parseInt(digits, 16);
}

/** A set of texts that keeps only where they stand, since a vocabulary has a quarter of a million. */
class DistinctTexts {
  private readonly places: Uint32Array;
  private probes: number;

  constructor(
    private readonly bytes: Uint8Array,
    private readonly view: DataView,
    count: number,
  ) {
    const size = count > MOST_TOKENS ? 0 : count;
    this.places = new Uint32Array(2 ** Math.ceil(Math.log2(2 * size + 2)));
    this.probes = MOST_PROBES * size;
  }

  /** @returns false: the same text is there already. Once too many collide, nothing is found any more. */
  add(at: number): boolean {
    const mask = this.places.length - 1;
    for (let place = this.hash(at) & mask; this.probes > 0; place = (place + 1) & mask) {
      this.probes--;
      const other = this.places[place] ?? 0;
      if (other === 0) {
        // No list begins where a file does, so 0 stands for none.
        this.places[place] = at;
        return true;
      }
      if (this.areSame(at, other)) return false;
    }
    return true;
  }

  /** FNV-1a. */
  private hash(at: number): number {
    let hash = 0x811c9dc5;
    const end = at + 8 + this.view.getUint32(at, true);
    for (let index = at + 8; index < end; index++) hash = Math.imul(hash ^ (this.bytes[index] ?? 0), 0x01000193);
    return hash >>> 0;
  }

  private areSame(one: number, other: number): boolean {
    const length = this.view.getUint32(one, true);
    if (length !== this.view.getUint32(other, true)) return false;
    for (let index = 8; index < 8 + length; index++)
      if (this.bytes[one + index] !== this.bytes[other + index]) return false;
    return true;
  }
}
