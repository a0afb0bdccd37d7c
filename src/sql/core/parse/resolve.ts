import type { UnknownName, UsedColumn } from "../gate";
import type { DatabaseSchema, TableSchema } from "../schema";
import { nearestNames } from "./nearest";
import { isFileName, isSystemTable } from "./relations";
import { forbidden } from "./refused";
import { findTable, type OfferedColumn, originOf, sameName, type Scope, type Source } from "./scope";
import type { Name } from "./tree";

/** What a statement uses of a database, and what it names that is not there. */
export interface Uses {
  readonly tables: readonly { readonly schema?: string; readonly table: string }[];
  readonly columns: readonly UsedColumn[];
  readonly unknown: readonly UnknownName[];
}

/** Collects what names turn out to stand for. */
export class Collector {
  private readonly tables = new Map<string, { readonly schema?: string; readonly table: string }>();
  private readonly columns = new Map<string, UsedColumn>();
  private readonly unknown = new Map<string, UnknownName>();
  private silence = 0;

  constructor(private readonly schema: DatabaseSchema) {}

  /** While a part is read ahead of its turn, what it has is not counted. */
  silently<T>(read: () => T): T {
    this.silence++;
    try {
      return read();
    } finally {
      this.silence--;
    }
  }

  useTable(table: TableSchema): void {
    if (this.silence > 0) return;
    const entry = { ...(table.schema === undefined ? {} : { schema: table.schema }), table: table.name };
    this.tables.set(JSON.stringify(entry), entry);
  }

  useColumn(column: OfferedColumn): void {
    if (this.silence === 0 && column.origin !== undefined)
      this.columns.set(JSON.stringify(column.origin), column.origin);
  }

  /** The source of a table's name. Throws Refused where DuckDB would open a file of that name. */
  table(name: readonly Name[]): Source {
    const table = findTable(this.schema, name);
    if (table !== undefined) {
      this.useTable(table);
      const columns = table.columns.map((column) => ({ name: column.name, origin: originOf(table, column.name) }));
      return { name: table.name, ...(table.schema === undefined ? {} : { schema: table.schema }), columns, table };
    }
    const { engine, defaultSchema } = this.schema;
    const own = name.at(-1)?.text ?? "";
    if (isFileName(engine, name))
      throw forbidden(`${name.map((part) => part.text).join(".")} is no table, and would be opened as a file.`);
    const isSystems = isSystemTable(
      engine,
      (name.at(-2)?.text ?? defaultSchemaOf(engine, defaultSchema))?.toLowerCase(),
      own.toLowerCase(),
    );
    if (!isSystems) this.unknownTable(name);
    return { name: own, columns: undefined };
  }

  private unknownTable(name: readonly Name[]): void {
    const [first, last] = [name[0], name.at(-1)];
    if (first === undefined || last === undefined) return;
    const nearest = nearestNames(last.text, [this.schema.tables.map((table) => this.written(table))]);
    const span =
      first.span === undefined || last.span === undefined ? undefined : { start: first.span.start, end: last.span.end };
    this.report({
      name: name.map((part) => part.text).join("."),
      kind: "table",
      nearest,
      ...(span === undefined ? {} : { span }),
    });
  }

  /** A table's name, with its schema where names are not looked for there. */
  private written(table: TableSchema): string {
    return table.schema === undefined || table.schema === this.schema.defaultSchema
      ? table.name
      : `${table.schema}.${table.name}`;
  }

  /** A column that nothing in scope has: those in scope are offered first, then those of all other tables. */
  unknownColumn(parts: readonly Name[], scope: Scope, source?: Source): void {
    const last = parts.at(-1);
    const [first] = parts;
    if (last === undefined || first === undefined) return;
    const own = source?.columns?.map((column) => column.name) ?? [];
    const around: string[] = [];
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer)
      for (const one of at.sources) around.push(...(one.columns?.map((column) => column.name) ?? []));
    const elsewhere = this.schema.tables.flatMap((table) =>
      table.columns.map((column) => `${this.written(table)}.${column.name}`),
    );
    const nearest = nearestNames(last.text, [own, around, elsewhere]);
    const span =
      first.span === undefined || last.span === undefined ? undefined : { start: first.span.start, end: last.span.end };
    this.report({
      name: parts.map((part) => part.text).join("."),
      kind: "column",
      nearest,
      ...(span === undefined ? {} : { span }),
    });
  }

  /** A qualifier that is no source in scope: those that have the column are offered first. */
  unknownSource(parts: readonly Name[], scope: Scope): void {
    const qualifier = parts.slice(0, -1);
    const [last, column] = [qualifier.at(-1), parts.at(-1)];
    if (last === undefined || column === undefined) return;
    const around: string[] = [];
    const having: string[] = [];
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer)
      for (const one of at.sources) {
        if (one.name === undefined) continue;
        around.push(one.name);
        if (one.columns?.some((offered) => sameName(this.schema.engine, column, offered.name)) === true)
          having.push(one.name);
      }
    const alike = nearestNames(last.text, [around, this.schema.tables.map((table) => this.written(table))]);
    this.report({
      name: qualifier.map((part) => part.text).join("."),
      kind: "table",
      nearest: [...new Set([...having, ...alike])],
      ...(last.span === undefined ? {} : { span: last.span }),
    });
  }

  private report(unknown: UnknownName): void {
    if (this.silence === 0) this.unknown.set(`${unknown.kind} ${unknown.name} ${unknown.span?.start ?? ""}`, unknown);
  }

  uses(): Uses {
    return {
      tables: [...this.tables.values()],
      columns: [...this.columns.values()],
      unknown: [...this.unknown.values()],
    };
  }
}

/** Of MySQL a database may itself be one of the system's; PostgreSQL and DuckDB look for their own by name alone. */
const defaultSchemaOf = (engine: DatabaseSchema["engine"], defaultSchema: string | undefined): string | undefined =>
  engine === "mysql" || engine === "mariadb" ? defaultSchema : undefined;
