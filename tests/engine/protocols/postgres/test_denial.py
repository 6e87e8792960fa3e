"""A denial, word for word as a client gets it."""

from __future__ import annotations

import json

import postgast
import pytest

from engine.errors import Denied, ProtocolViolation, RecordError
from engine.model import Decision, Verdict
from engine.protocols.postgres.answers import ErrorResponse
from engine.protocols.postgres.denial import (
    RAISING,
    error_fields,
    fields_of,
    fields_of_failure,
    raising_parse,
    raising_query,
    reworded,
)

DENIED = Denied(
    "DROP denied",
    "rule no-ddl: use a migration",
    "ask for a rule",
    decision=Decision(Verdict.DENY, "no-ddl", "use a migration"),
    operation="s-1.1",
)


def test_a_denial_says_what_why_and_what_next() -> None:
    fields = fields_of(DENIED)
    assert (fields["S"], fields["C"], fields["M"], fields["H"]) == ("ERROR", "42501", "DROP denied", "ask for a rule")
    why, line = fields["D"].split("\n")
    assert why == "rule no-ddl: use a migration"
    assert json.loads(line) == {
        "decision": "deny",
        "rule": "no-ddl",
        "reason": "use a migration",
        "operation": "s-1.1",
        "review": None,
        "retry": False,
    }


def test_what_replaces_a_denied_statement_can_be_parsed_by_no_server() -> None:
    with pytest.raises(postgast.PgQueryError):
        postgast.parse(RAISING)
    assert raising_query().text == RAISING
    assert raising_parse().name  # the client's unnamed statement stays what it is


def test_the_upstreams_error_is_reworded_with_its_own_severity() -> None:
    raised = ErrorResponse({"S": "FEHLER", "V": "ERROR", "C": "42601", "M": "Syntaxfehler", "P": "1"})
    error = reworded(raised, fields_of(DENIED))
    assert error.fields["S"] == "FEHLER"
    assert error.fields["C"] == "42501"
    assert "P" not in error.fields


def test_an_error_that_ends_the_session_stays_itself() -> None:
    fatal = ErrorResponse({"S": "FATAL", "V": "FATAL", "C": "57P01", "M": "terminating"})
    assert reworded(fatal, fields_of(DENIED)) is fatal


def test_a_record_that_cannot_be_written_is_an_io_error() -> None:
    assert fields_of_failure(RecordError("the record cannot be written"))["C"] == "58030"
    assert fields_of_failure(ProtocolViolation("odd"))["C"] == "XX000"


def test_no_field_can_end_early() -> None:
    assert error_fields("42501", "a\0b")["M"] == "ab"
