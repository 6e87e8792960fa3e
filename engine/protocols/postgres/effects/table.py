"""The one table that says what each kind of SQL statement does.

It has an entry for every statement of PostgreSQL's grammar, by the field name of its node. Whatever stands inside
another statement (a writable CTE, the query of a COPY, a PREPARE, an EXPLAIN …) is read by the same entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.model import Effect
from engine.protocols.postgres.analysis.expressions import VISITORS as EXPRESSIONS
from engine.protocols.postgres.analysis.expressions import visit_select
from engine.protocols.postgres.analysis.reader import Visitor
from engine.protocols.postgres.effects import objects as named
from engine.protocols.postgres.effects import rows, schema, session
from engine.protocols.postgres.effects.objects import objects, parts, relation, relations, roles, text
from engine.protocols.postgres.effects.schema import alters
from engine.protocols.postgres.parsing import grammar

SCHEMA, PRIVILEGE, NETWORK, EXECUTE = Effect.SCHEMA, Effect.PRIVILEGE, Effect.NETWORK, Effect.EXECUTE


@dataclass(frozen=True, slots=True)
class StatementKind:
    """How people call a kind of statement, and what it does."""

    verb: str | Callable[[Any], str]
    read: Visitor
    kind: str = "statement"


def _worded(field: str, enumeration: Any, *prefixes: str) -> Callable[[Any], str]:
    """The verb with the kind of object it is about: DROP TABLE, COMMENT ON VIEW."""

    def verb(node: Any) -> str:
        name = enumeration.Name(getattr(node, field))
        for prefix in ("OBJECT_", "REINDEX_OBJECT_", "DISCARD_", "TRANS_STMT_"):
            name = name.removeprefix(prefix)
        name = {"MATVIEW": "MATERIALIZED VIEW", "FOREIGN_SERVER": "SERVER", "FDW": "FOREIGN DATA WRAPPER"}.get(
            name, name
        )
        return " ".join((*prefixes, name.replace("_", " ")))

    return verb


def _object(field: str, *prefixes: str) -> Callable[[Any], str]:
    return _worded(field, grammar.ObjectType, *prefixes)


def _either(field: str, yes: str, no: str) -> Callable[[Any], str]:
    return lambda node: yes if getattr(node, field) else no


def _set_verb(node: Any) -> str:
    return "RESET" if node.kind in (grammar.VAR_RESET, grammar.VAR_RESET_ALL) else "SET"


TABLE: dict[str, StatementKind] = {
    # rows
    "select_stmt": StatementKind("SELECT", visit_select),
    "insert_stmt": StatementKind("INSERT", rows.read_insert),
    "update_stmt": StatementKind("UPDATE", rows.read_update),
    "delete_stmt": StatementKind("DELETE", rows.read_delete),
    "merge_stmt": StatementKind("MERGE", rows.read_merge),
    "truncate_stmt": StatementKind("TRUNCATE", rows.read_truncate),
    "copy_stmt": StatementKind("COPY", rows.read_copy, kind="copy"),
    "lock_stmt": StatementKind("LOCK", rows.read_lock),
    "return_stmt": StatementKind("RETURN", rows.read_return),
    "set_operation_stmt": StatementKind("SELECT", schema.never_parsed),
    "plassign_stmt": StatementKind("ASSIGN", schema.never_parsed),
    "raw_stmt": StatementKind("STATEMENT", schema.never_parsed),
    # the session
    "variable_set_stmt": StatementKind(_set_verb, session.read_set),
    "variable_show_stmt": StatementKind("SHOW", session.read_show),
    "transaction_stmt": StatementKind(_worded("kind", grammar.TransactionStmtKind), session.read_transaction),
    "constraints_set_stmt": StatementKind("SET CONSTRAINTS", session.harmless),
    "discard_stmt": StatementKind(_worded("target", grammar.DiscardMode, "DISCARD"), session.read_discard),
    "prepare_stmt": StatementKind("PREPARE", session.read_prepare),
    "execute_stmt": StatementKind("EXECUTE", session.read_execute),
    "deallocate_stmt": StatementKind("DEALLOCATE", session.harmless),
    "declare_cursor_stmt": StatementKind("DECLARE", session.read_declare),
    "fetch_stmt": StatementKind(_either("ismove", "MOVE", "FETCH"), session.read_fetch),
    "close_portal_stmt": StatementKind("CLOSE", session.harmless),
    "notify_stmt": StatementKind("NOTIFY", session.read_notify),
    "listen_stmt": StatementKind("LISTEN", session.read_listen),
    "unlisten_stmt": StatementKind("UNLISTEN", session.harmless),
    "explain_stmt": StatementKind("EXPLAIN", session.read_explain),
    # code
    "do_stmt": StatementKind("DO", session.read_do, kind="call"),
    "call_stmt": StatementKind("CALL", session.read_call, kind="call"),
    "load_stmt": StatementKind("LOAD", schema.read_load),
    # tables and what belongs to them
    "create_stmt": StatementKind("CREATE TABLE", schema.read_create),
    "create_table_as_stmt": StatementKind(_object("objtype", "CREATE"), schema.read_create_as),
    "view_stmt": StatementKind("CREATE VIEW", schema.read_create_view),
    "refresh_mat_view_stmt": StatementKind("REFRESH MATERIALIZED VIEW", schema.read_refresh),
    "alter_table_stmt": StatementKind(_object("objtype", "ALTER"), schema.read_alter_table),
    "replica_identity_stmt": StatementKind("ALTER TABLE", alters(SCHEMA, named=named.everything)),
    "index_stmt": StatementKind("CREATE INDEX", alters(SCHEMA, named=relation())),
    "create_stats_stmt": StatementKind("CREATE STATISTICS", alters(SCHEMA, named=relations("relations"))),
    "alter_stats_stmt": StatementKind("ALTER STATISTICS", alters(SCHEMA, named=parts("defnames", "statement"))),
    "create_trig_stmt": StatementKind("CREATE TRIGGER", alters(SCHEMA, named=relation())),
    "rule_stmt": StatementKind("CREATE RULE", alters(SCHEMA, named=relation())),
    "create_policy_stmt": StatementKind("CREATE POLICY", alters(SCHEMA, PRIVILEGE, named=relation("table"))),
    "alter_policy_stmt": StatementKind("ALTER POLICY", alters(SCHEMA, PRIVILEGE, named=relation("table"))),
    "create_seq_stmt": StatementKind("CREATE SEQUENCE", alters(SCHEMA, named=relation("sequence", "sequence"))),
    "alter_seq_stmt": StatementKind("ALTER SEQUENCE", alters(SCHEMA, named=relation("sequence", "sequence"))),
    "vacuum_stmt": StatementKind(
        _either("is_vacuumcmd", "VACUUM", "ANALYZE"), schema.read_maintenance(relations("rels"))
    ),
    "cluster_stmt": StatementKind("CLUSTER", schema.read_maintenance(named.perhaps("relation"))),
    "reindex_stmt": StatementKind(
        _worded("kind", grammar.ReindexObjectType, "REINDEX"), schema.read_maintenance(named.perhaps("relation"))
    ),
    # any object
    "drop_stmt": StatementKind(
        _object("remove_type", "DROP"), alters(SCHEMA, named=objects("objects", "remove_type"), computes=False)
    ),
    "rename_stmt": StatementKind(_object("rename_type", "ALTER"), schema.read_rename),
    "alter_object_schema_stmt": StatementKind(_object("object_type", "ALTER"), alters(SCHEMA, named=named.owned)),
    "alter_object_depends_stmt": StatementKind(_object("object_type", "ALTER"), alters(SCHEMA, named=named.owned)),
    "alter_owner_stmt": StatementKind(_object("object_type", "ALTER"), alters(SCHEMA, PRIVILEGE, named=named.owned)),
    "comment_stmt": StatementKind("COMMENT", alters(SCHEMA, named=objects("object", "objtype"))),
    "sec_label_stmt": StatementKind("SECURITY LABEL", alters(PRIVILEGE, named=objects("object", "objtype"))),
    # schemas, types, functions
    "create_schema_stmt": StatementKind("CREATE SCHEMA", schema.read_create_schema),
    "define_stmt": StatementKind(_object("kind", "CREATE"), alters(SCHEMA, named=named.defined)),
    "composite_type_stmt": StatementKind("CREATE TYPE", alters(SCHEMA, named=relation("typevar", "type"))),
    "create_enum_stmt": StatementKind("CREATE TYPE", alters(SCHEMA, named=parts("type_name", "type"))),
    "create_range_stmt": StatementKind("CREATE TYPE", alters(SCHEMA, named=parts("type_name", "type"))),
    "alter_enum_stmt": StatementKind("ALTER TYPE", alters(SCHEMA, named=parts("type_name", "type"))),
    "alter_type_stmt": StatementKind("ALTER TYPE", alters(SCHEMA, named=parts("type_name", "type"))),
    "create_domain_stmt": StatementKind("CREATE DOMAIN", alters(SCHEMA, named=parts("domainname", "type"))),
    "alter_domain_stmt": StatementKind("ALTER DOMAIN", alters(SCHEMA, named=parts("type_name", "type"))),
    "create_function_stmt": StatementKind(
        _either("is_procedure", "CREATE PROCEDURE", "CREATE FUNCTION"), schema.read_create_function
    ),
    "alter_function_stmt": StatementKind(_object("objtype", "ALTER"), alters(SCHEMA, PRIVILEGE, named=named.function)),
    "create_cast_stmt": StatementKind("CREATE CAST", alters(SCHEMA, named=named.everything)),
    "create_transform_stmt": StatementKind("CREATE TRANSFORM", alters(SCHEMA, named=named.everything)),
    "create_conversion_stmt": StatementKind("CREATE CONVERSION", alters(SCHEMA, named=named.everything)),
    "create_op_class_stmt": StatementKind("CREATE OPERATOR CLASS", alters(SCHEMA, named=named.everything)),
    "create_op_family_stmt": StatementKind("CREATE OPERATOR FAMILY", alters(SCHEMA, named=named.everything)),
    "alter_op_family_stmt": StatementKind("ALTER OPERATOR FAMILY", alters(SCHEMA, named=named.everything)),
    "alter_operator_stmt": StatementKind("ALTER OPERATOR", alters(SCHEMA, named=named.everything)),
    "alter_collation_stmt": StatementKind("ALTER COLLATION", alters(SCHEMA, named=named.everything)),
    "alter_tsdictionary_stmt": StatementKind("ALTER TEXT SEARCH DICTIONARY", alters(SCHEMA, named=named.everything)),
    "alter_tsconfiguration_stmt": StatementKind(
        "ALTER TEXT SEARCH CONFIGURATION", alters(SCHEMA, named=named.everything)
    ),
    "create_am_stmt": StatementKind("CREATE ACCESS METHOD", alters(SCHEMA, EXECUTE, named=named.everything)),
    "create_plang_stmt": StatementKind("CREATE LANGUAGE", alters(SCHEMA, EXECUTE, named=named.everything)),
    "create_extension_stmt": StatementKind("CREATE EXTENSION", schema.read_create_extension),
    "alter_extension_stmt": StatementKind("ALTER EXTENSION", schema.read_create_extension),
    "alter_extension_contents_stmt": StatementKind("ALTER EXTENSION", alters(SCHEMA, named=named.everything)),
    "create_event_trig_stmt": StatementKind("CREATE EVENT TRIGGER", alters(SCHEMA, named=named.database, fires=False)),
    "alter_event_trig_stmt": StatementKind("ALTER EVENT TRIGGER", alters(SCHEMA, named=named.database, fires=False)),
    # rights and roles
    "grant_stmt": StatementKind(
        _either("is_grant", "GRANT", "REVOKE"), alters(PRIVILEGE, named=objects("objects", "objtype"))
    ),
    "grant_role_stmt": StatementKind(
        _either("is_grant", "GRANT", "REVOKE"), alters(PRIVILEGE, named=roles("granted_roles", "grantee_roles"))
    ),
    "alter_default_privileges_stmt": StatementKind(
        "ALTER DEFAULT PRIVILEGES", alters(PRIVILEGE, named=named.everything)
    ),
    "create_role_stmt": StatementKind("CREATE ROLE", alters(PRIVILEGE, named=roles("role"), fires=False)),
    "alter_role_stmt": StatementKind("ALTER ROLE", alters(PRIVILEGE, named=roles("role"), fires=False)),
    "alter_role_set_stmt": StatementKind("ALTER ROLE", schema.read_default_setting(roles("role"))),
    "drop_role_stmt": StatementKind("DROP ROLE", alters(PRIVILEGE, named=roles("roles"), fires=False)),
    "drop_owned_stmt": StatementKind("DROP OWNED", alters(SCHEMA, PRIVILEGE, named=roles("roles"))),
    "reassign_owned_stmt": StatementKind("REASSIGN OWNED", alters(PRIVILEGE, named=roles("roles", "newrole"))),
    # databases and the server
    "createdb_stmt": StatementKind("CREATE DATABASE", alters(SCHEMA, named=text("dbname", "database"), fires=False)),
    "dropdb_stmt": StatementKind("DROP DATABASE", alters(SCHEMA, named=text("dbname", "database"), fires=False)),
    "alter_database_stmt": StatementKind(
        "ALTER DATABASE", alters(SCHEMA, named=text("dbname", "database"), fires=False)
    ),
    "alter_database_refresh_coll_stmt": StatementKind(
        "ALTER DATABASE", alters(SCHEMA, named=text("dbname", "database"), fires=False)
    ),
    "alter_database_set_stmt": StatementKind("ALTER DATABASE", schema.read_default_setting(text("dbname", "database"))),
    "alter_system_stmt": StatementKind("ALTER SYSTEM", schema.read_alter_system),
    "check_point_stmt": StatementKind("CHECKPOINT", alters(EXECUTE, named=named.everything, fires=False)),
    "create_table_space_stmt": StatementKind("CREATE TABLESPACE", schema.read_tablespace),
    "drop_table_space_stmt": StatementKind("DROP TABLESPACE", alters(SCHEMA, named=named.everything, fires=False)),
    "alter_table_space_options_stmt": StatementKind(
        "ALTER TABLESPACE", alters(SCHEMA, named=named.everything, fires=False)
    ),
    "alter_table_move_all_stmt": StatementKind("ALTER TABLE", alters(SCHEMA, named=named.everything)),
    # other hosts
    "create_fdw_stmt": StatementKind("CREATE FOREIGN DATA WRAPPER", alters(SCHEMA, NETWORK, named=named.everything)),
    "alter_fdw_stmt": StatementKind("ALTER FOREIGN DATA WRAPPER", alters(SCHEMA, NETWORK, named=named.everything)),
    "create_foreign_server_stmt": StatementKind("CREATE SERVER", schema.read_create_server),
    "alter_foreign_server_stmt": StatementKind("ALTER SERVER", schema.read_create_server),
    "create_foreign_table_stmt": StatementKind("CREATE FOREIGN TABLE", schema.read_create_foreign_table),
    "import_foreign_schema_stmt": StatementKind(
        "IMPORT FOREIGN SCHEMA", alters(SCHEMA, NETWORK, named=text("server_name", "host"))
    ),
    "create_user_mapping_stmt": StatementKind(
        "CREATE USER MAPPING", alters(PRIVILEGE, NETWORK, named=text("servername", "host"))
    ),
    "alter_user_mapping_stmt": StatementKind(
        "ALTER USER MAPPING", alters(PRIVILEGE, NETWORK, named=text("servername", "host"))
    ),
    "drop_user_mapping_stmt": StatementKind("DROP USER MAPPING", alters(PRIVILEGE, named=text("servername", "host"))),
    "create_publication_stmt": StatementKind("CREATE PUBLICATION", alters(SCHEMA, NETWORK, named=named.everything)),
    "alter_publication_stmt": StatementKind("ALTER PUBLICATION", alters(SCHEMA, NETWORK, named=named.everything)),
    "create_subscription_stmt": StatementKind("CREATE SUBSCRIPTION", alters(SCHEMA, NETWORK, named=named.everything)),
    "alter_subscription_stmt": StatementKind("ALTER SUBSCRIPTION", alters(SCHEMA, NETWORK, named=named.everything)),
    "drop_subscription_stmt": StatementKind("DROP SUBSCRIPTION", alters(SCHEMA, NETWORK, named=named.everything)),
}


def _visitors() -> dict[str, Visitor]:
    fields = grammar.Node.DESCRIPTOR.fields_by_name
    statements = {fields[kind].message_type.name: entry.read for kind, entry in TABLE.items()}
    return {**EXPRESSIONS, **statements, "IntoClause": rows.read_into}


VISITORS: dict[str, Visitor] = _visitors()
"""What every message of a parse tree that means something means, by its name."""


def verb_of(kind: str, node: Any) -> str:
    """What people call the statement: SELECT, DROP TABLE, ROLLBACK TO …"""
    verb = TABLE[kind].verb
    return verb if isinstance(verb, str) else verb(node)
