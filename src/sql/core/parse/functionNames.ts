import type { DatabaseEngine } from "../schema";

/**
 * The functions a statement may call, by engine: those that only compute from what they are given. Whatever reads or
 * writes files, the network, settings, sequences, locks or other sessions, waits, or runs SQL of its own is not here.
 */

const ofAll =
  "abs acos asin atan atan2 avg ceil ceiling char_length coalesce concat concat_ws cos cot count cume_dist degrees " +
  "dense_rank exp first_value floor greatest lag last_value lead least left length ln log log10 lower lpad ltrim max " +
  "md5 min mod nth_value ntile nullif octet_length percent_rank pi pow power radians rank repeat replace reverse right " +
  "round row_number rpad rtrim sign sin sqrt substr substring sum tan trim upper current_date current_time " +
  "current_timestamp";

const sqlite =
  "abs acos acosh asin asinh atan atan2 atanh avg bm25 ceil ceiling char coalesce concat concat_ws cos cosh count " +
  "cume_dist current_date current_time current_timestamp date datetime degrees dense_rank exp first_value floor format " +
  "glob group_concat highlight hex if ifnull iif instr json json_array json_array_length json_each json_error_position " +
  "json_extract json_group_array json_group_object json_insert json_object json_patch json_pretty json_quote " +
  "json_remove json_replace json_set json_type json_valid jsonb jsonb_array jsonb_extract jsonb_group_array " +
  "jsonb_group_object jsonb_insert jsonb_object jsonb_patch jsonb_remove jsonb_replace jsonb_set julianday lag " +
  "last_value lead length like likelihood likely ln log log10 log2 lower ltrim max median min mod nth_value ntile " +
  "nullif octet_length percent_rank percentile percentile_cont percentile_disc pi pow power printf quote radians " +
  "random rank replace round row_number rtrim sign sin sinh snippet soundex sqlite_version sqrt strftime string_agg " +
  "substr substring sum tan tanh time timediff total trim trunc typeof unhex unicode unistr unixepoch unlikely upper";

const postgres =
  "acosd acosh age any_value array_agg array_append array_cat array_dims array_fill array_length array_lower " +
  "array_ndims array_position array_positions array_prepend array_remove array_replace array_to_json array_to_string " +
  "array_upper ascii asinh atanh bit_and bit_count bit_length bit_or bit_xor bool_and bool_or broadcast btrim " +
  "cardinality cbrt char_length character_length chr clock_timestamp convert_from corr cosh covar_pop covar_samp " +
  "current_catalog current_database current_role current_schema current_user date date_bin date_part date_trunc " +
  "decode div encode every factorial format format_type gcd gen_random_uuid get_bit get_byte grouping host hostmask " +
  "initcap isfinite json_agg json_array_elements json_array_elements_text json_array_length json_build_array " +
  "json_build_object json_each json_each_text json_extract_path json_extract_path_text json_object json_object_agg " +
  "json_object_keys json_strip_nulls json_typeof jsonb_agg jsonb_array_elements jsonb_array_elements_text " +
  "jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text jsonb_exists " +
  "jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_agg jsonb_object_keys " +
  "jsonb_path_exists jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_pretty " +
  "jsonb_set jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval lcm localtime localtimestamp " +
  "log make_date make_interval make_time make_timestamp make_timestamptz masklen min_scale mode netmask network now " +
  "num_nonnulls num_nulls numeric overlay parse_ident percentile_cont percentile_disc plainto_tsquery phraseto_tsquery " +
  "websearch_to_tsquery to_tsquery to_tsvector ts_rank ts_rank_cd ts_headline numnode querytree setweight strip " +
  "position quote_ident quote_literal quote_nullable random range_agg regexp_count regexp_instr regexp_like " +
  "regexp_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr regr_avgx " +
  "regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy row row_to_json scale session_user " +
  "sha224 sha256 sha384 sha512 sind sinh split_part starts_with statement_timestamp stddev stddev_pop stddev_samp " +
  "string_agg string_to_array string_to_table strpos substring tand tanh text timeofday timestamp to_char to_date " +
  "to_hex to_json to_jsonb to_number to_timestamp transaction_timestamp translate trim_array trim_scale trunc unistr " +
  "unnest user var_pop var_samp variance version width_bucket xmlagg generate_subscripts lower_inc lower_inf upper_inc " +
  "upper_inf isempty similarity word_similarity obj_description col_description pg_get_expr pg_get_constraintdef " +
  "pg_get_indexdef pg_get_viewdef pg_size_pretty pg_relation_size pg_table_size pg_total_relation_size pg_typeof";

