import type { ConnectionProfile } from "./connection";
import type { FoundConnection } from "./found";
import type { ColumnSchema, DatabaseSchema, ForeignKey, IndexSchema, TableSchema } from "./schema";

/** An item of the Databases view. Its id stays while it means the same. */
export type DatabaseNode =
  | { readonly kind: "connection"; readonly id: string; readonly profile: ConnectionProfile }
  /** What could be done about a failure, or that there is nothing to show. */
  | { readonly kind: "remark"; readonly id: string; readonly connection: string; readonly what: "remedy" | "empty" }
  | { readonly kind: "space"; readonly id: string; readonly connection: string; readonly name: string }
  | TableNode
  | ColumnNode
  /** Foreign keys of several columns, and indexes. */
  | { readonly kind: "keys"; readonly id: string; readonly connection: string; readonly table: TableSchema }
  | {
      readonly kind: "foreignKey";
      readonly id: string;
      readonly connection: string;
      readonly table: TableSchema;
      readonly key: ForeignKey;
    }
  | {
      readonly kind: "index";
      readonly id: string;
      readonly connection: string;
      readonly table: TableSchema;
      readonly index: IndexSchema;
    }
  | { readonly kind: "foundGroup"; readonly id: string }
  | { readonly kind: "found"; readonly id: string; readonly found: FoundConnection };

export interface TableNode {
  readonly kind: "table";
  readonly id: string;
  readonly connection: string;
  readonly table: TableSchema;
}

export interface ColumnNode {
  readonly kind: "column";
  readonly id: string;
  readonly connection: string;
  readonly table: TableSchema;
  readonly column: ColumnSchema;
}

/** What the tree is made of; asked anew each time, so that no item outlives what it shows. */
export interface TreeSources {
  connections(): readonly ConnectionProfile[];
  /** Of what is open; undefined for the rest. */
  schema(connection: string): DatabaseSchema | undefined;
  hasRemedy(connection: string): boolean;
  found(): readonly FoundConnection[];
}

export const foundGroup: DatabaseNode = { kind: "foundGroup", id: "found" };

export function rootNodes(sources: TreeSources): readonly DatabaseNode[] {
  return [...sources.connections().map(connectionNode), ...(sources.found().length > 0 ? [foundGroup] : [])];
}

export function childNodes(node: DatabaseNode, sources: TreeSources): readonly DatabaseNode[] {
  switch (node.kind) {
    case "connection":
      return ofConnection(node.profile.id, sources);
    case "space": {
      const tables = sources.schema(node.connection)?.tables ?? [];
      return tables
        .filter(({ schema }) => (schema ?? "") === node.name)
        .map((table) => tableNode(node.connection, table));
    }
    case "table":
      return ofTable(node);
    case "keys":
      return ofKeys(node.connection, node.table);
    case "foundGroup":
      return sources.found().map((found) => ({ kind: "found", id: `found/${found.id}`, found }));
    case "remark":
    case "column":
    case "foreignKey":
    case "index":
    case "found":
      return [];
  }
}

export function parentNode(node: DatabaseNode, sources: TreeSources): DatabaseNode | undefined {
  switch (node.kind) {
    case "connection":
    case "foundGroup":
      return undefined;
    case "found":
      return foundGroup;
    case "column":
      return tableNode(node.connection, node.table);
    case "keys":
      return tableNode(node.connection, node.table);
    case "foreignKey":
    case "index":
      return keysNode(node.connection, node.table);
    case "table":
      return hasSpaces(sources.schema(node.connection))
        ? spaceNode(node.connection, node.table.schema ?? "")
        : connectionOf(node.connection, sources);
    case "space":
    case "remark":
      return connectionOf(node.connection, sources);
  }
}

