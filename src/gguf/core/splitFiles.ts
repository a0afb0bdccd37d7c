/** A part of a split model by its name, as llama.cpp's gguf-split writes it: NAME-00001-of-00003.gguf. */
export interface SplitName {
  /** What stands before the numbers, folders included. */
  readonly base: string;
  /** From 1. */
  readonly part: number;
  readonly count: number;
}

/** More parts than any model has; llama.cpp writes five digits. */
const MAX_PARTS = 1000;

/** Undefined for a name that is not a part's. */
export function splitName(file: string): SplitName | undefined {
  const match = /^([^]*)-(\d{5})-of-(\d{5})\.gguf$/.exec(file);
  if (match === null) return undefined;
  const [, base = "", part, count] = match;
  const name = { base, part: Number(part), count: Number(count) };
  return name.part >= 1 && name.part <= name.count && name.count <= MAX_PARTS ? name : undefined;
}

export function splitPartName({ base, part, count }: SplitName): string {
  return `${base}-${digits(part)}-of-${digits(count)}.gguf`;
}

/** Names of all parts of the model that a part belongs to, in order. */
export function splitPartNames(name: SplitName): string[] {
  return Array.from({ length: name.count }, (_, index) => splitPartName({ ...name, part: index + 1 }));
}

/** One model: a single file, or the parts of a split one. */
export interface ModelFiles<File> {
  /** The name of the file or, without numbers, of the split model: NAME.gguf. */
  readonly name: string;
  /** In the order of the parts. */
  readonly files: readonly File[];
  /** Names of the parts that are not there; such a model cannot be loaded. */
  readonly missing: readonly string[];
}

/** Makes one model of all parts of a split one; models stand where the first of their files stood. */
export function groupSplitFiles<File>(files: Iterable<File>, nameOf: (file: File) => string): ModelFiles<File>[] {
  const groups = new Map<string, { name: string; split: SplitName | undefined; files: Map<string, File> }>();
  for (const file of files) {
    const name = nameOf(file);
    const split = splitName(name);
    // The parts of 3 and those of 5 are two models, whatever their name.
    const key = split === undefined ? name : splitPartName({ ...split, part: 1 });
    const group = groups.get(key) ?? {
      name: split === undefined ? name : `${split.base}.gguf`,
      split,
      files: new Map<string, File>(),
    };
    groups.set(key, group);
    group.files.set(name, file);
  }
  return [...groups.values()].map(({ name, split, files: found }) => {
    const parts = split === undefined ? [name] : splitPartNames(split);
    return {
      name,
      files: parts.flatMap((part) => found.get(part) ?? []),
      missing: parts.filter((part) => !found.has(part)),
    };
  });
}

function digits(value: number): string {
  return String(value).padStart(5, "0");
}
