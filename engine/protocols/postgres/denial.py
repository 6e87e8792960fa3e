"""A denial as PostgreSQL says it: the error of a statement that failed, worded by the engine.

The denied statement is replaced upstream by text that cannot be parsed. That needs no privilege, aborts an explicit
transaction as any failed statement does, and leaves the order of answers, the skipping to Sync and the state of the
transaction to the server itself. A named statement is used, so that the client's unnamed one stays what it is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from engine.errors import Denied, HooptermError, RecordError
from engine.protocols.postgres.answers import ErrorResponse
from engine.protocols.postgres.requests import Parse, Query

RAISING = "hoopterm refused this statement"
"""A syntax error in every version; the upstream's own log shows it."""

RAISING_NAME = "hoopterm_refused"

Fields = Mapping[str, str]


def raising_query() -> Query:
    """What replaces a simple query."""
    return Query(RAISING)


def raising_parse() -> Parse:
    """What replaces an extended-protocol message."""
    return Parse(RAISING_NAME, RAISING)


def fields_of(denied: Denied) -> Fields:
    """Message (what), detail (the rule and why, and the same as one line of JSON), hint (what next)."""
    line = json.dumps(denied.as_json(), ensure_ascii=False, separators=(",", ":"))
    return error_fields("42501", denied.what, f"{denied.why}\n{line}", denied.hint)


def fields_of_failure(error: HooptermError) -> Fields:
    """The same for something the engine itself could not do."""
    return error_fields("58030" if isinstance(error, RecordError) else "XX000", error.what, error.why, error.hint)


def error_fields(sqlstate: str, message: str, detail: str = "", hint: str = "") -> Fields:
    """An error the engine raises by itself."""
    fields = {"S": "ERROR", "V": "ERROR", "C": sqlstate, "M": message, "D": detail, "H": hint}
    return {code: text.replace("\0", "") for code, text in fields.items() if text}


def reworded(error: ErrorResponse, fields: Fields) -> ErrorResponse:
    """What the raising text brought back, worded as the denial; an error that ends the session stays itself."""
    severity = error.fields.get("V", error.fields.get("S", "ERROR"))
    if severity != "ERROR":
        return error
    return ErrorResponse({**fields, "S": error.fields.get("S", "ERROR")})