const duckdb =
  "acosh add age aggregate any_value apply approx_count_distinct approx_quantile approx_top_k arbitrary arg_max " +
  "arg_max_null arg_min arg_min_null argmax argmin array_agg array_aggr array_aggregate array_append array_apply " +
  "array_cat array_concat array_contains array_cosine_distance array_cosine_similarity array_cross_product " +
  "array_distance array_distinct array_extract array_filter array_grade_up array_has array_has_all array_has_any " +
  "array_indexof array_inner_product array_intersect array_length array_position array_prepend array_reduce " +
  "array_resize array_reverse array_reverse_sort array_select array_slice array_sort array_to_string array_transform " +
  "array_unique array_value array_where array_zip ascii asinh atanh bar base64 bin bit_and bit_count bit_length bit_or " +
  "bit_position bit_xor bitstring bool_and bool_or cardinality cbrt century char_length character_length chr contains " +
  "corr cosh count_if count_star countif covar_pop covar_samp current_database current_schema damerau_levenshtein date " +
  "date_add date_diff date_part date_sub date_trunc datediff datepart datesub datetrunc day dayname dayofmonth " +
  "dayofweek dayofyear decade decode divide editdist3 element_at encode ends_with entropy enum_code enum_first enum_last " +
  "enum_range epoch epoch_ms epoch_ns epoch_us equi_width_bins era even factorial favg fdiv filter first flatten fmod " +
  "format format_bytes formatreadabledecimalsize formatreadablesize from_base64 from_binary from_hex fsum gamma gcd " +
  "gen_random_uuid geomean geometric_mean get_bit get_current_timestamp grade_up greatest_common_divisor group_concat " +
  "grouping grouping_id hamming hash hex histogram hour if ifnull ilike_escape in_search_path instr isfinite isinf isnan " +
  "isodow isoyear jaccard jaro_similarity jaro_winkler_similarity json json_array json_array_length json_contains " +
  "json_each json_exists json_extract json_extract_path json_extract_path_text json_extract_string json_group_array " +
  "json_group_object json_group_structure json_keys json_merge_patch json_object json_pretty json_quote json_structure " +
  "json_transform json_type json_valid json_value julian kahan_sum kurtosis kurtosis_pop last last_day lcase " +
  "least_common_multiple len length_grapheme levenshtein lgamma like_escape list list_aggr list_aggregate list_any_value " +
  "list_append list_apply list_avg list_bit_and list_bit_or list_bit_xor list_bool_and list_bool_or list_cat list_concat " +
  "list_contains list_count list_distinct list_element list_extract list_filter list_first list_grade_up list_has " +
  "list_has_all list_has_any list_indexof list_intersect list_last list_max list_median list_min list_mode list_pack " +
  "list_position list_prepend list_product list_reduce list_resize list_reverse list_reverse_sort list_select list_slice " +
  "list_sort list_stddev_pop list_stddev_samp list_string_agg list_sum list_transform list_unique list_value list_var_pop " +
  "list_var_samp list_where list_zip listagg lcm localtime localtimestamp log2 mad make_date make_time make_timestamp " +
  "make_timestamptz map map_concat map_contains map_entries map_extract map_from_entries map_keys map_values max_by md5 " +
  "md5_number mean median microsecond millennium millisecond min_by minute mismatches mode month monthname multiply " +
  "nanosecond nextafter nfc_normalize not_like_escape now ord percentile_cont percentile_disc position prefix printf " +
  "product quantile quantile_cont quantile_disc quarter random regexp_count regexp_escape regexp_extract " +
  "regexp_extract_all regexp_full_match regexp_matches regexp_replace regexp_split_to_array regexp_split_to_table " +
  "reservoir_quantile round_even row row_to_json sem sha1 sha256 signbit sinh skewness split split_part starts_with " +
  "stddev stddev_pop stddev_samp str_split str_split_regex strftime string_agg string_split string_split_regex " +
  "string_to_array strip_accents strlen strpos strptime struct_concat struct_extract struct_insert struct_pack suffix " +
  "sum_no_overflow sumkahan tanh time_bucket timezone to_base to_base64 to_binary to_centuries to_days to_decades to_hex " +
  "to_hours to_json to_microseconds to_millennia to_milliseconds to_minutes to_months to_quarters to_seconds " +
  "to_timestamp to_weeks to_years today transaction_timestamp translate trunc try_strptime typeof ucase unhex unicode " +
  "union_extract union_tag union_value unnest unpivot_list url_decode url_encode uuid var_pop var_samp variance version " +
  "wavg week weekday weekofyear weighted_avg width_bucket xor year yearweek";

