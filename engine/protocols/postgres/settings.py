"""Which settings a session may change without asking, and which change who it is or how its text is read.

Names compare as the server compares them, without regard to letter case. A setting that is not known here counts as
a change of the session: custom settings often say who the user is to a row-security policy.
"""

from __future__ import annotations

from engine.protocols.postgres.analysis.names import words

TRACKED = frozenset({"search_path", "role", "session_authorization", "standard_conforming_strings", "client_encoding"})
"""Settings the analysis depends on; who changed one has to look at it afresh."""

_HARMLESS = words(
    """
    application_name datestyle intervalstyle timezone timezone_abbreviations extra_float_digits bytea_output xmlbinary
    xmloption array_nulls client_min_messages lc_monetary lc_numeric lc_time default_text_search_config
    icu_validation_level quote_all_identifiers check_function_bodies escape_string_warning
    transaction_isolation transaction_read_only transaction_deferrable default_transaction_isolation
    default_transaction_read_only default_transaction_deferrable seed
    statement_timeout lock_timeout transaction_timeout idle_in_transaction_session_timeout idle_session_timeout
    client_connection_check_interval tcp_keepalives_idle tcp_keepalives_interval tcp_keepalives_count tcp_user_timeout
    enable_async_append enable_bitmapscan enable_distinct_reordering enable_gathermerge enable_group_by_reordering
    enable_hashagg enable_hashjoin enable_incremental_sort enable_indexonlyscan enable_indexscan enable_material
    enable_memoize enable_mergejoin enable_nestloop enable_parallel_append enable_parallel_hash
    enable_partition_pruning enable_partitionwise_aggregate enable_partitionwise_join enable_presorted_aggregate
    enable_self_join_elimination enable_seqscan enable_sort enable_tidscan
    seq_page_cost random_page_cost cpu_tuple_cost cpu_index_tuple_cost cpu_operator_cost parallel_setup_cost
    parallel_tuple_cost min_parallel_table_scan_size min_parallel_index_scan_size effective_cache_size
    effective_io_concurrency maintenance_io_concurrency io_combine_limit
    jit jit_above_cost jit_inline_above_cost jit_optimize_above_cost jit_expressions jit_tuple_deforming
    geqo geqo_threshold geqo_effort geqo_pool_size geqo_generations geqo_selection_bias geqo_seed
    default_statistics_target constraint_exclusion cursor_tuple_fraction from_collapse_limit join_collapse_limit
    plan_cache_mode recursive_worktable_factor debug_parallel_query force_parallel_mode parallel_leader_participation
    max_parallel_workers max_parallel_workers_per_gather max_parallel_maintenance_workers
    work_mem hash_mem_multiplier maintenance_work_mem temp_buffers logical_decoding_work_mem
    gin_fuzzy_search_limit gin_pending_list_limit synchronize_seqscans synchronous_commit commit_delay commit_siblings
    default_toast_compression default_tablespace default_table_access_method stats_fetch_consistency
    restrict_nonsystem_relation_kind
    """
) | {
    # names are resolved on the path that the session really has, so a change of it hides nothing
    "search_path",
    # off turns answers that a policy would filter into errors, it never shows more; pg_dump sets it
    "row_security",
    # SET TRANSACTION …, SET SESSION CHARACTERISTICS …
    "transaction",
    "transaction snapshot",
    "session characteristics",
}

_HARMLESS_VALUES = {
    "client_encoding": frozenset({"utf8", "utf-8", "unicode"}),
    "standard_conforming_strings": frozenset({"on", "true", "yes", "1"}),
}


def is_harmless(name: str, value: str | None) -> bool:
    """Whether setting it to this value is housekeeping; None is a value that is not told, or the default."""
    name = name.lower()
    if name in _HARMLESS:
        return True
    values = _HARMLESS_VALUES.get(name)
    return values is not None and value is not None and value.lower() in values


def is_tracked(name: str) -> bool:
    """Whether what comes next may be read differently once it is set; so may anything after an unknown setting."""
    name = name.lower()
    return name in TRACKED or name not in _HARMLESS
