export type GroupName = "pinned" | "today" | "yesterday" | "week" | "older";

interface Grouped {
  readonly pinned: boolean;
  readonly updatedAt: number;
}

/**
 * Conversations as a person looks for them: pinned first, then by the day of their last change, each the latest first.
 * Groups without any are left out. @param now milliseconds since the epoch; days are the local ones.
 */
export function conversationGroups<T extends Grouped>(
  conversations: readonly T[],
  now: number,
): { readonly name: GroupName; readonly conversations: readonly T[] }[] {
  const today = new Date(now);
  const daysAgo = (days: number): number =>
    new Date(today.getFullYear(), today.getMonth(), today.getDate() - days).getTime();
  const groups: Record<GroupName, T[]> = { pinned: [], today: [], yesterday: [], week: [], older: [] };
  for (const conversation of conversations.toSorted((a, b) => b.updatedAt - a.updatedAt)) {
    const { pinned, updatedAt } = conversation;
    const name = pinned
      ? "pinned"
      : updatedAt >= daysAgo(0)
        ? "today"
        : updatedAt >= daysAgo(1)
          ? "yesterday"
          : updatedAt >= daysAgo(7)
            ? "week"
            : "older";
    groups[name].push(conversation);
  }
  const names: readonly GroupName[] = ["pinned", "today", "yesterday", "week", "older"];
  return names
    .map((name) => ({ name, conversations: groups[name] }))
    .filter(({ conversations: { length } }) => length > 0);
}
