import type { DatabaseSync } from "node:sqlite";
import { nodeSqlite } from "./nodeSqlite";

/** Functions that only compute. What loads, writes or asks the system is not among them. */
const functions = new Set(
  // Core
  (
    "abs changes char coalesce concat concat_ws format glob hex if ifnull iif instr last_insert_rowid length like " +
    "likelihood likely lower ltrim max min nullif octet_length printf quote random randomblob replace round rtrim " +
    "sign soundex sqlite_source_id sqlite_version substr substring total_changes trim typeof unhex unicode unistr " +
    "unistr_quote unlikely upper zeroblob regexp match subtype " +
    // Dates
    "date time datetime julianday unixepoch strftime timediff current_date current_time current_timestamp " +
    // Aggregates and windows
    "avg count group_concat string_agg sum total median percentile percentile_cont percentile_disc row_number rank " +
    "dense_rank percent_rank cume_dist ntile lag lead first_value last_value nth_value " +
    // Mathematics
    "acos acosh asin asinh atan atan2 atanh ceil ceiling cos cosh degrees exp floor ln log log10 log2 mod pi pow " +
    "power radians sin sinh sqrt tan tanh trunc " +
    // JSON
    "json jsonb json_array jsonb_array json_array_length json_array_insert jsonb_array_insert json_error_position " +
    "json_extract jsonb_extract -> ->> json_insert jsonb_insert json_object jsonb_object json_patch jsonb_patch " +
    "json_pretty json_remove jsonb_remove json_replace jsonb_replace json_set jsonb_set json_type json_valid " +
    "json_quote json_group_array jsonb_group_array json_group_object jsonb_group_object " +
    // Full text and R*Tree
    "bm25 highlight snippet offsets matchinfo rtreenode rtreedepth geopoly_area geopoly_within geopoly_overlap " +
    "geopoly_contains_point geopoly_json geopoly_bbox geopoly_blob"
  ).split(" "),
);

/** Pragmas that tell something and change nothing; full text search asks for data_version itself. */
const pragmas = new Set([
  "table_info",
  "table_xinfo",
  "table_list",
  "index_list",
  "index_info",
  "index_xinfo",
  "foreign_key_list",
  "data_version",
]);

/**
 * Has SQLite itself ask, for each thing that a statement would do while it is compiled, whether it may. Reading is
 * what remains; with `writes`, rows of ordinary tables may be changed too, and nothing else: no schema, no other file.
 */
export function guard(database: DatabaseSync, writes: boolean): void {
  const { constants } = nodeSqlite();
  const { SQLITE_OK, SQLITE_DENY } = constants;
  database.setAuthorizer((action, first, second) => {
    switch (action) {
      case constants.SQLITE_SELECT:
      case constants.SQLITE_READ:
      case constants.SQLITE_RECURSIVE:
        return SQLITE_OK;
      case constants.SQLITE_FUNCTION:
        return second !== null && functions.has(second.toLowerCase()) ? SQLITE_OK : SQLITE_DENY;
      case constants.SQLITE_PRAGMA:
        // With a value, a pragma of these names takes a table's or index's name; nothing is set.
        return first !== null && pragmas.has(first.toLowerCase()) ? SQLITE_OK : SQLITE_DENY;
      case constants.SQLITE_INSERT:
      case constants.SQLITE_UPDATE:
      case constants.SQLITE_DELETE:
        return writes && first !== null && !/^sqlite_/i.test(first) ? SQLITE_OK : SQLITE_DENY;
      default:
        return SQLITE_DENY;
    }
  });
}
