import { readFile } from "node:fs/promises";
import path from "node:path";
import { pathToFileURL } from "node:url";
import * as v from "valibot";
import type { ParserDialect, SqlParser } from "../core/parse/sqlParser";

/** What the package's own glue for its WebAssembly offers. */
const glueSchema = v.object({
  initSync: v.function(),
  parse_sql: v.function(),
});
type Glue = v.InferOutput<typeof glueSchema>;

/** What the glue throws where a text cannot be parsed. */
const errorSchema = v.object({ message: v.string() });

/**
 * Loads the SQL parser.
 * @param folder where the package's WebAssembly and its glue are: `dist/sqlparser`, or the package's own `wasm`.
 */
export async function loadSqlParser(folder: string): Promise<SqlParser> {
  const bytes = await readFile(path.join(folder, "sqlparser_rs_wasm_bg.wasm"));
  const parser = new LoadedParser(pathToFileURL(path.join(folder, "sqlparser_rs_wasm.js")), bytes);
  await parser.renew();
  return parser;
}

class LoadedParser implements SqlParser {
  /** Of all instances of this process: no two parsers share one, or one's failure would be the other's too. */
  private static instances = 0;
  private glue: Glue | undefined;

  constructor(
    private readonly url: URL,
    private readonly bytes: Uint8Array,
  ) {}

  parse(sql: string, dialect: ParserDialect): readonly unknown[] {
    if (this.glue === undefined) throw new Error("the SQL parser failed and is being loaded anew");
    try {
      const trees: unknown = this.glue.parse_sql(dialect, sql);
      return v.parse(v.array(v.unknown()), trees);
    } catch (error) {
      // The parser's own words come as a plain object; an Error is a trap or a stack that overflowed, which leaves the
      // instance's stack and memory as they were in the middle of it.
      if (error instanceof Error) {
        this.glue = undefined;
        void this.renew();
        throw new Error("the SQL parser failed on it", { cause: error });
      }
      const parsed = v.safeParse(errorSchema, error);
      throw new Error(parsed.success ? parsed.output.message : String(error), { cause: error });
    }
  }

  /** The glue keeps one instance for each time it is imported, so each time it is imported under an address of its own. */
  async renew(): Promise<void> {
    const url = `${this.url.href}?${LoadedParser.instances++}`;
    const imported: unknown = await import(/* @vite-ignore */ url);
    const glue = v.parse(glueSchema, imported);
    glue.initSync({ module: this.bytes });
    this.glue = glue;
  }
}
