"""Whether the server will say how many rows a statement changed.

It counts, in the command tag, the rows that the statement itself inserted, updated, deleted, merged, copied in or
stored in the table it made. It does not count those that a WITH, a trigger, a foreign key or a function of the
statement changed besides. (PostgreSQL documentation, "Message Formats", CommandComplete.)
"""

from __future__ import annotations

from engine.protocols.postgres.analysis.findings import Findings
from engine.protocols.postgres.analysis.names import descendants
from engine.protocols.postgres.parsing import ParsedStatement
from engine.protocols.postgres.statement import SessionState

UNTOLD = "nobody tells how many rows it changes"
_IN_WITH = "a WITH changes rows that the server does not count: change them in a statement of their own"

_STATEMENTS = {"InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
_COUNTED = frozenset({"insert_stmt", "update_stmt", "delete_stmt", "merge_stmt"})


def why_uncounted(part: ParsedStatement, findings: Findings, state: SessionState) -> str | None:
    """Why nobody will tell how many rows it changes; None where that is told, or it changes none."""
    if not findings.changes_rows and findings.why_opaque is None:
        return None
    node = part.node
    match part.kind:
        case "prepare_stmt":
            return None  # it does not run yet
        case "execute_stmt":
            prepared = state.prepared.get(node.name)
            return prepared.statement.uncounted if prepared is not None else UNTOLD
        case "copy_stmt":
            return None if node.is_from else UNTOLD
        case kind:
            nested = any(inner.DESCRIPTOR.name in _STATEMENTS for inner in descendants(node) if inner is not node)
            if nested and kind in (*_COUNTED, "select_stmt"):
                return _IN_WITH
            return None if kind in _COUNTED else UNTOLD
