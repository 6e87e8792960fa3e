"""Every kind of statement: which have columns, and what the others do with values.

A statement that is in none of the tables here could do anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.protocols.postgres.analysis.names import words
from engine.protocols.postgres.lineage.changes import copy_in
from engine.protocols.postgres.lineage.expressions import evaluate, evaluate_all, kind_of
from engine.protocols.postgres.lineage.queries import flows, is_into
from engine.protocols.postgres.lineage.relations import relation_item
from engine.protocols.postgres.lineage.schema import SCHEMA_STATEMENTS
from engine.protocols.postgres.lineage.scope import Scope
from engine.protocols.postgres.lineage.values import NOTHING, SETTING, UNKNOWN, Ledger, Output, Outputs, Value, joined
from engine.protocols.postgres.parsing import Unreadable, parse

_QUERIES = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})

HARMLESS = words(
    """
    alter_collation_stmt alter_database_refresh_coll_stmt alter_database_set_stmt alter_database_stmt
    alter_default_privileges_stmt alter_enum_stmt alter_event_trig_stmt alter_extension_contents_stmt
    alter_extension_stmt alter_fdw_stmt alter_foreign_server_stmt alter_function_stmt alter_object_depends_stmt
    alter_operator_stmt alter_owner_stmt alter_role_set_stmt alter_role_stmt alter_seq_stmt
    alter_stats_stmt alter_system_stmt alter_table_move_all_stmt alter_table_space_options_stmt
    alter_tsconfiguration_stmt alter_tsdictionary_stmt alter_type_stmt alter_user_mapping_stmt check_point_stmt
    close_portal_stmt comment_stmt composite_type_stmt constraints_set_stmt create_am_stmt
    create_enum_stmt create_extension_stmt create_fdw_stmt create_foreign_server_stmt
    create_plang_stmt create_range_stmt create_role_stmt
    create_seq_stmt create_stats_stmt create_stmt create_table_space_stmt create_user_mapping_stmt createdb_stmt
    deallocate_stmt define_stmt discard_stmt drop_owned_stmt drop_role_stmt drop_stmt drop_subscription_stmt
    drop_table_space_stmt drop_user_mapping_stmt dropdb_stmt grant_role_stmt grant_stmt listen_stmt load_stmt
    lock_stmt notify_stmt reassign_owned_stmt refresh_mat_view_stmt reindex_stmt replica_identity_stmt
    sec_label_stmt transaction_stmt truncate_stmt unlisten_stmt vacuum_stmt variable_set_stmt
    """
)
"""Statements that answer nothing, and store and compare no stored value at the client's word."""

UNFOLLOWED = words(
    """
    alter_op_family_stmt alter_publication_stmt alter_subscription_stmt create_cast_stmt create_conversion_stmt
    create_event_trig_stmt create_foreign_table_stmt create_op_class_stmt create_op_family_stmt
    create_publication_stmt create_subscription_stmt create_transform_stmt create_trig_stmt do_stmt
    import_foreign_schema_stmt rule_stmt
    """
)
"""Statements that answer nothing, but let code or servers see values where lineage does not follow."""


def trace_statement(message: Any, scope: Scope) -> Outputs:
    """The columns of a statement's answer; () when it gives none, None when they could not be told."""
    kind = kind_of(message)
    node = getattr(message, kind) if kind and message.DESCRIPTOR.name == "Node" else message
    if kind in _QUERIES:
        outputs = scope.context.trace_query(node, scope)
        return () if kind == "select_stmt" and is_into(node) else outputs
    if (handler := STATEMENTS.get(kind or "")) is not None:
        with scope.context.nested():
            return handler(node, scope)
    if (schema_handler := SCHEMA_STATEMENTS.get(kind or "")) is not None:
        schema_handler(node, scope)
        return ()
    if kind not in HARMLESS:
        scope.context.ledger.give_up()
    return () if kind in HARMLESS or kind in UNFOLLOWED else None


def _create_table_as(node: Any, scope: Scope) -> Outputs:
    scope.context.ledger.copy(flows(trace_statement(node.query, scope.inner())))
    return ()


def _view(node: Any, scope: Scope) -> Outputs:
    """What the client's own view compares is the client's question; what it shows is followed when it is read."""
    context = scope.context
    if node.replace and context.catalog.has_materialized:
        # a materialized view keeps what the old definition showed, and would be read by the new one
        old = context.catalog.relation(node.view.schemaname or None, node.view.relname, context.path)
        context.ledger.copy(None if old is None else relation_item(old, scope).row.sources)
    context.trace_query(node.query, scope.inner())
    return ()


def _create_schema(node: Any, scope: Scope) -> Outputs:
    for element in node.schema_elts:
        trace_statement(element, scope.inner())
    return ()


def _prepare(node: Any, scope: Scope) -> Outputs:
    trace_statement(node.query, scope.inner())
    return ()


