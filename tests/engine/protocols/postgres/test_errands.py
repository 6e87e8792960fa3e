"""What an answer does here depends on what was asked."""

from __future__ import annotations

import pytest

from engine.errors import ProtocolViolation
from engine.protocols.postgres.answers import (
    CommandComplete,
    DataRow,
    ErrorResponse,
    NoData,
    ParameterDescription,
    ParseComplete,
    ReadyForQuery,
)
from engine.protocols.postgres.denial import error_fields
from engine.protocols.postgres.errands import DescribeStatementErrand, Errand, Hidden, ParseErrand, QueryErrand, Refused
from engine.protocols.postgres.portals import Names, Prepared

ERROR = ErrorResponse({"S": "ERROR", "V": "ERROR", "C": "42601", "M": "raised"})


def test_an_answer_passes_unless_its_errand_says_more() -> None:
    assert Errand().answer(NoData.kind, b"n") == b"n"
    assert Errand().fail(ERROR) is ERROR
    assert Hidden().answer(NoData.kind, b"n") == b""
    with pytest.raises(ProtocolViolation, match="too large"):
        Errand().piece(b"x")


def test_what_raises_is_answered_with_the_denial() -> None:
    refused = Refused(error_fields("42501", "denied"))
    assert refused.fail(ERROR).fields["M"] == "denied"
    assert refused.answer(ReadyForQuery.kind, b"Z") == b"Z"


def test_an_upstream_that_accepts_what_nobody_can_parse_is_not_believed() -> None:
    with pytest.raises(ProtocolViolation):
        Refused(error_fields("42501", "denied")).answer(ParseComplete.kind, b"1")


def test_more_answers_than_statements_break_the_protocol() -> None:
    with pytest.raises(ProtocolViolation, match="more statements"):
        QueryErrand([], lambda statement: None).answer(CommandComplete.kind, CommandComplete("SELECT 1").encode())
    with pytest.raises(ProtocolViolation):
        QueryErrand([], lambda statement: None).answer(DataRow.kind, b"")


@pytest.mark.parametrize("ending", ["answer", "fail", "skip"])
def test_a_statement_is_prepared_only_when_the_server_says_so(ending: str) -> None:
    names: Names[Prepared] = Names()
    told: list[str] = []
    prepared = Prepared("select 1", None)
    errand = ParseErrand(names.propose("s", prepared, 1), lambda name, prepared: told.append(name))
    if ending == "answer":
        errand.answer(ParseComplete.kind, b"1")
    elif ending == "fail":
        errand.fail(ERROR)
    else:
        errand.skip()
    assert names.find("s", 2) is (prepared if ending == "answer" else None)
    assert told == (["s"] if ending == "answer" else [])


@pytest.mark.parametrize("is_hidden", [True, False])
def test_parameter_types_are_read_along(is_hidden: bool) -> None:
    prepared = Prepared("select $1", None, (0,))
    data = ParameterDescription((23,)).encode()
    errand = DescribeStatementErrand(prepared, is_hidden=is_hidden)
    assert errand.answer(ParameterDescription.kind, data) == (b"" if is_hidden else data)
    assert prepared.types == (23,)
