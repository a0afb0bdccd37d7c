import type { DatabaseEngine, DatabaseSchema } from "../schema";
import { Collector, type Uses } from "./resolve";
import { ExpressionResolver } from "./resolveExpression";
import {
  foldedName,
  type KnownTables,
  type OfferedColumn,
  type Outputs,
  sameName,
  type Scope,
  scopeWithin,
  type Source,
} from "./scope";
import type {
  Body,
  CommonTable,
  Expression,
  Join,
  Joined,
  Name,
  OrderItem,
  Query,
  Relation,
  Select,
  Statement,
} from "./tree";

/**
 * What every name of a statement stands for in the live schema, in the scope where it is used.
 * Throws Refused where a name in FROM is no table and DuckDB would open a file for it.
 */
export function resolveStatement(statement: Statement, schema: DatabaseSchema): Uses {
  const collector = new Collector(schema);
  new QueryResolver(collector, schema.engine).statement(statement);
  return collector.uses();
}

class QueryResolver {
  private readonly expressions: ExpressionResolver;

  constructor(
    private readonly collector: Collector,
    private readonly engine: DatabaseEngine,
  ) {
    this.expressions = new ExpressionResolver(collector, engine, (query, scope, tables) =>
      this.query(query, scope, tables),
    );
  }

  statement(statement: Statement): void {
    switch (statement.kind) {
      case "query":
      case "explain":
        this.query(statement.query, undefined, undefined);
        return;
      case "insert": {
        const target = this.collector.table(statement.table);
        const scope = this.scopeOf(target);
        for (const column of statement.columns) this.expressions.column([column], scope);
        this.query(statement.source, undefined, undefined);
        return;
      }
      case "update":
      case "delete": {
        const table = this.collector.table(statement.table);
        const scope = this.scopeOf(
          statement.alias === undefined ? table : { ...table, name: foldedName(this.engine, statement.alias) },
        );
        if (statement.kind === "update")
          for (const { column, value } of statement.assignments) {
            this.expressions.column(column, scope);
            this.expressions.walk(value, scope, undefined);
          }
        if (statement.where !== undefined) this.expressions.walk(statement.where, scope, undefined);
      }
    }
  }

  private scopeOf(source: Source): Scope {
    const scope = scopeWithin(undefined);
    scope.sources.push(source);
    return scope;
  }

  /** @returns the columns of its rows, where they are known. */
  query(query: Query, outer: Scope | undefined, known: KnownTables | undefined): Outputs {
    let tables = known;
    for (const table of query.with) tables = this.commonTable(table, query.recursive, outer, tables);
    const { outputs, scope } = this.body(query.body, outer, tables);
    for (const item of query.order) this.orderItem(item, scope, outputs, tables);
    const limitScope = scopeWithin(outer);
    for (const bound of [query.limit, query.offset])
      if (bound !== undefined) this.expressions.walk(bound, limitScope, tables);
    return outputs;
  }

  private commonTable(
    table: CommonTable,
    recursive: boolean,
    outer: Scope | undefined,
    known: KnownTables | undefined,
  ): KnownTables {
    const name = foldedName(this.engine, table.name);
    const named = (outputs: Outputs): Outputs => this.renamed(outputs, table.columns);
    let around = known;
    if (recursive && table.query.body.kind === "set") {
      const { left } = table.query.body;
      const first = this.collector.silently(
        () => this.body(left, outer, { name, columns: undefined, outer: known }).outputs,
      );
      around = { name, columns: named(first), outer: known };
    } else if (recursive) around = { name, columns: named(undefined), outer: known };
    return { name, columns: named(this.query(table.query, outer, around)), outer: known };
  }

  /** Columns under the names of an alias's list, as far as it goes. */
  private renamed(outputs: Outputs, names: readonly Name[]): Outputs {
    if (names.length === 0) return outputs;
    const given = names.map((name, at): OfferedColumn => ({ ...outputs?.[at], name: foldedName(this.engine, name) }));
    return outputs === undefined ? given : [...given, ...outputs.slice(names.length)];
  }

  private body(
    body: Body,
    outer: Scope | undefined,
    tables: KnownTables | undefined,
  ): { outputs: Outputs; scope: Scope | undefined } {
    switch (body.kind) {
      case "select":
        return this.select(body, outer, tables);
      case "query":
        return { outputs: this.query(body.query, outer, tables), scope: undefined };
      case "values": {
        const scope = scopeWithin(outer);
        for (const row of body.rows) for (const value of row) this.expressions.walk(value, scope, tables);
        const prefix = this.engine === "duckdb" ? "col" : this.engine.startsWith("m") ? "column_" : "column";
        const from = prefix === "col" || prefix === "column_" ? 0 : 1;
        return { outputs: body.rows[0]?.map((_, at) => ({ name: `${prefix}${at + from}` })), scope: undefined };
      }
      case "set": {
        const left = this.body(body.left, outer, tables);
        const right = this.body(body.right, outer, tables);
        // SQLite takes the names of any part for ORDER BY, the others the first's; who else is wrong hears it of the engine.
        const outputs = left.outputs ?? right.outputs;
        return { outputs, scope: undefined };
      }
    }
  }

