const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

/** "3 min. ago", "yesterday", then a date; in the person's language. Times in milliseconds since the epoch. */
export function relativeTime(at: number, now: number, language: string): string {
  const ago = Math.max(0, now - at);
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  if (ago < minute) return format.format(0, "second");
  if (ago < hour) return format.format(-Math.floor(ago / minute), "minute");
  if (ago < day) return format.format(-Math.floor(ago / hour), "hour");
  if (ago < 7 * day) return format.format(-Math.floor(ago / day), "day");
  return new Date(at).toLocaleDateString(language, { year: "numeric", month: "short", day: "numeric" });
}