const mysql =
  "adddate addtime any_value ascii bin bin_to_uuid bit_and bit_count bit_length bit_or bit_xor char character_length " +
  "charset coercibility collation conv convert_tz crc32 curdate current_role current_user curtime database date " +
  "date_add date_format date_sub datediff day dayname dayofmonth dayofweek dayofyear elt export_set field find_in_set " +
  "format from_days from_unixtime get_format group_concat grouping hex hour if ifnull inet_aton inet_ntoa insert instr " +
  "isnull json_array json_array_append json_array_insert json_arrayagg json_contains json_contains_path json_depth " +
  "json_extract json_insert json_keys json_length json_merge_patch json_merge_preserve json_object json_objectagg " +
  "json_overlaps json_pretty json_quote json_remove json_replace json_search json_set json_type json_unquote json_valid " +
  "json_value last_day lcase localtime localtimestamp locate log2 make_set makedate maketime microsecond mid minute " +
  "month monthname now oct ord period_add period_diff position quarter quote rand regexp_instr regexp_like " +
  "regexp_replace regexp_substr sec_to_time second schema session_user sha sha1 sha2 soundex space std stddev stddev_pop " +
  "stddev_samp str_to_date strcmp subdate substring_index subtime sysdate system_user time time_format time_to_sec " +
  "timediff timestamp timestampadd timestampdiff to_base64 to_days to_seconds trim truncate ucase unhex unix_timestamp " +
  "user utc_date utc_time utc_timestamp uuid uuid_to_bin var_pop var_samp variance version week weekday weekofyear " +
  "weight_string year yearweek from_base64 median percentile_cont percentile_disc json_exists json_query json_compact " +
  "json_detailed json_loose chr to_char";

const set = (...names: readonly string[]): ReadonlySet<string> => new Set(names.join(" ").split(" "));

export const pureFunctions: Readonly<Record<DatabaseEngine, ReadonlySet<string>>> = {
  sqlite: set(sqlite),
  postgres: set(ofAll, postgres),
  duckdb: set(ofAll, duckdb),
  mysql: set(ofAll, mysql),
  mariadb: set(ofAll, mysql),
};

/** What may stand in FROM with arguments. */
export const tableFunctions: Readonly<Record<DatabaseEngine, ReadonlySet<string>>> = {
  sqlite: set(
    "generate_series json_each json_tree jsonb_each jsonb_tree pragma_table_info pragma_table_xinfo pragma_index_list " +
      "pragma_index_info pragma_foreign_key_list",
  ),
  postgres: set(
    "generate_series generate_subscripts json_array_elements json_array_elements_text json_each json_each_text " +
      "json_object_keys jsonb_array_elements jsonb_array_elements_text jsonb_each jsonb_each_text jsonb_object_keys " +
      "jsonb_path_query regexp_matches regexp_split_to_table string_to_table unnest",
  ),
  duckdb: set(
    "duckdb_columns duckdb_constraints duckdb_indexes duckdb_schemas duckdb_tables duckdb_types duckdb_views " +
      "generate_series json_each json_tree range regexp_split_to_table unnest",
  ),
  mysql: set(""),
  mariadb: set(""),
};
