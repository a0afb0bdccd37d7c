import { condition, type Describing, isAggregate, isCountOfRows, joined, order, thing } from "./describe";
import { printExpression } from "./print";
import type { Body, Expression, Joined, Name, OrderItem, Query, Relation, Select, SelectItem, Statement } from "./tree";
import { contains } from "./walk";

/** A sentence that is longer says no more, characters. */
const maxSentence = 600;
/** Subqueries inside of subqueries that are still told. */
const maxInner = 3;

/** What a statement does, in one sentence, made from its tree alone. */
export function explainStatement(statement: Statement): string {
  const sentence = statementWords(statement).replaceAll(/\s+/g, " ");
  const whole = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return whole.length > maxSentence ? `${whole.slice(0, maxSentence)}…` : `${whole}.`;
}

function statementWords(statement: Statement): string {
  switch (statement.kind) {
    case "query":
      return queryWords(statement.query, "sentence", 0);
    case "explain":
      return `tells how the database would run this: ${queryWords(statement.query, "sentence", 0)}`;
    case "insert": {
      const table = last(statement.table);
      const { body } = statement.source;
      if (body.kind !== "values")
        return `adds to ${table} what a query gives: ${queryWords(statement.source, "thing", 0)}`;
      const rows = body.rows.length === 1 ? "one row" : `${body.rows.length} rows`;
      return `adds ${rows} to ${table}`;
    }
    case "update": {
      const names = describing([], 0);
      const set = statement.assignments.map(({ column, value }) => `${last(column)} to ${thing(names, value)}`);
      return `in ${last(statement.table)}, sets ${joined(set)} ${ofRows(names, statement.where)}`;
    }
    case "delete":
      return statement.where === undefined
        ? `deletes all rows of ${last(statement.table)}`
        : `deletes rows of ${last(statement.table)} where ${condition(describing([], 0), statement.where)}`;
  }
}

const ofRows = (names: Describing, where: Expression | undefined): string =>
  where === undefined ? "in all rows" : `where ${condition(names, where)}`;

const last = (name: readonly Name[]): string => name.at(-1)?.text ?? "";

type Form = "sentence" | "thing";

/** `shows name of singer` or, as a thing, `name of singer`. */
function queryWords(query: Query, form: Form, depth: number): string {
  if (depth > maxInner) return "the result of a further query";
  const { body } = query;
  const select = body.kind === "select" ? body : undefined;
  const names = describing(select?.from ?? [], depth);
  return bodyWords(body, form, depth) + orderWords(names, query.order, query.limit, query.offset, select);
}

function bodyWords(body: Body, form: Form, depth: number): string {
  switch (body.kind) {
    case "select":
      return selectWords(body, form, depth);
    case "query":
      return queryWords(body.query, form, depth);
    case "values":
      return `${form === "sentence" ? "shows " : ""}${body.rows.length === 1 ? "one given row" : `${body.rows.length} given rows`}`;
    case "set": {
      const right = bodyWords(body.right, "thing", depth);
      const link = {
        UNION: "together with",
        EXCEPT: "without those that are also",
        INTERSECT: "of which only those that are also",
      }[body.operator];
      return `${bodyWords(body.left, form, depth)}, ${link} ${right}`;
    }
  }
}

function selectWords(select: Select, form: Form, depth: number): string {
  const names = describing(select.from, depth);
  const groups = select.groupBy === "all" ? [] : select.groupBy;
  const isGroup = (item: SelectItem): boolean =>
    item.kind === "value" &&
    groups.some((group) => printExpression(group, "sqlite") === printExpression(item.value, "sqlite"));
  const items = select.items.filter((item) => !isGroup(item));
  const from = select.from.length === 0 ? "" : ` of ${fromWords(names, select.from, depth)}`;
  const where = select.where === undefined ? "" : ` where ${condition(names, select.where)}`;
  const distinct = select.distinct || select.distinctOn.length > 0 ? "different " : "";
  const rest = `${from}${where}`;
  const having = select.having === undefined ? "" : `, of which only those where ${condition(names, select.having)}`;
  const qualify = select.qualify === undefined ? "" : `, of which only rows where ${condition(names, select.qualify)}`;
  const kept = `${having}${qualify}`;
  if (groups.length > 0 || select.groupBy === "all") {
    const each = select.groupBy === "all" ? "group" : joined(groups.map((group) => groupWords(names, group, select)));
    if (items.length === 0) return `${form === "sentence" ? "shows each " : "each "}${each}${rest}${kept}`;
    return form === "sentence"
      ? `for each ${each}, ${whatIsShown(names, items, distinct)}${rest}${kept}`
      : `${itemWords(names, items)} for each ${each}${rest}${kept}`;
  }
  return form === "sentence"
    ? whatIsShown(names, items, distinct) + rest + kept
    : `${distinct}${itemWords(names, items)}${rest}${kept}`;
}

