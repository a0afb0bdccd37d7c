import type { DatabaseEngine } from "../schema";
import type { Collector } from "./resolve";
import {
  findColumn,
  isConstant,
  type KnownTables,
  type OfferedColumn,
  type Outputs,
  sameName,
  type Scope,
  scopeWithin,
  type Source,
} from "./scope";
import type { Expression, Name, Query, WindowSpec } from "./tree";
import { childrenOf, ofWindow, queryOf } from "./walk";

type ResolveQuery = (query: Query, scope: Scope, tables: KnownTables | undefined) => Outputs;

/** Resolves the names in expressions. */
export class ExpressionResolver {
  constructor(
    private readonly collector: Collector,
    private readonly engine: DatabaseEngine,
    private readonly query: ResolveQuery,
  ) {}

  /** @returns the column that the expression is, or the name that the engine gives its values; undefined: none that is known. */
  walk(expression: Expression, scope: Scope, tables: KnownTables | undefined): OfferedColumn | undefined {
    switch (expression.kind) {
      case "column":
        return this.column(expression.parts, scope);
      case "parens":
        return this.walk(expression.inner, scope, tables);
      case "lambda": {
        const parameters = expression.parameters.map((name) => name.text);
        const inner = { ...scopeWithin(scope, parameters), aliases: scope.aliases };
        this.walk(expression.body, inner, tables);
        return undefined;
      }
      case "call":
        for (const argument of expression.args ?? [])
          if (argument.kind === "star" && argument.of !== undefined) this.sourcesOf(argument.of, scope);
        break;
      default:
    }
    for (const child of childrenOf(expression)) this.walk(child, scope, tables);
    const query = queryOf(expression);
    if (query !== undefined) this.query(query, scope, tables);
    return expression.kind === "call" ? { name: expression.name.at(-1)?.text ?? "" } : undefined;
  }

  window(window: WindowSpec, scope: Scope, tables: KnownTables | undefined): void {
    for (const expression of ofWindow(window)) this.walk(expression, scope, tables);
  }

  /** What a name of one part or several stands for; what it cannot stand for is reported. */
  column(parts: readonly Name[], scope: Scope): OfferedColumn | undefined {
    const [first, second] = parts;
    if (first === undefined) return undefined;
    if (second === undefined) return this.bare(first, scope);
    const source = this.source(parts.slice(0, -1), scope);
    if (source === "any") return undefined;
    if (source !== undefined) return this.ofSource(source, parts, scope);
    // `place.city` may be the field of a struct, and `schema.table.column` the column of a table without an alias.
    if (this.engine === "duckdb") {
      const column = this.lookUp(first, scope);
      const inner = column === undefined && parts.length > 2 ? this.source([first], scope) : undefined;
      if (column !== undefined || (inner !== undefined && inner !== "any")) {
        if (column !== undefined && column !== "any") this.collector.useColumn(column);
        else if (inner !== undefined && inner !== "any") this.ofSource(inner, parts.slice(0, 2), scope);
        return undefined;
      }
    }
    this.collector.unknownSource(parts, scope);
    return undefined;
  }

  private ofSource(source: Source, parts: readonly Name[], scope: Scope): OfferedColumn | undefined {
    const name = parts.at(-1);
    const found = name === undefined ? undefined : findColumn(this.engine, source, name);
    if (found === "any") return undefined;
    if (found === undefined) this.collector.unknownColumn(parts, scope, source);
    else this.collector.useColumn(found);
    return found;
  }

  private bare(name: Name, scope: Scope): OfferedColumn | undefined {
    const found = this.lookUp(name, scope);
    if (found === "any") return undefined;
    if (found !== undefined) {
      this.collector.useColumn(found);
      return found;
    }
    // A table's name by itself is its whole row.
    if (this.engine === "postgres" || this.engine === "duckdb") {
      const row = this.source([name], scope);
      if (row === "any") return undefined;
      if (row !== undefined) {
        for (const column of row.columns ?? []) this.collector.useColumn(column);
        return undefined;
      }
    }
    if (!isConstant(name)) this.collector.unknownColumn([name], scope);
    return undefined;
  }

  /** Looks in the scope's sources, its aliases, then in the scopes around. */
  private lookUp(name: Name, scope: Scope): OfferedColumn | "any" | undefined {
    let open = false;
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.parameters.includes(name.text)) return "any";
      for (const source of at.sources) {
        const found = findColumn(this.engine, source, name);
        if (found === "any") open = true;
        else if (found !== undefined) return found;
      }
      const alias = at.aliases.find((column) => sameName(this.engine, name, column.name));
      if (alias !== undefined) return alias;
    }
    return open ? "any" : undefined;
  }

  private source(qualifier: readonly Name[], scope: Scope): Source | "any" | undefined {
    const [name, schema] = [qualifier.at(-1), qualifier.at(-2)];
    if (name === undefined) return undefined;
    for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
      if (at.parameters.includes(name.text)) return "any";
      for (const source of at.sources) {
        if (source.name === undefined || !sameName(this.engine, name, source.name)) continue;
        const fits =
          schema === undefined || source.schema === undefined || sameName(this.engine, schema, source.schema);
        if (fits) return source;
      }
    }
    return undefined;
  }

  /** The source that `t.*` means; reported where there is none. */
  sourcesOf(qualifier: readonly Name[], scope: Scope): readonly Source[] {
    const source = this.source(qualifier, scope);
    if (source === "any") return [];
    if (source !== undefined) return [source];
    this.collector.unknownSource([...qualifier, { text: "*", quoted: false }], scope);
    return [];
  }
}
