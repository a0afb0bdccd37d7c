import { go, prepare, type Prepared } from "fuzzysort";

/** What fuzzysort gives a match that only has the letters somewhere; under it, nobody would see why it is there. */
const leastScore = 0.3;
/** What is open was probably meant: worth as much as a somewhat better match of another file. */
const openBonus = 0.2;
/** So many of the best by their letters are put in order by the rest too. */
const considered = 200;

interface Entry {
  readonly path: string;
  readonly name: Prepared;
  readonly whole: Prepared;
}

/** Paths to search in. Adding is what takes the time (some 8 µs each), so that whoever adds many can rest between. */
export class PathIndex {
  private readonly entries: Entry[] = [];

  add(path: string): void {
    this.entries.push({ path, name: prepare(path.slice(path.lastIndexOf("/") + 1)), whole: prepare(path) });
  }

  get size(): number {
    return this.entries.length;
  }

  /**
   * Paths that fit what was typed, best first. The name counts more than the folders it lies in.
   * @param recent paths of what is open.
   */
  search(query: string, recent: ReadonlySet<string>, limit: number): readonly string[] {
    const wanted = query.trim().replaceAll("\\", "/");
    if (wanted === "") return [];
    const keys = ["name", "whole"] as const;
    // Two searches, so that what is open is there however many others fit.
    const found = [this.entries, this.entries.filter(({ path }) => recent.has(path))].flatMap((entries) =>
      go(wanted, entries, { keys, limit: considered, threshold: leastScore }).map((result) => ({
        path: result.obj.path,
        // A short path is the likelier one among equals, as src/app.ts before test/fixtures/app.ts.
        score:
          Math.max(result[0]?.score ?? 0, (result[1]?.score ?? 0) * 0.9) +
          (recent.has(result.obj.path) ? openBonus : 0) -
          result.obj.path.length / 10_000,
      })),
    );
    return [...new Set(found.sort((a, b) => b.score - a.score).map(({ path }) => path))].slice(0, limit);
  }
}

/** Names that fit what was typed, best first; all of them where nothing was. */
export function rankNames<T>(
  query: string,
  items: readonly T[],
  name: (item: T) => string,
  limit: number,
): readonly T[] {
  const wanted = query.trim();
  if (wanted === "") return items.slice(0, limit);
  return go(wanted, items, { key: name, limit, threshold: leastScore }).map(({ obj }) => obj);
}
