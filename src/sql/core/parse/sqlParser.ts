/** The dialects of the parser that are used here. */
export type ParserDialect = "sqlite" | "duckdb" | "postgresql" | "mysql";

/**
 * Apache's SQL parser, which is loaded where there is Node (node/loadSqlParser.ts). Its trees are data from outside:
 * nobody looks into them but the readers in this folder.
 */
export interface SqlParser {
  /**
   * The trees of the statements in a text; of an empty one none.
   * Throws an Error with the parser's words where it cannot be parsed or the parser itself fails.
   */
  parse(sql: string, dialect: ParserDialect): readonly unknown[];
}
