import type { ValueHit } from "../database";
import type { DatabaseSchema, TableSchema } from "../schema";
import { schemaLines } from "./layout";
import { chatBeginning } from "./chatLayout";
import type { Lexicon } from "./lexicon";
import { byRelevance, narrowed, thatFit } from "./prune";
import type { PromptLayoutName } from "./steps";

/** Tokens kept for question, values and answer. */
const ROOM = 500;
/** No tokenizer in use makes more tokens of a schema than one for every two characters. */
const CHARACTERS_A_TOKEN = 2;
/** Columns of a table that is too wide even alone, halved until it fits. */
const WIDEST = 256;

export interface ShownDeps {
  readonly schema: DatabaseSchema;
  readonly layout: PromptLayoutName;
  readonly lexicon: Lexicon;
  /** Of the context that the model works in, tokens. */
  readonly contextSize: number;
  readonly count: (text: string, signal: AbortSignal) => Promise<number>;
}

/** What of the schema a model is shown: all of it where it fits, and then always the same. */
export class ShownSchema {
  private fitting: Promise<boolean> | undefined;
  private readonly tables: readonly TableSchema[];

  constructor(private readonly deps: ShownDeps) {
    this.tables = unambiguous(deps.schema);
  }

  /** All tables, where they fit. */
  async whole(signal: AbortSignal): Promise<DatabaseSchema | undefined> {
    this.fitting ??= this.fits(this.tables, signal);
    try {
      return (await this.fitting) ? { ...this.deps.schema, tables: this.tables } : undefined;
    } catch (error) {
      this.fitting = undefined;
      throw error;
    }
  }

  /** What a question may need, as much as fits, in the database's order. */
  async for(question: string, hits: readonly ValueHit[], signal: AbortSignal): Promise<DatabaseSchema> {
    const whole = await this.whole(signal);
    if (whole !== undefined) return whole;
    const { schema, lexicon } = this.deps;
    const all = this.tables;
    const ranked = byRelevance({ tables: all }, question, hits, lexicon);
    const tables = await thatFit(ranked, all, (some) => this.fits(some, signal));
    const [only] = tables;
    if (tables.length !== 1 || only === undefined) return { ...schema, tables };
    let table = only;
    for (let count = WIDEST; count > 4 && !(await this.fits([table], signal)); count >>= 1)
      table = narrowed(only, question, hits, lexicon, count);
    return { ...schema, tables: [table] };
  }

  private async fits(tables: readonly TableSchema[], signal: AbortSignal): Promise<boolean> {
    const { schema, layout, lexicon, contextSize, count } = this.deps;
    const room = contextSize - ROOM;
    const part = { ...schema, tables };
    const lines = schemaLines(part);
    const text =
      layout === "chat" ? chatBeginning({ schema: part, lexicon }) : [...lines.tables, ...lines.keys].join("\n");
    if (text.length <= room * CHARACTERS_A_TOKEN) return true;
    // Nor fewer than one for every dozen.
    if (text.length > room * 12) return false;
    return (await count(text, signal)) <= room;
  }
}

/**
 * Tables that their names alone tell apart; of two of one name the one in the default namespace. Foreign keys name things
 * in the case of who declared them; here they name them as they are.
 */
function unambiguous({ tables, defaultSchema }: DatabaseSchema): TableSchema[] {
  const byName = new Map<string, TableSchema>();
  for (const table of tables) {
    const known = byName.get(table.name);
    if (known === undefined || table.schema === defaultSchema) byName.set(table.name, table);
  }
  const kept = tables.filter((table) => byName.get(table.name) === table);
  return kept.map((table) => ({
    ...table,
    foreignKeys: table.foreignKeys.map((key) => {
      const to = named(kept, key.toTable);
      return {
        columns: key.columns.map((column) => named(table.columns, column)?.name ?? column),
        toTable: to?.name ?? key.toTable,
        toColumns: key.toColumns.map((column) => named(to?.columns ?? [], column)?.name ?? column),
      };
    }),
  }));
}

function named<T extends { readonly name: string }>(things: readonly T[], name: string): T | undefined {
  const lower = name.toLowerCase();
  return things.find((one) => one.name === name) ?? things.find((one) => one.name.toLowerCase() === lower);
}