/** The item of a table or of its column; undefined where the schema has none such. Case counts only where it must. */
export function findNode(
  connection: string,
  place: { readonly schema?: string; readonly table: string; readonly column?: string },
  sources: TreeSources,
): TableNode | ColumnNode | undefined {
  const schema = sources.schema(connection);
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const tables = (schema?.tables ?? []).filter(
    (one) => same(one.name, place.table) && (place.schema === undefined || same(one.schema ?? "", place.schema)),
  );
  const table =
    tables.find(({ name }) => name === place.table) ??
    tables.find((one) => one.schema === schema?.defaultSchema) ??
    tables[0];
  if (table === undefined) return undefined;
  const { column: name } = place;
  if (name === undefined) return tableNode(connection, table);
  const column = table.columns.find((one) => one.name === name) ?? table.columns.find((one) => same(one.name, name));
  return column === undefined ? tableNode(connection, table) : columnNode(connection, table, column);
}

export function connectionNode(profile: ConnectionProfile): DatabaseNode {
  return { kind: "connection", id: `connection/${profile.id}`, profile };
}

/** Of a column alone; keys of several columns have an item of their own. */
export function foreignKeyOf(table: TableSchema, column: string): ForeignKey | undefined {
  return table.foreignKeys.find(({ columns }) => columns.length === 1 && columns[0] === column);
}

function connectionOf(id: string, sources: TreeSources): DatabaseNode | undefined {
  const profile = sources.connections().find((one) => one.id === id);
  return profile === undefined ? undefined : connectionNode(profile);
}

function ofConnection(connection: string, sources: TreeSources): readonly DatabaseNode[] {
  const schema = sources.schema(connection);
  if (schema === undefined) {
    return sources.hasRemedy(connection)
      ? [{ kind: "remark", id: `remedy/${connection}`, connection, what: "remedy" }]
      : [];
  }
  if (schema.tables.length === 0) return [{ kind: "remark", id: `empty/${connection}`, connection, what: "empty" }];
  if (!hasSpaces(schema)) return schema.tables.map((table) => tableNode(connection, table));
  const spaces = [...new Set(schema.tables.map((table) => table.schema ?? ""))];
  const rank = (name: string): number => (name === schema.defaultSchema ? 0 : 1);
  return spaces.toSorted((a, b) => rank(a) - rank(b)).map((name) => spaceNode(connection, name));
}

/** Where all tables are in one namespace, nobody needs to open it first. */
function hasSpaces(schema: DatabaseSchema | undefined): boolean {
  return new Set((schema?.tables ?? []).map((table) => table.schema ?? "")).size > 1;
}

function ofTable({ connection, table }: TableNode): readonly DatabaseNode[] {
  const columns = table.columns.map((column) => columnNode(connection, table, column));
  return ofKeys(connection, table).length === 0 ? columns : [...columns, keysNode(connection, table)];
}

function ofKeys(connection: string, table: TableSchema): readonly DatabaseNode[] {
  const base = `keys/${placeOf(connection, table)}`;
  return [
    ...table.foreignKeys
      .filter(({ columns }) => columns.length > 1)
      .map((key, at): DatabaseNode => ({ kind: "foreignKey", id: `${base}/foreign/${at}`, connection, table, key })),
    ...table.indexes.map((index): DatabaseNode => ({
      kind: "index",
      id: `${base}/index/${index.name}`,
      connection,
      table,
      index,
    })),
  ];
}

function spaceNode(connection: string, name: string): DatabaseNode {
  return { kind: "space", id: `space/${connection}/${name}`, connection, name };
}

function tableNode(connection: string, table: TableSchema): TableNode {
  return { kind: "table", id: `table/${placeOf(connection, table)}`, connection, table };
}

function columnNode(connection: string, table: TableSchema, column: ColumnSchema): ColumnNode {
  const id = `column/${placeOf(connection, table)}/${JSON.stringify(column.name)}`;
  return { kind: "column", id, connection, table, column };
}

function keysNode(connection: string, table: TableSchema): DatabaseNode {
  return { kind: "keys", id: `keys/${placeOf(connection, table)}`, connection, table };
}

/** Names may hold any character, so they are told apart as JSON does. */
function placeOf(connection: string, { schema, name }: TableSchema): string {
  return `${connection}/${JSON.stringify([schema ?? "", name])}`;
}
