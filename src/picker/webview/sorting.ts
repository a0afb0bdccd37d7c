import type { RowView } from "../core/pickerContract";

export const columns = ["name", "kld", "sameTop", "tg", "pp", "ttft", "memory", "fit", "bits", "size"] as const;
export type Column = (typeof columns)[number];

export interface Sorting {
  readonly column: Column;
  readonly direction: "ascending" | "descending";
}

const fits = ["none", "cpu", "partly", "gpu"];

function keyOf(row: RowView, column: Column): number | string | undefined {
  switch (column) {
    case "name":
      return row.name.toLowerCase();
    case "bits":
      return row.bitsPerWeight ?? undefined;
    case "size":
      return row.sizeBytes ?? undefined;
    case "memory":
      return row.memory?.total.value;
    case "fit":
      return row.fit === null ? undefined : fits.indexOf(row.fit.place) * 2 ** 32 + row.fit.largestContext;
    case "pp":
    case "tg":
    case "ttft":
    case "kld":
    case "sameTop":
      return row[column]?.value;
  }
}

/** A new list; rows whose figure is not known stand last, whichever way it is sorted. */
export function sorted(rows: readonly RowView[], { column, direction }: Sorting): RowView[] {
  const sign = direction === "ascending" ? 1 : -1;
  return [...rows].sort((one, other) => {
    const [a, b] = [keyOf(one, column), keyOf(other, column)];
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
    if (typeof a === "string" || typeof b === "string") return sign * String(a).localeCompare(String(b));
    return sign * (a - b);
  });
}

/** The other way round on a second click; at first the way in which the best comes first. */
export function nextSorting(now: Sorting, column: Column): Sorting {
  if (now.column === column) return { column, direction: now.direction === "ascending" ? "descending" : "ascending" };
  const isMoreBetter = column === "fit" || column === "pp" || column === "tg" || column === "sameTop";
  return { column, direction: isMoreBetter ? "descending" : "ascending" };
}
