"""What PostgreSQL's own functions do with values: tables of names (chapter 9 of its manual, pg_proc.dat).

An immutable built-in is a function of its arguments alone. A stable or volatile one is so only when it is named here;
any other yields a value of unknown sources. `tests/engine/protocols/postgres/lineage/test_builtins.py` walks pg_proc.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from engine.protocols.postgres.analysis.names import words
from engine.protocols.postgres.lineage.types import TEXTUAL
from engine.protocols.postgres.lineage.values import Value
from engine.protocols.postgres.statement import Function

HIDING = words(
    """
    query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema
    table_to_xml table_to_xml_and_xmlschema schema_to_xml schema_to_xml_and_xmlschema
    database_to_xml database_to_xml_and_xmlschema ts_stat ts_rewrite
    pg_read_file pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_tmpdir pg_stat_file pg_current_logfile
    lo_get lo_export lo_import lo_open loread lo_lseek lo_lseek64 lo_tell lo_tell64
    pg_logical_slot_get_changes pg_logical_slot_peek_changes
    pg_logical_slot_get_binary_changes pg_logical_slot_peek_binary_changes
    pg_stat_get_backend_activity current_setting pg_mcv_list_items
    """
)
"""Answers that can hold any column's values: they run SQL, read files, WAL, large objects, other sessions' text."""

HIDING_COLUMNS = {
    "pg_stat_get_activity": words("query"),
    "pg_cursor": words("statement"),
    "pg_prepared_statement": words("statement"),
    "pg_get_backend_memory_contexts": words("ident"),
    "pg_stat_statements": words("query"),
    "pg_prepared_xact": words("gid"),
    "pg_event_trigger_ddl_commands": words("command"),
}
"""Result columns that can, of functions whose other columns cannot."""

_STATISTICS = words(
    """
    null_frac avg_width n_distinct most_common_vals most_common_freqs most_common_val_nulls most_common_base_freqs
    histogram_bounds correlation most_common_elems most_common_elem_freqs elem_count_histogram dependencies
    range_length_histogram range_empty_frac range_bounds_histogram
    """
)
HIDING_RELATIONS = {
    "pg_statistic": frozenset({"stanullfrac", "stawidth", "stadistinct"})
    | {f"sta{what}{number}" for what in ("kind", "op", "coll", "numbers", "values") for number in range(1, 6)},
    "pg_statistic_ext_data": words("stxdmcv stxdexpr stxddependencies stxdndistinct"),
    "pg_stats": _STATISTICS,
    "pg_stats_ext": _STATISTICS,
    "pg_stats_ext_exprs": _STATISTICS,
    "pg_attribute": words("attmissingval"),
    "pg_largeobject": words("data"),
    "pg_stat_activity": words("query"),
    "pg_stat_statements": words("query"),
    "pg_cursors": words("statement"),
    "pg_prepared_statements": words("statement"),
    "pg_backend_memory_contexts": words("ident"),
}
"""Columns of system relations that hold values of other tables or tell of them, or statement texts."""

_OF_ARGUMENTS = words(
    """
    age array_in array_out array_recv array_send array_to_json array_to_string array_sample array_shuffle
    anytextcat textanycat aclexplode aclitemin aclitemout cash_in cash_out col_description concat concat_ws
    convert convert_from convert_to date date_add date_part date_subtract date_trunc enum_first enum_last enum_range
    enum_in enum_out extract format format_type generate_series in_range interval_pl_timestamptz length
    json_build_array json_build_object json_populate_record json_populate_recordset json_to_record json_to_recordset
    json_to_tsvector jsonb_build_array jsonb_build_object jsonb_path_exists_tz jsonb_path_match_tz
    jsonb_path_query_array_tz jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record
    jsonb_populate_record_valid jsonb_populate_recordset jsonb_to_record jsonb_to_recordset jsonb_to_tsvector
    make_timestamptz money numeric obj_description oidvectortypes overlaps phraseto_tsquery plainto_tsquery
    quote_literal quote_nullable regclass row_to_json shobj_description time timestamp timestamptz
    timestamptz_mi_interval timestamptz_pl_interval timetz timezone to_char to_date to_json to_jsonb to_number
    to_timestamp to_tsquery to_tsvector ts_debug ts_headline ts_match_tq ts_match_tt ts_parse ts_token_type
    websearch_to_tsquery xml xml_is_well_formed random random_normal mxid_age unique_key_recheck
    pg_collation_for pg_column_compression pg_column_size pg_column_toast_chunk_id pg_input_error_info
    pg_input_is_valid pg_options_to_table pg_typeof pg_basetype pg_describe_object pg_char_to_encoding
    pg_encoding_to_char pg_split_walfile_name pg_identify_object pg_identify_object_as_address
    pg_relation_filenode pg_filenode_relation pg_index_column_has_property pg_index_has_property
    pg_indexam_has_property pg_tablespace_databases pg_tablespace_location pg_extension_update_paths
    """
)

_FREE = words(
    """
    _pg_index_position amvalidate bernoulli clock_timestamp current_database current_query current_schema
    current_schemas current_user currtid2 currval database_to_xmlschema dsnowball_init dsnowball_lexize
    gen_random_uuid get_current_ts_config getdatabaseencoding getpgusername gin_clean_pending_list
    heap_tableam_handler inet_client_addr inet_client_port inet_server_addr inet_server_port lastval lo_close
    lo_creat lo_create lo_from_bytea lo_put lo_truncate lo_truncate64 lo_unlink lowrite nextval now
    pg_available_extension_versions pg_available_extensions pg_available_wal_summaries pg_backend_pid
    pg_backup_start pg_backup_stop pg_blocking_pids pg_cancel_backend pg_clear_attribute_stats
    pg_clear_relation_stats pg_client_encoding pg_collation_actual_version pg_column_is_updatable pg_conf_load_time
    pg_config pg_copy_logical_replication_slot pg_copy_physical_replication_slot pg_current_snapshot
    pg_current_xact_id pg_current_xact_id_if_assigned pg_cursor pg_database_collation_actual_version
    pg_event_trigger_ddl_commands pg_event_trigger_dropped_objects pg_event_trigger_table_rewrite_oid
    pg_event_trigger_table_rewrite_reason pg_export_snapshot pg_extension_config_dump pg_has_role pg_hba_file_rules
    pg_ident_file_mappings pg_import_system_collations pg_is_in_recovery pg_is_other_temp_schema
    pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_jit_available pg_last_committed_xact
    pg_last_xact_replay_timestamp pg_listening_channels pg_lock_status pg_log_backend_memory_contexts
    pg_log_standby_snapshot pg_my_temp_schema pg_nextoid pg_notification_queue_usage pg_notify pg_numa_available
    pg_partition_ancestors pg_partition_tree pg_postmaster_start_time pg_prepared_statement pg_prepared_xact
    pg_promote pg_relation_filepath pg_relation_is_publishable pg_relation_is_updatable pg_reload_conf
    pg_restore_attribute_stats pg_restore_relation_stats pg_rotate_logfile pg_safe_snapshot_blocking_pids
    pg_sequence_last_value pg_sequence_parameters pg_settings_get_flags pg_show_all_file_settings
    pg_show_all_settings pg_show_replication_origin_status pg_sleep pg_sleep_for pg_sleep_until
    pg_stat_clear_snapshot pg_stat_force_next_flush pg_stat_have_stats pg_stop_making_pinned_objects pg_switch_wal
    pg_sync_replication_slots pg_terminate_backend pg_timezone_abbrevs_abbrevs pg_timezone_abbrevs_zone
    pg_timezone_names pg_trigger_depth pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status
    row_security_active schema_to_xmlschema session_user set_config setseed setval statement_timestamp
    suppress_redundant_updates_trigger system system_user table_to_xmlschema timeofday transaction_timestamp
    tsvector_update_trigger tsvector_update_trigger_column uuidv4 uuidv7 version
    """
)

_FREE_FAMILIES = re.compile(
    r"pg_(stat_get|stat_reset|get|control|ls|wal|current_wal|last_wal|advisory|try_advisory|logical|replication)_\w+|"
    r"pg_stat_reset|pg_(create|drop)_\w+|pg_\w+_(is_visible|size)|has_\w+_privilege|txid_\w+|binary_upgrade_\w+|brin_\w+|RI_FKey_\w+|"
    r"to_reg\w+|reg\w+(in|out)|\w+(_in|_out|recv|send|sel|transfn|finalfn|typanalyze|validator|handler)|"
    r"\w+_(cmp|eq|ne|lt|le|gt|ge)_\w+"
)
"""Families of functions about the server and its catalog, and the support functions of types."""

AGGREGATES_THAT_COUNT = words("count regr_count")

WITHOUT_SIDE_EFFECT = words(
    """
    array_sample array_shuffle random random_normal clock_timestamp timeofday gen_random_uuid uuidv4 uuidv7 currval
    lastval currtid2 lo_get lo_close loread pg_blocking_pids pg_column_size pg_database_size pg_indexes_size
    pg_relation_size pg_table_size pg_total_relation_size pg_tablespace_size pg_partition_tree pg_partition_ancestors
    pg_sequence_last_value pg_get_sequence_data pg_xact_status pg_xact_commit_timestamp
    pg_collation_actual_version pg_database_collation_actual_version pg_safe_snapshot_blocking_pids
    pg_isolation_test_session_is_blocked pg_stat_have_stats txid_status pg_get_multixact_members
    pg_xact_commit_timestamp_origin pg_is_in_recovery
    """
)
"""Volatile functions that store nothing of their arguments where somebody could read it."""

_TOTAL = words(
    """
    upper lower initcap length char_length character_length octet_length bit_length btrim trim ltrim rtrim reverse md5
    concat concat_ws left right ascii starts_with strpos position textcat to_json to_jsonb row_to_json array_to_json
    jsonb_typeof json_typeof jsonb_pretty json_strip_nulls jsonb_strip_nulls hashtext hashtextextended quote_literal
    quote_ident quote_nullable replace translate sha224 sha256 sha384 sha512 isfinite pg_typeof pg_column_size
    string_agg min max any_value bool_and bool_or every json_agg jsonb_agg json_agg_strict jsonb_agg_strict
    array_agg xmlagg lag lead first_value last_value row_number rank dense_rank percent_rank cume_dist count mode
    json_build_array jsonb_build_array array_length cardinality array_ndims array_dims array_to_string
    num_nulls num_nonnulls unnest overlaps text varchar bpchar name isempty lower_inc upper_inc
    lower_inf upper_inf sign casefold ceil ceiling floor
    """
)
_TOTAL_IN_FIRST = words(
    """
    substr substring split_part regexp_replace regexp_match regexp_matches regexp_split_to_array regexp_substr
    regexp_count regexp_instr regexp_like regexp_split_to_table string_to_array string_to_table overlay lpad rpad
    to_char encode json_extract_path json_extract_path_text jsonb_extract_path normalize
    jsonb_extract_path_text round trunc nth_value array_remove array_replace
    """
)
_TOTAL_IN_LAST = words("date_part extract date_trunc to_tsvector percentile_disc")
_TOTAL_IN_VALUES = words("json_build_object jsonb_build_object json_object_agg jsonb_object_agg")
_TOTAL_ON_COLUMNS = words("sum avg stddev stddev_pop stddev_samp variance var_pop var_samp percentile_cont")

_COMPARISONS = words("= <> != < > <= >= && @> <@ ? ?| ?& -> ->> #> #>> ^@ -|-")
_PATTERNS = words("~~ !~~ ~~* !~~* ~ ~* !~ !~* ~~~")


def depends_on_arguments_only(function: Function) -> bool:
    """Whether a built-in function's answer holds nothing but what its arguments hold."""
    if function.name in HIDING:
        return False
    is_named = function.name in _OF_ARGUMENTS or function.name in _FREE
    return (
        function.volatility == "i"
        or function.kind in "aw"
        or is_named
        or _FREE_FAMILIES.fullmatch(function.name) is not None
    )