/** `counts the rows`, or `shows name and age`. */
function whatIsShown(names: Describing, items: readonly SelectItem[], distinct: string): string {
  const [only] = items;
  if (items.length === 1 && only?.kind === "value" && isCountOfRows(only.value)) return "counts the rows";
  return `shows ${distinct}${itemWords(names, items)}`;
}

function itemWords(names: Describing, items: readonly SelectItem[]): string {
  return joined(
    items.map((item) => {
      if (item.kind === "star") return item.of === undefined ? "all columns" : `all columns of ${last(item.of)}`;
      return thing(names, item.value);
    }),
  );
}

/** In GROUP BY a number is the place of a column that is shown, and a name may be its alias. */
function groupWords(names: Describing, group: Expression, select: Select): string {
  const shown = shownAs(group, select);
  return thing(names, shown ?? group);
}

function shownAs(expression: Expression, select: Select | undefined): Expression | undefined {
  if (expression.kind === "literal" && expression.value.type === "number") {
    const item = select?.items[Number(expression.value.digits) - 1];
    return item?.kind === "value" ? item.value : undefined;
  }
  if (expression.kind !== "column" || expression.parts.length !== 1) return undefined;
  const name = last(expression.parts).toLowerCase();
  const item = select?.items.find((one) => one.kind === "value" && one.alias?.text.toLowerCase() === name);
  return item?.kind === "value" && contains(item.value, (inner) => isAggregate(inner)) ? item.value : undefined;
}

function fromWords(names: Describing, from: readonly Joined[], depth: number): string {
  return joined(
    from.map(({ first, joins }) => {
      const parts = joins.map((join) => {
        const link =
          join.kind === "LEFT"
            ? "with or without"
            : join.kind === "RIGHT" || join.kind === "FULL"
              ? `joined (${join.kind.toLowerCase()}) with`
              : join.kind === "ANTI"
                ? "that have none of"
                : "joined with";
        const on = join.on === undefined ? "" : ` (${condition(names, join.on)})`;
        const using = join.using === undefined ? "" : ` (by the same ${joined(join.using.map((name) => name.text))})`;
        return ` ${link} ${relationWords(join.relation, depth)}${on}${using}`;
      });
      return relationWords(first, depth) + parts.join("");
    }),
  );
}

function relationWords(relation: Relation, depth: number): string {
  switch (relation.kind) {
    case "table":
      return last(relation.name);
    case "derived":
      return `(${queryWords(relation.query, "thing", depth + 1)})`;
    case "function":
      return `the rows of ${last(relation.name)}`;
    case "joined":
      return fromWords(describing([relation.tables], depth), [relation.tables], depth);
  }
}

function orderWords(
  names: Describing,
  items: readonly OrderItem[],
  limit: Expression | undefined,
  offset: Expression | undefined,
  select: Select | undefined,
): string {
  const by = items.map((item) => ({ ...item, by: shownAs(item.by, select) ?? item.by }));
  const sorted = by.length === 0 ? "" : `ordered by ${order(names, by)}`;
  const skipped = offset === undefined ? "" : `, after leaving out ${thing(names, offset)}`;
  if (limit === undefined) return (sorted === "" ? "" : `, ${sorted}`) + skipped;
  const one = limit.kind === "literal" && limit.value.type === "number" && limit.value.digits === "1";
  const count = one ? "row" : `${thing(names, limit)} rows`;
  return sorted === ""
    ? `, ${one ? "one row" : `at most ${count}`}${skipped}`
    : `, only the first ${count}${skipped} when ${sorted}`;
}

/** Columns by their own names, after their table's where there are several; an alias is the table it stands for. */
function describing(from: readonly Joined[], depth: number): Describing {
  const tables = new Map<string, string>();
  const count = new Map<string, number>();
  const add = (relation: Relation): void => {
    if (relation.kind === "joined" && relation.alias === undefined) {
      for (const inner of [relation.tables.first, ...relation.tables.joins.map((join) => join.relation)]) add(inner);
      return;
    }
    const own =
      relation.kind === "table" || relation.kind === "function"
        ? last(relation.name)
        : (relation.alias?.name.text ?? "");
    tables.set((relation.alias?.name.text ?? own).toLowerCase(), own);
    count.set(own, (count.get(own) ?? 0) + 1);
  };
  for (const { first, joins } of from)
    for (const relation of [first, ...joins.map((join) => join.relation)]) add(relation);
  return {
    column: (parts) => {
      const column = last(parts);
      const qualifier = parts.at(-2)?.text;
      if (qualifier === undefined) return column;
      const table = tables.get(qualifier.toLowerCase());
      if (table !== undefined && tables.size === 1) return column;
      // The same table twice can only be told apart by what it was called.
      return `${table === undefined || (count.get(table) ?? 0) > 1 ? qualifier : table}.${column}`;
    },
    query: (query) => queryWords(query, "thing", depth + 1),
  };
}
