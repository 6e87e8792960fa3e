"""The road of a submission through the pipeline."""

from __future__ import annotations

import pytest

from engine.model import Verdict
from engine.protocols.postgres.admission import Refusal, admit, admit_now, operation_of
from engine.protocols.postgres.statement import Statement
from tests.dsl.conversation import Conversation
from tests.dsl.wire import whole


def statement(text: str) -> Statement:
    return Statement(text, text.split()[0].upper(), is_pure_read=text.startswith("select"))


async def test_every_operation_has_its_own_identifier() -> None:
    async with Conversation(whole) as x:
        operations = [operation_of(x.relay, statement("select 1")) for _ in range(2)]
        assert [operation.id for operation in operations] == ["s-1.1", "s-1.2"]


async def test_a_pure_read_needs_no_waiting_and_a_write_does() -> None:
    async with Conversation(whole) as x:
        for text, is_admitted in (("select 1", True), ("delete from t", False)):
            asked = statement(text)
            assert (admit_now(x.relay, asked, operation_of(x.relay, asked)) is not None) is is_admitted


async def test_a_denial_is_a_refusal_with_the_clients_error() -> None:
    async with Conversation(whole) as x:
        x.decides(DROP=Verdict.DENY)
        asked = statement("drop table t")
        with pytest.raises(Refusal) as refused:
            await admit(x.relay, [asked], [operation_of(x.relay, asked)])
        assert refused.value.fields["C"] == "42501"
        assert x.relay.submission is None
