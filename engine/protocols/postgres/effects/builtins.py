"""What PostgreSQL's built-in functions do beyond computing their result.

Every name of pg_proc up to PostgreSQL 18 is either in a table here or in `harmless.json`, which was reviewed
name by name; one that is in neither (a newer server's, an older one's) counts as opaque. Docs: chapter 9, "Functions
and Operators", and pg_proc.dat.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources

from engine.model import Effect


@dataclass(frozen=True, slots=True)
class BuiltinEffect:
    """The effects of one built-in and the resource they are on.

    The resource is `name` where that is fixed, else what the literal `argument` (counted from 0) names, else the
    function itself. `arities`: only calls with so many arguments are meant. `why` tells people why it is opaque.
    """

    effects: tuple[Effect, ...]
    kind: str = "function"
    name: str | None = None
    argument: int | None = None
    arities: frozenset[int] | None = None
    why: str | None = None


def _table(names: str, effect: BuiltinEffect) -> dict[str, BuiltinEffect]:
    return dict.fromkeys(names.split(), effect)


_LARGE_OBJECTS = "pg_catalog.pg_largeobject"

_RUNS_SQL = BuiltinEffect((Effect.OPAQUE,), why="runs SQL, or reads a relation, that it is given as a value")
_MAKES_VALUES = BuiltinEffect((Effect.OPAQUE,), why="runs the checks of a type that it is given as a value")
_OPERATES = BuiltinEffect((Effect.EXECUTE,))
_DECODES = BuiltinEffect((Effect.READ, Effect.EXECUTE))

EFFECTFUL: dict[str, BuiltinEffect] = {
    **_table(
        """
        query_to_xml query_to_xmlschema query_to_xml_and_xmlschema cursor_to_xml cursor_to_xmlschema table_to_xml
        table_to_xmlschema table_to_xml_and_xmlschema schema_to_xml schema_to_xmlschema schema_to_xml_and_xmlschema
        database_to_xml database_to_xmlschema database_to_xml_and_xmlschema ts_stat currtid2
        """,
        _RUNS_SQL,
    ),
    "ts_rewrite": BuiltinEffect((Effect.OPAQUE,), arities=frozenset({2}), why=_RUNS_SQL.why),
    **_table(
        """
        array_in array_recv domain_in domain_recv record_in record_recv range_in range_recv multirange_in
        multirange_recv pg_input_is_valid pg_input_error_info
        """,
        _MAKES_VALUES,
    ),
    **_table(
        """
        pg_read_file pg_read_binary_file pg_stat_file pg_ls_dir pg_ls_archive_statusdir pg_ls_logdir
        pg_ls_logicalmapdir pg_ls_logicalsnapdir pg_ls_replslotdir pg_ls_summariesdir pg_ls_tmpdir pg_ls_waldir
        pg_wal_summary_contents
        """,
        BuiltinEffect((Effect.FILE,), kind="path", argument=0),
    ),
    "lo_import": BuiltinEffect((Effect.FILE, Effect.WRITE), kind="path", argument=0),
    "lo_export": BuiltinEffect((Effect.FILE, Effect.READ), kind="path", argument=1),
    **_table("lo_get loread", BuiltinEffect((Effect.READ,), kind="table", name=_LARGE_OBJECTS)),
    "lo_open": BuiltinEffect((Effect.READ, Effect.WRITE), kind="table", name=_LARGE_OBJECTS),
    **_table(
        "lo_creat lo_create lo_from_bytea lo_put lowrite lo_truncate lo_truncate64",
        BuiltinEffect((Effect.WRITE,), kind="table", name=_LARGE_OBJECTS),
    ),
    "lo_unlink": BuiltinEffect((Effect.DELETE,), kind="table", name=_LARGE_OBJECTS),
    **_table("nextval setval", BuiltinEffect((Effect.WRITE,), kind="sequence", argument=0)),
    **_table(
        "currval lastval",
        BuiltinEffect((Effect.READ,), kind="sequence", argument=0),
    ),
    "pg_notify": BuiltinEffect((Effect.WRITE,), kind="channel", argument=0),
    **_table(
        "pg_stat_get_activity pg_stat_get_backend_activity",
        BuiltinEffect((Effect.READ,), kind="table", name="pg_catalog.pg_stat_activity"),
    ),
    "pg_stat_get_wal_receiver": BuiltinEffect((Effect.READ,), kind="table", name="pg_catalog.pg_stat_wal_receiver"),
    "pg_hba_file_rules": BuiltinEffect((Effect.READ,), kind="table", name="pg_catalog.pg_hba_file_rules"),
    "pg_ident_file_mappings": BuiltinEffect((Effect.READ,), kind="table", name="pg_catalog.pg_ident_file_mappings"),
    "pg_show_all_file_settings": BuiltinEffect((Effect.READ,), kind="table", name="pg_catalog.pg_file_settings"),
    "set_config": BuiltinEffect((Effect.SESSION,), kind="setting", argument=0),
    **_table(
        """
        pg_terminate_backend pg_cancel_backend pg_reload_conf pg_rotate_logfile pg_promote pg_switch_wal
        pg_create_restore_point pg_backup_start pg_backup_stop pg_wal_replay_pause pg_wal_replay_resume
        pg_log_backend_memory_contexts pg_log_standby_snapshot pg_export_snapshot pg_logical_emit_message
        pg_create_logical_replication_slot pg_create_physical_replication_slot pg_copy_logical_replication_slot
        pg_copy_physical_replication_slot pg_drop_replication_slot pg_replication_slot_advance
        pg_sync_replication_slots pg_replication_origin_advance pg_replication_origin_create
        pg_replication_origin_drop pg_replication_origin_session_reset pg_replication_origin_session_setup
        pg_replication_origin_xact_reset pg_replication_origin_xact_setup
        pg_stat_reset pg_stat_reset_backend_stats pg_stat_reset_replication_slot pg_stat_reset_shared
        pg_stat_reset_single_function_counters pg_stat_reset_single_table_counters pg_stat_reset_slru
        pg_stat_reset_subscription_stats
        brin_summarize_new_values brin_summarize_range brin_desummarize_range gin_clean_pending_list
        pg_advisory_lock pg_advisory_lock_shared pg_advisory_xact_lock pg_advisory_xact_lock_shared
        pg_try_advisory_lock pg_try_advisory_lock_shared pg_try_advisory_xact_lock pg_try_advisory_xact_lock_shared
        pg_sleep pg_sleep_for pg_sleep_until
        """,
        _OPERATES,
    ),
    **_table(
        """
        pg_logical_slot_get_changes pg_logical_slot_get_binary_changes
        pg_logical_slot_peek_changes pg_logical_slot_peek_binary_changes
        """,
        _DECODES,
    ),
    **_table(
        """
        pg_restore_attribute_stats pg_restore_relation_stats pg_clear_attribute_stats pg_clear_relation_stats
        pg_import_system_collations pg_extension_config_dump pg_nextoid pg_stop_making_pinned_objects
        binary_upgrade_add_sub_rel_state binary_upgrade_create_empty_extension
        binary_upgrade_logical_slot_has_caught_up binary_upgrade_replorigin_advance binary_upgrade_set_missing_value
        binary_upgrade_set_next_array_pg_type_oid binary_upgrade_set_next_heap_pg_class_oid
        binary_upgrade_set_next_heap_relfilenode binary_upgrade_set_next_index_pg_class_oid
        binary_upgrade_set_next_index_relfilenode binary_upgrade_set_next_multirange_array_pg_type_oid
        binary_upgrade_set_next_multirange_pg_type_oid binary_upgrade_set_next_pg_authid_oid
        binary_upgrade_set_next_pg_enum_oid binary_upgrade_set_next_pg_tablespace_oid
        binary_upgrade_set_next_pg_type_oid binary_upgrade_set_next_toast_pg_class_oid
        binary_upgrade_set_next_toast_relfilenode binary_upgrade_set_record_init_privs
        """,
        BuiltinEffect((Effect.SCHEMA,)),
    ),
}
"""Those that do more than compute: by bare name, in pg_catalog."""

UNKNOWN_BUILTIN = BuiltinEffect((Effect.OPAQUE,), why="is a built-in of a server version that was not reviewed")


@cache
def harmless() -> frozenset[str]:
    """The names of built-ins that only compute, look at the catalog's structure, or touch nothing but their session."""
    text = resources.files(__package__).joinpath("harmless.json").read_text()
    return frozenset(json.loads(text))


def builtin_effect(name: str, arity: int) -> BuiltinEffect | None:
    """What a built-in does, None where nothing."""
    effect = EFFECTFUL.get(name)
    if effect is not None:
        return effect if effect.arities is None or arity in effect.arities else None
    return None if name in harmless() else UNKNOWN_BUILTIN
