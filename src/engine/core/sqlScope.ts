import type { SqlLanguage } from "./sqlLanguage";

/** A table of a FROM, by the name that qualifies its columns. */
interface Source {
  readonly table: string;
  readonly qualifier: string;
}
interface Joint {
  readonly table: string;
  readonly column: string;
}

/** What the names of a live schema stand for, prepared once for all the statements written over it. */
export class SqlNames {
  readonly columns: ReadonlyMap<string, ReadonlySet<string>>;
  readonly allColumns: readonly string[];
  /** For a table and column, those that join it. */
  private readonly joints = new Map<string, Map<string, Joint[]>>();

  constructor({ tables, joins }: SqlLanguage) {
    this.columns = new Map(tables.map((table) => [table.name, new Set(table.columns)]));
    this.allColumns = [...new Set(tables.flatMap(({ columns }) => columns))];
    for (const { table, column, toTable, toColumn } of joins) {
      this.join({ table, column }, { table: toTable, column: toColumn });
      this.join({ table: toTable, column: toColumn }, { table, column });
    }
  }

  get tables(): Iterable<string> {
    return this.columns.keys();
  }

  has(table: string, column: string): boolean {
    return this.columns.get(table)?.has(column) === true;
  }

  /** Whether a foreign key stands between the two, or both have a column by which one of them is joined to a third. */
  joined(one: string, other: string): boolean {
    if ([...(this.joints.get(one)?.values() ?? [])].some((joints) => joints.some(({ table }) => table === other)))
      return true;
    return this.sharedKeys(one, other).length > 0;
  }

  /** Columns of the same name in both that are part of a foreign key of either. */
  sharedKeys(one: string, other: string): string[] {
    const keys = new Set([...(this.joints.get(one)?.keys() ?? []), ...(this.joints.get(other)?.keys() ?? [])]);
    return [...keys].filter((column) => this.has(one, column) && this.has(other, column));
  }

  /** Tables that can be reached from these by joins, these included. */
  reachable(from: Iterable<string>): ReadonlySet<string> {
    const reached = new Set(from);
    // A set yields what is added while it is walked.
    for (const table of reached)
      for (const other of this.tables) if (!reached.has(other) && this.joined(table, other)) reached.add(other);
    return reached;
  }

  /** Columns of one table by which it is joined to one of the others. */
  jointsOf(table: string, others: ReadonlySet<string>): ReadonlyMap<string, readonly Joint[]> {
    const found = new Map<string, Joint[]>();
    for (const [column, joints] of this.joints.get(table) ?? []) {
      const fitting = joints.filter((joint) => others.has(joint.table));
      if (fitting.length > 0) found.set(column, fitting);
    }
    return found;
  }

  private join(from: Joint, to: Joint): void {
    if (!this.has(from.table, from.column) || !this.has(to.table, to.column)) return;
    const columns = this.joints.get(from.table) ?? new Map<string, Joint[]>();
    this.joints.set(from.table, columns.set(from.column, [...(columns.get(from.column) ?? []), to]));
  }
}

/** Names for a table that is joined to itself. */
export const aliases = ["T1", "T2", "T3", "T4"] as const;

/**
 * The names used in one SELECT. They are used before its FROM says where they come from, so until then it keeps what
 * FROM will have to hold, and takes no name that no FROM could hold together with the others.
 */
export class SqlScope {
  private readonly bare = new Set<string>();
  private readonly qualified = new Map<string, Set<string>>();
  readonly sources: Source[] = [];
  /** FROM is through: names are looked up, no longer collected. */
  closed = false;

  constructor(private readonly names: SqlNames) {}

  // --- names of columns ---

  /** Columns that may be used without a table's name. */
  bareColumns(): string[] {
    if (!this.closed) return this.names.allColumns.filter((column) => this.canHold(column));
    return this.names.allColumns.filter((column) => this.owners(column) === 1);
  }

  useBare(column: string): void {
    this.bare.add(column);
  }

  qualifiers(): string[] {
    if (this.closed) return this.sources.map(({ qualifier }) => qualifier);
    if (this.pendingAliases.length > 0) return this.bare.size > 0 ? [] : [...this.names.tables, ...aliases];
    const tables = [...this.names.tables].filter((table) => !this.clashes(table));
    return this.bare.size > 0 ? tables : [...tables, aliases[0], aliases[1]];
  }

  columnsOf(qualifier: string): readonly string[] {
    if (this.closed) {
      const source = this.sources.find((one) => one.qualifier === qualifier);
      return source === undefined ? [] : [...(this.names.columns.get(source.table) ?? [])];
    }
    const own = this.names.columns.get(qualifier);
    if (own !== undefined) return [...own];
    const used = [...(this.qualified.get(qualifier) ?? [])];
    return this.names.allColumns.filter((column) =>
      [...this.names.tables].some((table) => [...used, column].every((one) => this.names.has(table, one))),
    );
  }

  /** The table of a column used as `qualifier.column`, or without a qualifier; undefined before FROM has told. */
  tableOf(column: string, qualifier: string | undefined): string | undefined {
    return this.sources.find((source) =>
      qualifier === undefined ? this.names.has(source.table, column) : source.qualifier === qualifier,
    )?.table;
  }

  useQualified(qualifier: string, column: string): void {
    const used = this.qualified.get(qualifier) ?? new Set();
    this.qualified.set(qualifier, used.add(column));
  }

  // --- FROM ---

