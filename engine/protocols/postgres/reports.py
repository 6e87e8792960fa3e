"""The upstream's errors and notices, freed of values that must not be seen.

PostgreSQL quotes data in its reports: `invalid input syntax for type integer: "…"`, `Key (email)=(…) already exists`,
`relation "…" does not exist` where the name was computed, `index 4111 out of valid range`. Which codes can, and where,
follows its error codes (PostgreSQL docs, Appendix A). What code of the target's own raises can say anything under any
code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.masking.plan import Masks
from engine.model import Operation

_MASKED = "(masked)"
_VALUE = re.compile(r"""["'(\d]|: """)
_CLOSING = re.compile(r"""["')]""")

# Classes whose reports speak of the session, its transaction and resources, never of stored values.
_WITHOUT_VALUES = frozenset({"03", "08", "25", "26", "2D", "3B", "40", "53", "57"})
# Integrity violations: the message names the constraint, the other fields quote the row.
_VALUES_IN_DETAIL = frozenset({"23"})
# Classes whose messages are the server's own words around a value: quoted, in parentheses, behind a colon, a number.
_WORDS_AROUND_VALUES = frozenset({"0A", "22", "28", "34", "3D", "3F", "42", "54", "55", "58"})
# Fields that never hold data: severity, code, file, line, routine, position, and the names of objects.
_SAFE_FIELDS = frozenset("SVCFLRPpsctdn")
_SAFE_FIELDS_OF_CODE = frozenset("SVCFLRPp")  # RAISE … USING sets the names
# Statements that do what earlier ones left to be done: whose rows they meet is not in their own accesses.
_FINISHING = frozenset({"FETCH", "MOVE", "COMMIT", "PREPARE", "SET CONSTRAINTS"})


def mask_report(fields: Mapping[str, str], masks: Masks, operation: Operation | None) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse as the client may see them.

    `operation` is the one it belongs to, None when that cannot be told. Where it may quote a protected column, what is
    quoted goes; detectors look at every text in any case.
    """
    if not _is_suspect(fields, masks, operation):
        return {code: value if code in _SAFE_FIELDS else masks.text(value) for code, value in fields.items()}
    is_code = _runs_code(operation)
    safe = _SAFE_FIELDS_OF_CODE if is_code else _SAFE_FIELDS
    state = "" if is_code else fields.get("C", "")[:2]
    return {code: value if code in safe else _mask(code, value, state, masks) for code, value in fields.items()}


def _is_suspect(fields: Mapping[str, str], masks: Masks, operation: Operation | None) -> bool:
    if not masks.touches_protected(operation):
        is_finishing = operation is not None and operation.verb in _FINISHING
        if not (is_finishing and masks.has_columns):
            return False
    state = fields.get("C", "")[:2]
    # A position in the client's own text, and nothing being done: the statement was never run, and the report is about
    # that text alone. With a context it may be about a value that was parsed (a cast to regtype).
    if state == "42" and "P" in fields and "W" not in fields:
        return False
    return state not in _WITHOUT_VALUES or _runs_code(operation)


def _runs_code(operation: Operation | None) -> bool:
    """Whether functions of the target's own run: they may raise whatever they like."""
    if operation is None:
        return False
    return bool(operation.why_opaque) or any(access.resource.kind == "function" for access in operation.accesses)


def _mask(code: str, value: str, state: str, masks: Masks) -> str:
    if code == "M" and state in _VALUES_IN_DETAIL:
        return masks.text(value)
    if code == "M" and state in _WORDS_AROUND_VALUES:
        return masks.text(_unquoted(value))
    return _MASKED


def _unquoted(message: str) -> str:
    """The server's words without the value among them: from where one may begin to where it surely has ended."""
    if (begin := _VALUE.search(message)) is None:
        return message
    head, rest = message[: begin.start()], message[begin.start() :]
    tail = ""
    if rest[0] == '"' and rest.count('"') > 1:
        tail = rest[rest.rindex('"') + 1 :]
        tail = "" if _VALUE.search(tail) or _CLOSING.search(tail) else tail
    return f"{head}: {_MASKED}" if rest.startswith(": ") else f"{head}{_MASKED}{tail}"