def risky_arguments(name: str, arguments: Sequence[Value]) -> Sequence[Value]:
    """The arguments whose value can decide whether a built-in function fails, or how long it takes."""
    if name in _TOTAL:
        return [value for value in arguments if _is_irregular(value)]
    if name in _TOTAL_IN_FIRST:
        return arguments[1:]
    if name == "format":
        return arguments[:1]
    if name in _TOTAL_IN_LAST:
        return arguments[:-1]
    if name in _TOTAL_IN_VALUES:
        return arguments[::2]
    if name in _TOTAL_ON_COLUMNS:
        return [value for value in arguments if not value.is_plain]
    return arguments


def risky_operands(name: str, operands: Sequence[Value]) -> Sequence[Value]:
    """The same of an operator's operands."""
    if name in _COMPARISONS:
        return [value for value in operands if _is_irregular(value)]
    if name == "||" and any(value.type_name in TEXTUAL - {"unknown"} for value in operands):
        return ()
    return operands[1:] if name in _PATTERNS else operands


def _is_irregular(value: Value) -> bool:
    """Rows and arrays made on the spot can disagree in shape, which is an error where they meet."""
    return not value.is_plain and (value.type_name == "record" or value.type_name.startswith("_"))


def is_boolean(name: str) -> bool:
    """Whether an operator answers yes or no."""
    return name in _PATTERNS or name in _COMPARISONS - {"->", "->>", "#>", "#>>"}
