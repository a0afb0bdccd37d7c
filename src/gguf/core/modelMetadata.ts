import { GgufError, type GgufHeader, type GgufValue } from "./ggufHeader";

type Metadata = ReadonlyMap<string, GgufValue>;

/**
 * Reads what metadata says about a model. A value that is not given is undefined; one that cannot be true is refused,
 * since llama.cpp aborts its process at some of them.
 */
export class ModelMetadata {
  readonly architecture: string;

  /** @throws GgufError damaged: no architecture, or one that is no name. */
  constructor(private readonly metadata: Metadata) {
    const architecture = metadata.get("general.architecture");
    if (architecture === undefined)
      throw new GgufError("damaged", "it does not say its architecture (general.architecture)");
    if (typeof architecture !== "string" || !/^[\w.-]{1,64}$/.test(architecture))
      throw new GgufError("damaged", "its architecture (general.architecture) is not a name");
    this.architecture = architecture;
  }

  /**
   * A count of the architecture; of one for each layer, the most of any layer.
   * @param key after the architecture's name, such as "attention.head_count".
   * @throws GgufError damaged: not a whole number from 0 to `most`.
   */
  count(key: string, most: number): number | undefined {
    const counts = this.counts(key, most);
    return counts === undefined ? undefined : counts.reduce((a, b) => Math.max(a, b), 0);
  }

  /** As `count`, all that is given: one for each layer, or one for all of them. */
  counts(key: string, most: number): readonly number[] | undefined {
    const name = `${this.architecture}.${key}`;
    const value = this.metadata.get(name);
    if (value === undefined) return undefined;
    if (typeof value === "object") {
      if (value.numbers === undefined) throw new GgufError("damaged", `${name} is not a number`);
      return value.numbers.map((number) => wholeNumber(number, name, most));
    }
    return [wholeNumber(value, name, most)];
  }

  /** A number of any kind, such as a base frequency; undefined where it is not a finite number. */
  number(key: string): number | undefined {
    const value = this.metadata.get(`${this.architecture}.${key}`);
    const number = typeof value === "bigint" ? Number(value) : value;
    return typeof number === "number" && Number.isFinite(number) ? number : undefined;
  }

  boolean(key: string): boolean | undefined {
    const value = this.metadata.get(`${this.architecture}.${key}`);
    return typeof value === "boolean" ? value : undefined;
  }

  text(key: string): string | undefined {
    return textOf(this.metadata, `${this.architecture}.${key}`);
  }
}

/** Shortened: names come from anybody. Undefined where there is none. */
export function textOf(metadata: Metadata, key: string): string | undefined {
  const value = metadata.get(key);
  return typeof value === "string" && value.trim() !== "" ? value.trim().slice(0, 200) : undefined;
}

/** @throws GgufError damaged */
export function wholeNumber(value: GgufValue, name: string, most: number): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number !== "number" || !Number.isInteger(number))
    throw new GgufError("damaged", `${name} is not a whole number`);
  if (number < 0 || number > most) throw new GgufError("damaged", `${name} is ${number}, which cannot be`);
  return number;
}

/**
 * The header that describes the model, and all of them in the order of the parts.
 * @throws GgufError damaged: the headers are not all parts of one model.
 */
export function orderParts(headers: readonly GgufHeader[]): { first: GgufHeader; parts: readonly GgufHeader[] } {
  const numbered = headers.map((header) => ({
    header,
    part: wholeNumber(header.metadata.get("split.no") ?? 0, "split.no", 65_535),
  }));
  const parts = numbered.sort((a, b) => a.part - b.part);
  const first = parts[0]?.header;
  if (first === undefined) throw new RangeError("A model has at least one file.");
  for (const [index, { header, part }] of parts.entries()) {
    const count = wholeNumber(header.metadata.get("split.count") ?? 0, "split.count", 65_535);
    // A whole file may say that it is one of none.
    if (Math.max(count, 1) !== headers.length)
      throw new GgufError("damaged", `it is one of ${Math.max(count, 1)} parts, and ${headers.length} are here`);
    if (part !== index) throw new GgufError("damaged", `part ${index + 1} of ${headers.length} is not among the parts`);
  }
  return { first, parts: parts.map(({ header }) => header) };
}
