"""What statements about the session do: settings, transactions, prepared statements, cursors, channels, EXPLAIN."""

from __future__ import annotations

from typing import Any

from engine.model import Effect
from engine.protocols.postgres.analysis import calls
from engine.protocols.postgres.analysis.names import dotted, literal, options, split_name, strings
from engine.protocols.postgres.analysis.reader import Reader, Scope, Todo
from engine.protocols.postgres.parsing import grammar

_TWO_PHASE = frozenset(
    {grammar.TRANS_STMT_PREPARE, grammar.TRANS_STMT_COMMIT_PREPARED, grammar.TRANS_STMT_ROLLBACK_PREPARED}
)
_BEGINNINGS = frozenset({grammar.TRANS_STMT_BEGIN, grammar.TRANS_STMT_START})
_COMMITS = frozenset({grammar.TRANS_STMT_COMMIT, grammar.TRANS_STMT_PREPARE})


def harmless(reader: Reader, node: Any, scope: Scope) -> Todo:
    """Nothing that anyone would have to be asked about."""
    reader.findings.is_pure = False
    reader.note(Effect.HOUSEKEEPING, "statement")
    return []


def read_set(reader: Reader, node: Any, scope: Scope) -> Todo:
    """SET and RESET."""
    if node.kind == grammar.VAR_RESET_ALL:
        # who the session is stays as it is; everything else goes back to what the engine itself began with
        reader.findings.is_pure = False
        reader.findings.changes_settings = True
        reader.note(Effect.HOUSEKEEPING, "setting")
    else:
        value = None
        if node.kind == grammar.VAR_SET_VALUE and len(node.args) == 1:
            value = literal(node.args[0])
        calls.configure(reader, node.name, value)
    return []


def read_show(reader: Reader, node: Any, scope: Scope) -> Todo:
    """SHOW."""
    reader.note(Effect.HOUSEKEEPING, "setting", "" if node.name == "all" else node.name.lower())
    return []


def read_transaction(reader: Reader, node: Any, scope: Scope) -> Todo:
    """BEGIN, COMMIT, ROLLBACK, savepoints; two-phase commit ends what another session wrote."""
    findings = reader.findings
    findings.is_pure = False
    if node.kind in _TWO_PHASE:
        findings.note(Effect.WRITE, "database", reader.world.state.database)
    else:
        findings.note(Effect.HOUSEKEEPING, "statement")
    if node.kind == grammar.TRANS_STMT_ROLLBACK_TO:
        findings.changes_settings = True
    return []


def transaction_of(node: Any) -> str:
    """What a TransactionStmt does to the transaction."""
    if node.kind in _BEGINNINGS:
        return "begin"
    if node.kind in _COMMITS:
        return "commit"
    if node.kind == grammar.TRANS_STMT_ROLLBACK:
        return "rollback"
    return "savepoint"


def is_outside_transactions(node: Any) -> bool:
    """Whether it is COMMIT PREPARED or ROLLBACK PREPARED, which end no transaction of this session."""
    return node.kind in (grammar.TRANS_STMT_COMMIT_PREPARED, grammar.TRANS_STMT_ROLLBACK_PREPARED)


def read_discard(reader: Reader, node: Any, scope: Scope) -> Todo:
    """DISCARD gives up what the session has gathered, ALL its role too."""
    findings = reader.findings
    findings.is_pure = False
    if node.target in (grammar.DISCARD_ALL, grammar.DISCARD_TEMP):
        findings.changes_schema = True
        findings.changes_settings = True
    findings.note(Effect.HOUSEKEEPING, "statement")
    return []


def read_prepare(reader: Reader, node: Any, scope: Scope) -> Todo:
    """PREPARE counts as what it prepares."""
    reader.findings.reads_literals = True
    reader.findings.is_pure = False
    return [(node.query, scope), *((type_name, scope) for type_name in node.argtypes)]


def read_execute(reader: Reader, node: Any, scope: Scope) -> Todo:
    """EXECUTE counts as what was prepared, read anew in the state the session has now."""
    findings = reader.findings
    findings.is_pure = False
    findings.reads_literals = True
    prepared = reader.world.state.prepared.get(node.name)
    if prepared is None:
        findings.opaque(f"no prepared statement {node.name} is known")
    else:
        if prepared.statement.why_opaque is not None:
            findings.opaque(prepared.statement.why_opaque)
        findings.merge(reader.behind(("prepared", node.name, prepared.text), prepared.text, reader.path))
    return [(argument, Scope(scope.tables, True)) for argument in node.params]


def read_explain(reader: Reader, node: Any, scope: Scope) -> Todo:
    """EXPLAIN ANALYZE does what it explains; plain EXPLAIN still plans, which runs functions and shows statistics."""
    found = reader.nested(node.query, scope)
    reader.findings.merge(found if runs(node) else found.as_reads())
    reader.findings.reads_literals = True
    return []


def runs(node: Any) -> bool:
    """Whether an EXPLAIN executes its statement."""
    given = [argument for name, argument in options(node.options) if name == "analyze"]
    if not given:
        return False
    value = literal(given[-1]) if given[-1].WhichOneof("node") else "on"
    return (value or "on").lower() not in ("off", "false", "0", "no")


def read_declare(reader: Reader, node: Any, scope: Scope) -> Todo:
    """DECLARE counts as the query it will run."""
    reader.findings.is_pure = False
    reader.findings.reads_literals = True
    return [(node.query, scope)]


def read_fetch(reader: Reader, node: Any, scope: Scope) -> Todo:
    """FETCH and MOVE go on with what was decided at DECLARE; a cursor of unknown making could be anything."""
    findings = reader.findings
    findings.is_pure = False
    findings.reads_literals = True
    if node.portalname in reader.world.state.cursors:
        findings.note(Effect.HOUSEKEEPING, "statement")
    else:
        findings.opaque(f"no cursor {node.portalname} is known")
    return []


def read_notify(reader: Reader, node: Any, scope: Scope) -> Todo:
    """NOTIFY tells everyone who listens."""
    reader.findings.is_pure = False
    reader.note(Effect.WRITE, "channel", node.conditionname)
    return []


def read_listen(reader: Reader, node: Any, scope: Scope) -> Todo:
    """LISTEN hears what others tell."""
    reader.findings.is_pure = False
    reader.note(Effect.READ, "channel", node.conditionname)
    return []


def read_do(reader: Reader, node: Any, scope: Scope) -> Todo:
    """DO runs a program nobody looks into."""
    given = dict(options(node.args))
    language = literal(given["language"]) if "language" in given else "plpgsql"
    reader.findings.opaque(f"DO runs a block of {language}, which is not looked into")
    return []


def read_call(reader: Reader, node: Any, scope: Scope) -> Todo:
    """CALL runs a procedure."""
    findings = reader.findings
    findings.is_pure = False
    findings.reads_literals = True
    schema, name = split_name(strings(node.funccall.funcname))
    if not calls.call(reader, schema, name, node.funccall, is_procedure=True):
        reader.unknown_function(dotted(schema, name))
    # a procedure may end transactions, and with them what a SET did
    findings.changes_settings = True
    inner = Scope(scope.tables, True)
    return [(argument, inner) for argument in node.funccall.args]
