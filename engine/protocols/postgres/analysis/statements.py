"""From parsed statements to analysed ones, one after the other as the session will be when each of them runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from engine.model import Effect
from engine.protocols.postgres.analysis.counting import why_uncounted
from engine.protocols.postgres.analysis.findings import Findings
from engine.protocols.postgres.analysis.names import strings, words
from engine.protocols.postgres.analysis.reader import World, read_statement
from engine.protocols.postgres.effects.rows import copy_options
from engine.protocols.postgres.effects.session import is_outside_transactions, runs, transaction_of
from engine.protocols.postgres.effects.table import TABLE, verb_of
from engine.protocols.postgres.lineage.tracing import Lineage, analyse_lineage
from engine.protocols.postgres.parsing import ParsedStatement, after_first, grammar
from engine.protocols.postgres.statement import PreparedStatement, SessionState, Statement

_NAMELESS = words(
    """
    transaction_stmt variable_set_stmt variable_show_stmt constraints_set_stmt discard_stmt deallocate_stmt
    close_portal_stmt notify_stmt listen_stmt unlisten_stmt
    """
)
"""Statements that mean the same whatever names mean."""

_NORMALISED = frozenset({"select_stmt", "insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})
_LOOKS = (Effect.READ, Effect.HOUSEKEEPING)


def read_all(parsed: Sequence[ParsedStatement], world: World) -> Iterator[tuple[Statement, Findings]]:
    """Each statement of a text. What an earlier one changes in ways nobody can follow makes the later ones opaque."""
    made: set[str] = set()
    unsettled: str | None = None
    for part in parsed:
        findings = read_statement(world, part)
        if findings.changes_settings and {"setting", "function"} <= {kind for _, kind, _ in findings.columns}:
            findings.opaque("it may change how names in the functions it calls are resolved")
        if part.kind not in _NAMELESS:
            if unsettled is not None:
                findings.opaque(unsettled)
            elif changed := findings.names & made:
                findings.opaque(f"an earlier statement of the same text changes what {min(changed)} means")
        statement = _statement(part, findings, world)
        yield statement, findings
        made |= findings.made
        unsettled = unsettled or _unsettles(statement, findings, world.state, has_made=bool(made))
        world.state = _after(world.state, statement)


def _unsettles(statement: Statement, findings: Findings, state: SessionState, *, has_made: bool) -> str | None:
    if findings.changes_settings:
        return "an earlier statement of the same text may change how names are resolved"
    if findings.makes_anything:
        return "an earlier statement of the same text may change what any name means"
    if statement.transaction in ("commit", "rollback") and state.settings_may_revert:
        return "the end of the transaction earlier in the same text may change how names are resolved"
    if statement.transaction == "rollback" and (state.has_uncommitted_schema or has_made):
        return "the rollback earlier in the same text may change what names mean"
    return None


def _after(state: SessionState, statement: Statement) -> SessionState:
    """The state once the statement is done, as far as prepared statements and cursors go."""
    if statement.prepares is not None and statement.prepares_as is not None:
        return replace(state, prepared={**state.prepared, statement.prepares_as: statement.prepares})
    if statement.deallocates is not None:
        gone = state.prepared if statement.deallocates == "" else {statement.deallocates}
        return replace(state, prepared={name: value for name, value in state.prepared.items() if name not in gone})
    if statement.declares is not None:
        return replace(state, cursors={**state.cursors, statement.declares: statement.columns})
    if statement.closes is not None:
        lost = state.cursors if statement.closes == "" else {statement.closes}
        return replace(state, cursors={name: value for name, value in state.cursors.items() if name not in lost})
    return state


def _statement(part: ParsedStatement, findings: Findings, world: World) -> Statement:
    node = part.node
    lineage = _lineage(part, world)
    accesses = findings.accesses()
    return Statement(
        text=part.text,
        verb=verb_of(part.kind, node),
        kind=TABLE[part.kind].kind,
        accesses=accesses,
        has_where=_has_where(part, findings),
        is_pure_read=findings.is_pure and all(access.effect in _LOOKS for access in accesses),
        columns=lineage.columns,
        inferences=lineage.inferences,
        copies=lineage.copies,
        changes_schema=findings.changes_schema,
        changes_settings=findings.changes_settings,
        reads_literals=findings.reads_literals or part.kind not in _NORMALISED or bool(node_values(part)),
        why_opaque=findings.why_opaque,
        uncounted=why_uncounted(part, findings, world.state),
        **_particulars(part, world),
    )


def node_values(part: ParsedStatement) -> Any:
    """The rows of a bare VALUES, whose types hang on its literals."""
    return part.node.values_lists if part.kind == "select_stmt" else ()


def _lineage(part: ParsedStatement, world: World) -> Lineage:
    if part.kind in _NAMELESS and part.kind != "variable_show_stmt":
        return Lineage(inferences=frozenset(), copies=frozenset())
    state = world.state
    if state.search_path != world.path:
        state = replace(state, search_path=world.path)
    return analyse_lineage(part.node, world.catalog, state)


def _has_where(part: ParsedStatement, findings: Findings) -> bool:
    if findings.restricted:
        return all(findings.restricted)
    return part.kind == "select_stmt" and bool(part.node.HasField("where_clause"))


def _particulars(part: ParsedStatement, world: World) -> dict[str, Any]:
    """The fields that only some kinds of statement have."""
    node = part.node
    match part.kind:
        case "transaction_stmt" if not is_outside_transactions(node):
            return {"transaction": transaction_of(node)}
        case "copy_stmt" if not node.filename and not node.is_program:
            return {"copy_direction": "in" if node.is_from else "out", **copy_options(node)}
        case "prepare_stmt":
            return {"prepares_as": node.name, "prepares": _prepared(part, world)}
        case "execute_stmt":
            return {"executes": node.name}
        case "explain_stmt" if node.query.WhichOneof("node") == "execute_stmt" and runs(node):
            return {"executes": node.query.execute_stmt.name}
        case "create_table_as_stmt" if node.query.WhichOneof("node") == "execute_stmt":
            return {"executes": node.query.execute_stmt.name}
        case "deallocate_stmt":
            return {"deallocates": "" if node.isall else node.name}
        case "declare_cursor_stmt":
            return {"declares": node.portalname}
        case "fetch_stmt" if not node.ismove:
            return {"fetches": node.portalname}
        case "close_portal_stmt":
            return {"closes": node.portalname}
        case "discard_stmt" if node.target == grammar.DISCARD_ALL:
            return {"deallocates": "", "closes": ""}
        case _:
            return {}


def _prepared(part: ParsedStatement, world: World) -> PreparedStatement | None:
    node = part.node
    inner = getattr(node.query, node.query.WhichOneof("node"))
    text = after_first(part.text, grammar.AS)
    if text is None:
        return None
    inner_part = ParsedStatement(node.query.WhichOneof("node"), inner, text)
    statement = _statement(inner_part, read_statement(world, inner_part), world)
    types = tuple(strings(argument.type_name.names)[-1] for argument in node.argtypes)
    return PreparedStatement(text, replace(statement, parameter_types=types), types)
