import type { SqlLanguage } from "./sqlLanguage";
import { isClosed, lexemes } from "./sqlLexemes";
import { SqlReader, Stop } from "./sqlReader";
import { SqlNames, SqlScope } from "./sqlScope";
import { type ColumnOfTable, SqlTexts } from "./sqlTexts";

const aggregates = ["COUNT", "SUM", "AVG", "MIN", "MAX"] as const;
const comparisons = ["=", "!=", "<>", "<=", ">=", "<", ">"] as const;
const setOperations = ["UNION", "INTERSECT", "EXCEPT"] as const;
/** Deeper nesting is a model that has lost its way. */
const DEEPEST = 4;

interface Place {
  readonly scope: SqlScope;
  readonly depth: number;
  /** COUNT and its like may stand here. */
  readonly aggregates: boolean;
}

/**
 * Tells of any text whether it is the beginning of a SELECT over a live schema, so that a model can be kept from
 * writing anything else: only its tables, only columns of tables of their own FROM, every parenthesis closed. It is a
 * subset of what all the engines understand, as small models are taught it: no functions but the aggregates, no aliases
 * but for a table that is joined to itself, no subquery that looks outside.
 * Reading begins anew with each text: a statement is some forty words, which takes microseconds.
 */
export class SqlPrefix {
  private readonly names: SqlNames;
  private readonly texts: SqlTexts | undefined;

  constructor(language: SqlLanguage) {
    this.names = new SqlNames(language);
    this.texts = language.texts === undefined ? undefined : new SqlTexts(language.texts);
  }

  /** Whether a statement can begin so. */
  isBeginning(text: string): boolean {
    const found = lexemes(text);
    if (found === undefined) return false;
    const reader = new SqlReader(found, text.endsWith(" ") ? "spaced" : "open");
    try {
      new Statement(reader, this.names, this.texts).read();
    } catch (error) {
      if (!(error instanceof Stop)) throw error;
    }
    return reader.hopeful;
  }

  /** Whether it is a whole statement. */
  isWhole(text: string): boolean {
    const found = lexemes(text);
    if (found?.every(({ kind, text: part }) => (kind !== "string" && kind !== "quoted") || isClosed(part)) !== true)
      return false;
    const reader = new SqlReader(found, "whole");
    try {
      new Statement(reader, this.names, this.texts).read();
      return reader.atEnd;
    } catch (error) {
      if (error instanceof Stop) return false;
      throw error;
    }
  }
}

class Statement {
  constructor(
    private readonly reader: SqlReader,
    private readonly names: SqlNames,
    private readonly texts: SqlTexts | undefined,
  ) {}

  read(): void {
    this.query(undefined, 0);
  }

  /** @param width how many columns it must have; undefined: as many as it likes, or all of a table. */
  private query(width: number | undefined, depth: number): void {
    const { reader } = this;
    const first = this.select(width, depth);
    let compound = false;
    while (first.width !== undefined) {
      const operation = reader.acceptOneOf(setOperations);
      if (operation === undefined) break;
      if (operation === "UNION") reader.accept("ALL");
      compound = true;
      this.select(first.width, depth);
    }
    // What a compound is ordered by would have to be one of its columns.
    if (!compound && reader.accept("ORDER")) {
      reader.expect("BY");
      do {
        this.expression({ scope: first.scope, depth, aggregates: first.grouped });
        if (!reader.accept("ASC")) reader.accept("DESC");
      } while (reader.accept(","));
    }
    if (reader.accept("LIMIT")) {
      if (!reader.acceptNumber()) throw new Stop();
    }
  }

  private select(
    wanted: number | undefined,
    depth: number,
  ): { readonly width: number | undefined; readonly scope: SqlScope; readonly grouped: boolean } {
    const { reader } = this;
    const scope = new SqlScope(this.names);
    reader.expect("SELECT");
    reader.accept("DISTINCT");
    let width: number | undefined;
    if (wanted === undefined && reader.accept("*")) width = undefined;
    else {
      width = 0;
      const items = new Set<string>();
      do {
        const begin = reader.position;
        this.expression({ scope, depth, aggregates: true });
        items.add(reader.since(begin));
        // The same column twice is a model that repeats itself.
        if (items.size < ++width) throw new Stop();
      } while ((wanted === undefined || width < wanted) && reader.accept(","));
      if (wanted !== undefined && width < wanted) throw new Stop();
    }
    reader.expect("FROM");
    this.from(scope);
    if (reader.accept("WHERE")) this.condition({ scope, depth, aggregates: false });
    const grouped = reader.accept("GROUP");
    if (grouped) {
      reader.expect("BY");
      do this.column(scope);
      while (reader.accept(","));
      if (reader.accept("HAVING")) this.condition({ scope, depth, aggregates: true });
    }
    return { width, scope, grouped };
  }

  private from(scope: SqlScope): void {
    const { reader } = this;
    this.source(scope);
    for (;;) {
      if (reader.accept("LEFT")) reader.expect("JOIN");
      else if (!reader.accept("JOIN")) break;
      this.source(scope);
      reader.expect("ON");
      this.joint(scope);
    }
    // Whatever else may come, what was used must have its table first.
    if (!scope.satisfied) throw new Stop();
    scope.closed = true;
  }

  private source(scope: SqlScope): void {
    const { reader } = this;
    const table = reader.expectOneOf(scope.nextTables());
    const { names, must } = scope.aliasesFor(table);
    let alias: string | undefined;
    if (names.length > 0 && reader.accept("AS")) alias = reader.expectOneOf(names);
    else if (must) throw new Stop();
    scope.addSource(table, alias);
  }

