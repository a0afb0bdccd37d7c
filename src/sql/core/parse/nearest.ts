/** How many names are offered for one that is unknown. */
const most = 5;

/** The parts of a name: `studentCount`, `student_count` and `Student Count` have the same two. */
function parts(name: string): readonly string[] {
  return name
    .replaceAll(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter((part) => part !== "");
}

/** Of a part, without the endings that singular and plural differ in. */
const stem = (part: string): string => part.replace(/(?:ies|es|s|y)$/, "");

/**
 * Damerau-Levenshtein distance (adjacent letters swapped count once), or `limit` where it is at least that.
 */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      row.push(cost);
    }
    before = last;
    last = row;
  }
  return Math.min(limit, last[b.length] ?? limit);
}

/** How unlike two names are, from 0; 1 and more is not alike. */
function unlikeness(name: string, candidate: string): number {
  const a = parts(name);
  const b = parts(candidate);
  const [joinedA, joinedB] = [a.join(""), b.join("")];
  if (joinedA === joinedB) return 0;
  const longer = Math.max(joinedA.length, joinedB.length);
  const letters = longer === 0 ? 1 : editDistance(joinedA, joinedB, longer) / (longer * 0.5);
  const stems = new Set(b.map(stem));
  const shared = a.filter((part) => stems.has(stem(part))).length;
  const sharedWords = shared === 0 ? 1 : 1 - (2 * shared) / (a.length + b.length) + 0.1;
  const within =
    joinedA.length > 2 && joinedB.length > 2 && (joinedA.includes(joinedB) || joinedB.includes(joinedA)) ? 0.7 : 1;
  return Math.min(letters, sharedWords, within);
}

/**
 * The names most like one that is unknown, the likeliest first.
 * @param groups names to choose from; those of an earlier group come before equals of a later one.
 */
export function nearestNames(name: string, groups: readonly (readonly string[])[]): readonly string[] {
  const scored = new Map<string, number>();
  groups.forEach((group, place) => {
    for (const candidate of group)
      if (!scored.has(candidate))
        scored.set(candidate, unlikeness(name, candidate.split(".").at(-1) ?? candidate) + place * 0.15);
  });
  return [...scored]
    .filter(([, score]) => score < 1)
    .sort(([, a], [, b]) => a - b)
    .slice(0, most)
    .map(([candidate]) => candidate);
}
