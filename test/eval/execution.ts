import { DatabaseSync, type SQLOutputValue } from "node:sqlite";

/** Runs statements as they are, for comparing results; the product's own guards have no part in it. */
export class Execution {
  /** Gold writes texts in double quotes. */
  private readonly gold: DatabaseSync;
  private readonly ours: DatabaseSync;

  constructor(file: string) {
    this.gold = new DatabaseSync(file, { readOnly: true, enableDoubleQuotedStringLiterals: true });
    this.ours = new DatabaseSync(file, { readOnly: true, enableDoubleQuotedStringLiterals: false });
  }

  /** SQLite's words on a statement that does not compile; undefined for one that does. */
  problemOf(sql: string): string | undefined {
    try {
      this.ours.prepare(sql);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  /** Whether both give the same rows: as multisets, in order only where the gold query has ORDER BY. */
  agree(sql: string, gold: string): boolean {
    const ordered = /\border\s+by\b/i.test(gold);
    const wanted = rowsOf(this.gold, gold);
    // One row more than wanted is wrong already, and what joins everything with everything has millions.
    const got = wanted === undefined ? undefined : rowsOf(this.ours, sql, wanted.length + 1);
    return wanted !== undefined && got !== undefined && sameRows(got, wanted, ordered);
  }

  close(): void {
    this.gold.close();
    this.ours.close();
  }
}

type Row = readonly SQLOutputValue[];

function rowsOf(database: DatabaseSync, sql: string, most = Infinity): Row[] | undefined {
  try {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    statement.setReadBigInts(true);
    const rows: Row[] = [];
    for (const row of statement.iterate() as Iterable<unknown>) {
      rows.push(row as Row);
      if (rows.length >= most) break;
    }
    return rows;
  } catch {
    return undefined;
  }
}

/** The order of columns counts; numbers compare as numbers, to nine digits. */
export function sameRows(one: readonly Row[], other: readonly Row[], ordered: boolean): boolean {
  if (one.length !== other.length) return false;
  const written = (rows: readonly Row[]): string[] => {
    const texts = rows.map((row) => JSON.stringify(row.map(comparable)));
    return ordered ? texts : texts.sort();
  };
  const wanted = written(other);
  return written(one).every((text, index) => text === wanted[index]);
}

function comparable(value: SQLOutputValue): unknown {
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : `${value}n`;
  if (typeof value === "number") return Number(value.toPrecision(9));
  return value instanceof Uint8Array ? `x'${Buffer.from(value).toString("hex")}'` : value;
}

/**
 * The 95% interval of a share, from so many resamples with a generator of its own, so that the same outcomes have the
 * same interval.
 */
export function bootstrapInterval(outcomes: readonly boolean[], resamples = 2000): readonly [number, number] {
  if (outcomes.length === 0) return [0, 0];
  let state = 0x2545f491;
  const random = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  const shares = Array.from({ length: resamples }, () => {
    const drawn = outcomes.map(() => outcomes[Math.floor(random() * outcomes.length)]);
    return drawn.filter((right) => right === true).length / outcomes.length;
  }).sort((a, b) => a - b);
  return [shares[Math.floor(resamples * 0.025)] ?? 0, shares[Math.ceil(resamples * 0.975) - 1] ?? 0];
}