def _execute(node: Any, scope: Scope) -> Outputs:
    """Traced again as it will be planned again: names mean what they mean now."""
    state = scope.context.state
    prepared = state.prepared.get(node.name) if state is not None else None
    parsed = Unreadable("") if prepared is None else parse(prepared.text)
    if isinstance(parsed, Unreadable) or len(parsed) != 1:
        scope.context.ledger.give_up()
        return None
    given = joined(value.sources for value in evaluate_all(node.params, scope))
    scope.context.ledger.infer(given)
    scope.context.ledger.copy(given)
    statement = parsed[0].node
    outputs = trace_statement(statement.query if parsed[0].kind == "prepare_stmt" else statement, scope.inner())
    return outputs and tuple(Output(output.name, output.value.but(given)) for output in outputs)


def _declare(node: Any, scope: Scope) -> Outputs:
    return scope.context.trace_query(node.query, scope.inner())


def _fetch(node: Any, scope: Scope) -> Outputs:
    if node.ismove:
        return ()
    state = scope.context.state
    columns = state.cursors.get(node.portalname) if state is not None else None
    if state is None or columns is None:
        return None
    # the query's tables are fixed since DECLARE, but the bodies of functions it calls are read when a row is fetched
    now = _declared_now(state.cursor_texts.get(node.portalname), scope)
    if now is not None and len(now) != len(columns):
        return None
    if now is not None:
        columns = tuple(
            replace(column, sources=joined((column.sources, output.value.sources)))
            for column, output in zip(columns, now, strict=True)
        )
    return tuple(
        Output(column.name, Value(column.sources, column.type_name, is_stored=not column.is_derived))
        for column in columns
    )


def _declared_now(text: str | None, scope: Scope) -> tuple[Output, ...] | None:
    """The columns of a DECLARE read anew; None without its text."""
    if text is None:
        return None
    parsed = parse(text)
    if isinstance(parsed, Unreadable) or len(parsed) != 1:
        return ()
    return scope.context.trace_query(parsed[0].node.query, scope.inner()) or ()


def _explain(node: Any, scope: Scope) -> Outputs:
    """A plan shows the client's own literals and the planner's guesses, no stored value; but a function that its maker
    wrongly calls immutable is run by the planner, and its result is shown."""
    ledger, context = Ledger(), scope.context
    outer, context.ledger = context.ledger, ledger
    try:
        outputs = trace_statement(node.query, scope.inner())
    finally:
        context.ledger = outer
    options = {option.def_elem.defname: option.def_elem.arg.string.sval for option in node.options}
    outer.add(ledger if "analyze" in options else Ledger(ledger.inferences, untold_inferences=ledger.untold_inferences))
    sources = joined((flows(outputs), ledger.told_inferences)) if ledger.runs_user_code else NOTHING
    form = options.get("format", "").lower()
    return (Output("QUERY PLAN", Value(sources, form if form in ("json", "xml") else "text")),)


def _copy(node: Any, scope: Scope) -> Outputs:
    if node.is_from:
        copy_in(node, scope)
        return ()
    outputs = scope.context.trace_query(node.query, scope.inner()) if node.HasField("query") else _copied(node, scope)
    if node.is_program or node.filename:
        scope.context.ledger.copy(flows(outputs))
        return ()
    return outputs


def _copied(node: Any, scope: Scope) -> Outputs:
    """The columns of `COPY table`: those listed, or all that are not generated."""
    context = scope.context
    relation = context.catalog.relation(node.relation.schemaname or None, node.relation.relname, context.path)
    if relation is None:
        return None
    item = relation_item(relation, scope)
    names = [name.string.sval for name in node.attlist]
    if not names:
        names = [column.name for column in relation.columns if not column.is_generated]
    return tuple(Output(name, item.column(name) or UNKNOWN) for name in names)


def _show(node: Any, scope: Scope) -> Outputs:
    """The server's own settings hold no data; one of a client's making (`a.b`) can hold anything."""
    if node.name == "all":
        return tuple(Output(name, Value(NOTHING, "text")) for name in ("name", "setting", "description"))
    return (Output(node.name, Value(frozenset({SETTING}) if "." in node.name else NOTHING, "text")),)


def _call(node: Any, scope: Scope) -> Outputs:
    value = evaluate(node.funccall, scope)
    if value.sources is None:
        scope.context.ledger.copy(None)
    return value.fields or (() if value.type_name == "void" else None)


STATEMENTS: dict[str, Callable[[Any, Scope], Outputs]] = {
    "call_stmt": _call,
    "copy_stmt": _copy,
    "create_schema_stmt": _create_schema,
    "create_table_as_stmt": _create_table_as,
    "declare_cursor_stmt": _declare,
    "execute_stmt": _execute,
    "explain_stmt": _explain,
    "fetch_stmt": _fetch,
    "prepare_stmt": _prepare,
    "variable_show_stmt": _show,
    "view_stmt": _view,
}
