"""No built-in function of the real server is unclassified."""

from __future__ import annotations

import pytest

from engine.model import Effect
from engine.protocols.postgres.effects.builtins import EFFECTFUL, builtin_effect, harmless
from tests.engine.protocols.postgres.analysing import Still


def test_every_function_of_pg_proc_is_reviewed(shop_source: Still) -> None:
    """This walks pg_proc of the real server, so that none is missed."""
    names = {function.name for function in shop_source.builtin.functions}
    assert names - harmless() - EFFECTFUL.keys() == set()


def test_no_name_is_listed_that_the_server_does_not_have(shop_source: Still) -> None:
    names = {function.name for function in shop_source.builtin.functions}
    assert (harmless() | EFFECTFUL.keys()) - names == set()


def test_a_name_in_both_lists_says_which_calls_are_meant() -> None:
    assert {name for name in harmless() & EFFECTFUL.keys() if EFFECTFUL[name].arities is None} == set()


REVIEWED_VOLATILE = """
    array_sample array_shuffle bernoulli system brinhandler bthandler ginhandler gisthandler hashhandler spghandler
    heap_tableam_handler amvalidate clock_timestamp timeofday random random_normal setseed gen_random_uuid uuidv4 uuidv7
    current_query txid_status dsnowball_init dsnowball_lexize lo_close lo_lseek lo_lseek64 lo_tell lo_tell64
    RI_FKey_cascade_del RI_FKey_cascade_upd RI_FKey_check_ins RI_FKey_check_upd RI_FKey_noaction_del
    RI_FKey_noaction_upd RI_FKey_restrict_del RI_FKey_restrict_upd RI_FKey_setdefault_del RI_FKey_setdefault_upd
    RI_FKey_setnull_del RI_FKey_setnull_upd suppress_redundant_updates_trigger tsvector_update_trigger
    tsvector_update_trigger_column unique_key_recheck plpgsql_call_handler plpgsql_inline_handler plpgsql_validator
    pg_advisory_unlock pg_advisory_unlock_all pg_advisory_unlock_shared pg_available_wal_summaries pg_blocking_pids
    pg_collation_actual_version pg_control_checkpoint pg_control_init pg_control_recovery pg_control_system
    pg_current_logfile pg_current_wal_flush_lsn pg_current_wal_insert_lsn pg_current_wal_lsn
    pg_database_collation_actual_version pg_database_size pg_get_aios pg_get_backend_memory_contexts
    pg_get_loaded_modules pg_get_multixact_members pg_get_shmem_allocations pg_get_shmem_allocations_numa
    pg_get_wait_events pg_get_wal_replay_pause_state pg_get_wal_resource_managers pg_get_wal_summarizer_state
    pg_indexes_size pg_is_in_recovery pg_is_wal_replay_paused pg_isolation_test_session_is_blocked pg_jit_available
    pg_last_committed_xact pg_last_wal_receive_lsn pg_last_wal_replay_lsn pg_last_xact_replay_timestamp pg_lock_status
    pg_notification_queue_usage pg_partition_ancestors pg_partition_tree pg_prepared_xact pg_relation_size
    pg_replication_origin_progress pg_replication_origin_session_is_setup pg_replication_origin_session_progress
    pg_safe_snapshot_blocking_pids pg_show_replication_origin_status pg_stat_clear_snapshot pg_stat_force_next_flush
    pg_stat_get_backend_io pg_stat_get_backend_wal pg_stat_get_io pg_stat_get_recovery_prefetch
    pg_stat_get_xact_blocks_fetched pg_stat_get_xact_blocks_hit pg_stat_get_xact_function_calls
    pg_stat_get_xact_function_self_time pg_stat_get_xact_function_total_time pg_stat_get_xact_numscans
    pg_stat_get_xact_tuples_deleted pg_stat_get_xact_tuples_fetched pg_stat_get_xact_tuples_hot_updated
    pg_stat_get_xact_tuples_inserted pg_stat_get_xact_tuples_newpage_updated pg_stat_get_xact_tuples_returned
    pg_stat_get_xact_tuples_updated pg_stat_have_stats pg_table_size pg_tablespace_size pg_total_relation_size
    pg_get_sequence_data pg_sequence_last_value
    pg_xact_commit_timestamp pg_xact_commit_timestamp_origin pg_xact_status ts_rewrite
"""


def test_every_harmless_volatile_function_was_looked_at_one_by_one(shop_source: Still) -> None:
    volatile = {function.name for function in shop_source.builtin.functions if function.volatility == "v"}
    assert volatile & harmless() == set(REVIEWED_VOLATILE.split())


def test_functions_behind_builtin_operators_and_casts_only_compute(shop_source: Still) -> None:
    snapshot = shop_source.current
    behind = {snapshot.function_by_oid(operator.function) for operator in shop_source.builtin.operators}
    assert [f.name for f in behind if f is not None and builtin_effect(f.name, len(f.argument_types))] == []


def test_an_unknown_builtin_is_opaque() -> None:
    effect = builtin_effect("pg_start_backup", 1)
    assert effect is not None
    assert effect.effects == (Effect.OPAQUE,)


@pytest.mark.parametrize("name", ["query_to_xml", "ts_stat", "table_to_xml", "cursor_to_xml", "database_to_xml"])
def test_what_runs_sql_it_is_given_is_opaque(name: str) -> None:
    assert EFFECTFUL[name].effects == (Effect.OPAQUE,)
