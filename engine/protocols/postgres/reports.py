"""The upstream's errors and notices, freed of values that must not be seen.

PostgreSQL quotes data in its reports: `invalid input syntax for type integer: "…"`, `Key (email)=(…) already exists`,
`Failing row contains (…)`. Which codes can, and where, follows its error codes (PostgreSQL docs, Appendix A).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from engine.masking.plan import Masks
from engine.model import Operation

_MASKED = "(masked)"
_QUOTED = re.compile(r'"[^"]*"|\'[^\']*\'|\([^()]*\)', re.DOTALL)

# Classes whose reports speak of statements, names, sessions and resources, never of stored values.
_WITHOUT_VALUES = frozenset(
    {"00", "03", "08", "0A", "25", "26", "28", "2D", "34", "3B", "3D", "3F", "40", "42", "53", "54", "55", "57", "58"}
)
# Integrity violations: the message names the constraint, the other fields quote the row.
_VALUES_IN_DETAIL = frozenset({"23"})
# Fields that never hold data: severity, code, file, line, routine, position, and the names of objects.
_SAFE_FIELDS = frozenset("SVCFLRPpsctdn")


def mask_report(fields: Mapping[str, str], masks: Masks, operation: Operation | None) -> dict[str, str]:
    """The fields of an ErrorResponse or NoticeResponse as the client may see them.

    `operation` is the one it belongs to, None when that cannot be told. Where it may quote a protected column, what is
    quoted goes; detectors look at every text in any case.
    """
    state = fields.get("C", "")
    is_suspect = masks.touches_protected(operation) and state[:2] not in _WITHOUT_VALUES
    return {
        code: value if code in _SAFE_FIELDS else _mask(code, value, state[:2], masks, is_suspect=is_suspect)
        for code, value in fields.items()
    }


def _mask(code: str, value: str, state: str, masks: Masks, *, is_suspect: bool) -> str:
    if is_suspect:
        if code != "M":
            return _MASKED
        if state in _VALUES_IN_DETAIL:
            return masks.text(value)
        if state == "22":
            return masks.text(_unquoted(value))
        return _MASKED
    return masks.text(value)


def _unquoted(message: str) -> str:
    """A data exception's message without anything quoted or behind a colon: those are the values."""
    head, colon, _ = _QUOTED.sub(_MASKED, message).partition(": ")
    return f"{head}: {_MASKED}" if colon else head