  private joint(scope: SqlScope): void {
    const { reader } = this;
    const joints = scope.jointsOfLast();
    const left = reader.expectOneOf([...joints.keys()]);
    reader.expect(".");
    const columns = joints.get(left);
    const column = reader.expectOneOf([...(columns?.keys() ?? [])]);
    reader.expect("=");
    const others = columns?.get(column);
    const right = reader.expectOneOf([...(others?.keys() ?? [])]);
    reader.expect(".");
    reader.expectOneOf([...(others?.get(right) ?? [])]);
  }

  private condition(place: Place): void {
    const { reader } = this;
    // One column is not two values at once.
    const equal = new Set<string>();
    for (;;) {
      const negated = reader.accept("NOT");
      if (reader.peek()?.text === "(" && reader.peek(1)?.text !== "SELECT") {
        reader.take();
        if (place.depth >= DEEPEST) throw new Stop();
        reader.hope((written) => "SELECT".startsWith(written));
        this.condition({ ...place, depth: place.depth + 1 });
        reader.expect(")");
      } else this.predicate(place, negated ? new Set() : equal);
      if (reader.accept("OR")) equal.clear();
      else if (!reader.accept("AND")) return;
    }
  }

  /** @param equal columns that are compared for equality already, under the same AND. */
  private predicate(place: Place, equal: Set<string>): void {
    const { reader } = this;
    const begin = reader.position;
    const column = this.expression(place);
    const left = reader.since(begin);
    const comparison = reader.acceptOneOf(comparisons);
    if (comparison !== undefined) {
      if (comparison === "=" && equal.has(left)) throw new Stop();
      if (comparison === "=") equal.add(left);
      this.operand(place, column);
      return;
    }
    if (reader.accept("IS")) {
      reader.accept("NOT");
      reader.expect("NULL");
      return;
    }
    reader.accept("NOT");
    if (reader.accept("IN")) {
      if (reader.peek(1)?.text === "SELECT") this.subquery(place, 1);
      else this.list(column);
    } else if (reader.accept("LIKE")) {
      if (!this.text(column, true)) throw new Stop();
    } else {
      reader.expect("BETWEEN");
      this.operand(place, column);
      reader.expect("AND");
      this.operand(place, column);
    }
  }

  private list(column: ColumnOfTable | undefined): void {
    const { reader } = this;
    reader.expect("(");
    reader.hope((written) => "SELECT".startsWith(written));
    do if (!this.text(column, false)) this.number();
    while (reader.accept(","));
    reader.expect(")");
  }

  private operand(place: Place, column: ColumnOfTable | undefined): void {
    if (!this.text(column, false)) this.expression(place);
  }

  private text(column: ColumnOfTable | undefined, pattern: boolean): boolean {
    const { texts } = this;
    return this.reader.acceptText(
      (written) => texts?.mayBegin(written, column) ?? true,
      (written) => texts?.mayBe(written, column, pattern) ?? true,
    );
  }

  private number(): void {
    this.reader.accept("-");
    if (!this.reader.acceptNumber()) throw new Stop();
  }

  private subquery({ depth }: Place, width: number): void {
    const { reader } = this;
    if (depth >= DEEPEST) throw new Stop();
    reader.expect("(");
    this.query(width, depth + 1);
    reader.expect(")");
  }

  /** @returns the column that it is, where it is nothing else. */
  private expression(place: Place): ColumnOfTable | undefined {
    let column = this.term(place);
    while (this.reader.acceptOneOf(["+", "-", "*", "/"]) !== undefined) {
      this.term(place);
      column = undefined;
    }
    return column;
  }

  private term(place: Place): ColumnOfTable | undefined {
    const { reader } = this;
    const next = reader.peek();
    if (next?.text === "(") {
      this.subquery(place, 1);
      return undefined;
    }
    if (next?.kind === "number" || next?.text === "-") {
      this.number();
      return undefined;
    }
    reader.hope((_, written) => written?.kind === "number");
    if (place.aggregates && (next === undefined || reader.peek(1)?.text === "(")) {
      if (reader.acceptOneOf(aggregates) !== undefined) {
        this.aggregate(place);
        return undefined;
      }
    }
    return this.column(place.scope);
  }

  private aggregate(place: Place): void {
    const { reader } = this;
    reader.expect("(");
    reader.accept("DISTINCT");
    if (!reader.accept("*")) this.expression({ ...place, aggregates: false });
    reader.expect(")");
  }

  private column(scope: SqlScope): ColumnOfTable | undefined {
    const { reader } = this;
    const qualifiers = scope.qualifiers();
    const first = reader.peek();
    if (first !== undefined && reader.peek(1)?.text === "." && qualifiers.includes(first.text)) {
      reader.take();
      reader.take();
      const column = reader.expectOneOf(scope.columnsOf(first.text));
      scope.useQualified(first.text, column);
      return owned(scope.tableOf(column, first.text), column);
    }
    // A table's name at the end of the text may be followed by its dot.
    reader.hope((written) => qualifiers.some((name) => name.startsWith(written)));
    const column = reader.expectOneOf(scope.bareColumns());
    scope.useBare(column);
    return owned(scope.tableOf(column, undefined), column);
  }
}

function owned(table: string | undefined, column: string): ColumnOfTable | undefined {
  return table === undefined ? undefined : { table, column };
}