  private select(
    select: Select,
    outer: Scope | undefined,
    tables: KnownTables | undefined,
  ): { outputs: Outputs; scope: Scope } {
    const scope = scopeWithin(outer);
    for (const joined of select.from) this.joined(joined, scope, tables);
    const outputs = this.outputs(select, scope, tables);
    const named = select.items.flatMap((item) =>
      item.kind === "value" && item.alias !== undefined ? [{ name: foldedName(this.engine, item.alias) }] : [],
    );
    const everywhere = this.engine === "sqlite" || this.engine === "duckdb";
    const walk = (expression: Expression | undefined, aliases: boolean): void => {
      if (expression === undefined) return;
      scope.aliases = aliases ? named : [];
      this.expressions.walk(expression, scope, tables);
    };
    for (const expression of select.distinctOn) walk(expression, true);
    walk(select.where, everywhere);
    if (select.groupBy !== "all") for (const expression of select.groupBy) walk(expression, true);
    walk(select.having, this.engine !== "postgres");
    walk(select.qualify, true);
    for (const { spec } of select.windows) this.expressions.window(spec, scope, tables);
    scope.aliases = named;
    return { outputs, scope };
  }

  /** Resolves what is selected. DuckDB lets later columns use the names of earlier ones. */
  private outputs(select: Select, scope: Scope, tables: KnownTables | undefined): Outputs {
    const outputs: OfferedColumn[] = [];
    let open = false;
    for (const item of select.items) {
      if (item.kind === "value") {
        if (this.engine === "duckdb") scope.aliases = outputs;
        const column = this.expressions.walk(item.value, scope, tables);
        const name = item.alias === undefined ? (column?.name ?? "") : foldedName(this.engine, item.alias);
        outputs.push({ ...column, name });
        continue;
      }
      const sources = item.of === undefined ? scope.sources : this.expressions.sourcesOf(item.of, scope);
      for (const source of sources) {
        if (source.columns === undefined) open = true;
        for (const column of source.columns ?? []) {
          if (item.except.some((name) => sameName(this.engine, name, column.name))) continue;
          this.collector.useColumn(column);
          outputs.push(column);
        }
      }
    }
    return open ? undefined : outputs;
  }

  /** In ORDER BY a name is one of the result's columns first. */
  private orderItem(
    item: OrderItem,
    scope: Scope | undefined,
    outputs: Outputs,
    tables: KnownTables | undefined,
  ): void {
    const by = item.by;
    if (by.kind === "column" && by.parts.length === 1 && by.parts[0] !== undefined) {
      const [name] = by.parts;
      if (outputs === undefined && scope === undefined) return;
      if (outputs?.some((column) => sameName(this.engine, name, column.name)) === true) return;
    }
    const inner = scope ?? { ...scopeWithin(undefined), sources: [{ columns: outputs }] };
    this.expressions.walk(by, inner, tables);
  }

  private joined(joined: Joined, scope: Scope, tables: KnownTables | undefined): void {
    this.relation(joined.first, scope, tables);
    for (const join of joined.joins) this.join(join, scope, tables);
  }

  private join(join: Join, scope: Scope, tables: KnownTables | undefined): void {
    const before = [...scope.sources];
    this.relation(join.relation, scope, tables);
    if (join.on !== undefined) this.expressions.walk(join.on, scope, tables);
    const added = scope.sources.slice(before.length);
    for (const name of join.using ?? [])
      for (const side of [before, added]) this.expressions.column([name], { ...scopeWithin(undefined), sources: side });
  }

  /** Adds what stands in FROM to the scope. */
  private relation(relation: Relation, scope: Scope, tables: KnownTables | undefined): void {
    const alias = relation.alias;
    const add = (source: Source): void => {
      if (alias === undefined) scope.sources.push(source);
      else
        scope.sources.push({
          name: foldedName(this.engine, alias.name),
          columns: this.renamed(source.columns, alias.columns),
          ...(source.table === undefined ? {} : { table: source.table }),
        });
    };
    switch (relation.kind) {
      case "table":
        add(this.commonOf(relation.name, tables) ?? this.collector.table(relation.name));
        return;
      case "derived": {
        const lateral = relation.lateral || this.engine === "duckdb";
        add({ columns: this.query(relation.query, lateral ? scope : scope.outer, tables) });
        return;
      }
      case "function":
        for (const argument of relation.args)
          if (argument.kind === "value") this.expressions.walk(argument.value, scope, tables);
        add({ name: foldedName(this.engine, relation.name.at(-1) ?? { text: "", quoted: false }), columns: undefined });
        return;
      case "joined": {
        const inner = scopeWithin(scope.outer);
        this.joined(relation.tables, inner, tables);
        if (alias === undefined) scope.sources.push(...inner.sources);
        else {
          const open = inner.sources.some((source) => source.columns === undefined);
          add({ columns: open ? undefined : inner.sources.flatMap((source) => source.columns ?? []) });
        }
      }
    }
  }

  private commonOf(name: readonly Name[], tables: KnownTables | undefined): Source | undefined {
    const [only, ...more] = name;
    if (only === undefined || more.length > 0) return undefined;
    for (let at = tables; at !== undefined; at = at.outer)
      if (sameName(this.engine, only, at.name)) return { name: at.name, columns: at.columns };
    return undefined;
  }
}
