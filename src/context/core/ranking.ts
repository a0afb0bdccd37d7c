import { go } from "fuzzysort";

/** What fuzzysort gives a match that only has the letters somewhere; under it, nobody would see why it is there. */
const leastScore = 0.3;
/** What is open was probably meant: worth as much as a somewhat better match of another file. */
const openBonus = 0.2;

/**
 * Paths that fit what was typed, best first. The name counts more than the folders it lies in.
 * @param recent paths of what is open; without a query they are all there is.
 */
export function rankPaths(
  query: string,
  paths: readonly string[],
  recent: ReadonlySet<string>,
  limit: number,
): readonly string[] {
  const wanted = query.trim().replaceAll("\\", "/");
  if (wanted === "") return [...recent].slice(0, limit);
  const items = paths.map((path) => ({ path, name: path.slice(path.lastIndexOf("/") + 1) }));
  return go(wanted, items, {
    keys: ["name", "path"],
    limit,
    threshold: leastScore,
    // A short path is the likelier one among equals, as src/app.ts before test/fixtures/app.ts.
    scoreFn: (result) =>
      Math.max(result[0]?.score ?? 0, (result[1]?.score ?? 0) * 0.9) +
      (recent.has(result.obj.path) ? openBonus : 0) -
      result.obj.path.length / 10_000,
  }).map(({ obj }) => obj.path);
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