  /** Tables that may come next in FROM. */
  nextTables(): string[] {
    const tables = [...this.names.tables].filter((table) => this.fits(table));
    // What was used without a table's name is the first one's.
    if (this.sources.length === 0)
      return tables.filter((table) => [...this.bare].every((column) => this.names.has(table, column)));
    const reachable = this.names.reachable(this.sources.map(({ table }) => table));
    const wanted = [...this.qualified.keys()].filter((qualifier) => this.needs(qualifier));
    if (wanted.some((table) => !reachable.has(table))) return tables;
    const joined = tables.filter((table) => this.sources.some((source) => this.names.joined(source.table, table)));
    return joined.length > 0 ? joined : tables;
  }

  /** Aliases that the table may be given; it has to take one where `must` says so. */
  aliasesFor(table: string): { readonly names: readonly string[]; readonly must: boolean } {
    const next = aliases.find((alias) => this.sources.every(({ qualifier }) => qualifier !== alias));
    const used = next === undefined ? [] : [...(this.qualified.get(next) ?? [])];
    const may = next !== undefined && !this.needs(table) && used.every((column) => this.names.has(table, column));
    return { names: may ? [next] : [], must: this.sources.some((source) => source.table === table) };
  }

  addSource(table: string, alias: string | undefined): void {
    this.sources.push({ table, qualifier: alias ?? table });
  }

  /** Columns by which the table that came last may be joined, by qualifier: to which of which others. */
  jointsOfLast(): ReadonlyMap<string, ReadonlyMap<string, ReadonlyMap<string, ReadonlySet<string>>>> {
    const last = this.sources.at(-1);
    const joints = new Map<string, Map<string, Map<string, Set<string>>>>();
    const put = (one: string, column: string, other: string, toColumn: string): void => {
      const columns = joints.get(one) ?? new Map<string, Map<string, Set<string>>>();
      const others = columns.get(column) ?? new Map<string, Set<string>>();
      others.set(other, (others.get(other) ?? new Set()).add(toColumn));
      joints.set(one, columns.set(column, others));
    };
    const both = (one: Source, column: string, other: Source, toColumn: string): void => {
      put(one.qualifier, column, other.qualifier, toColumn);
      put(other.qualifier, toColumn, one.qualifier, column);
    };
    if (last === undefined) return joints;
    const earlier = this.sources.slice(0, -1);
    const byKey = this.names.jointsOf(last.table, new Set(earlier.map(({ table }) => table)));
    for (const other of earlier) {
      for (const [column, targets] of byKey) {
        for (const target of targets) if (target.table === other.table) both(last, column, other, target.column);
      }
      // Two rows of one table, or of two tables that point to the same third, are joined by what they have in common.
      const shared =
        other.table === last.table
          ? (this.names.columns.get(last.table) ?? [])
          : this.names.sharedKeys(last.table, other.table);
      for (const column of shared) both(last, column, other, column);
    }
    if (joints.size > 0) return joints;
    for (const other of earlier) {
      for (const column of this.names.columns.get(last.table) ?? [])
        if (this.names.has(other.table, column)) both(last, column, other, column);
    }
    if (joints.size > 0) return joints;
    for (const other of earlier) {
      for (const column of this.names.columns.get(last.table) ?? [])
        for (const toColumn of this.names.columns.get(other.table) ?? []) both(last, column, other, toColumn);
    }
    return joints;
  }

  /** Whether FROM holds all that was used; only then it may end. */
  get satisfied(): boolean {
    for (const qualifier of this.qualified.keys())
      if (!this.sources.some((source) => source.qualifier === qualifier)) return false;
    return [...this.bare].every((column) => this.owners(column) === 1);
  }

  private get pendingAliases(): string[] {
    return [...this.qualified.keys()].filter((qualifier) => !this.names.columns.has(qualifier));
  }

  /** Whether columns of the table itself, unaliased, were used. */
  private needs(table: string): boolean {
    return this.qualified.has(table) && this.sources.every(({ qualifier }) => qualifier !== table);
  }

  private owners(column: string): number {
    return this.sources.filter(({ table }) => this.names.has(table, column)).length;
  }

  /** Whether some table could hold the column and all others used without a table's name. */
  private canHold(column: string): boolean {
    if (this.pendingAliases.length > 0) return false;
    return [...this.names.tables].some(
      (table) =>
        this.names.has(table, column) &&
        [...this.bare].every((used) => this.names.has(table, used)) &&
        [...this.qualified.keys()].every(
          (other) => other === table || ![column, ...this.bare].some((used) => this.names.has(other, used)),
        ),
    );
  }

  /** Whether it would make a name that was used without a table's ambiguous, whichever table that comes from. */
  private clashes(table: string): boolean {
    if (this.bare.size === 0) return false;
    const others = new Set([...this.qualified.keys(), ...this.sources.map((source) => source.table), table]);
    return ![...this.names.tables].some(
      (home) =>
        [...this.bare].every((used) => this.names.has(home, used)) &&
        [...others].every((other) => other === home || ![...this.bare].some((used) => this.names.has(other, used))),
    );
  }

  private fits(table: string): boolean {
    const again = this.sources.find((source) => source.table === table);
    // A table comes twice only under two names.
    if (again !== undefined && (again.qualifier === table || this.bare.size > 0)) return false;
    if (again !== undefined && this.aliasesFor(table).names.length === 0) return false;
    return !this.clashes(table);
  }
}
