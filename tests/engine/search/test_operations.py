"""Recorded operations, as those who decide them again read them."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import HooptermError
from engine.search import operations
from engine.search.operations import RecordedOperation, recorded_operations
from tests.engine.search.conftest import NOW, Record


async def test_an_operation_comes_with_its_analysis_its_identity_and_its_statement(record: Record) -> None:
    await record.open_session(groups=["agents", "night"])
    await record.say("o-1", "SELECT $1", parameters=["7"], types=["int4"])
    sequence = await record.intend("o-1", has_where=True)
    await record.publish()
    record.index().close()
    assert list(recorded_operations(record.state, 10)) == [
        RecordedOperation(
            sequence=sequence,
            time=NOW,
            session="s-1",
            operation="o-1",
            identity="bot",
            target="shop",
            verb="SELECT",
            accesses=(("read", "table:public.orders(id)"),),
            has_where=True,
            is_denied=False,
            verdict="allow",
            rule="agents-read",
            reason="",
            review=None,
            kind="agent",
            groups=frozenset({"agents", "night"}),
            sponsor="alice",
            database="shop",
            mode="enforce",
            text="SELECT $1",
            parameters=("7",),
            types=("int4",),
        )
    ]


async def test_the_newest_come_first_and_no_more_than_asked(record: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_PAGE", 2)
    sequences = [await record.intend(f"o-{number}") for number in range(5)]
    denied = await record.deny("o-5")
    await record.publish()
    record.index().close()
    newest = list(recorded_operations(record.state, 4))
    assert [each.sequence for each in newest] == [denied, *sequences[:1:-1]]
    assert [each.is_denied for each in newest] == [True, False, False, False]
    assert [each.sequence for each in recorded_operations(record.state, 100, before=sequences[1])] == sequences[:1]


async def test_what_was_only_observed_says_what_it_would_have_been(record: Record) -> None:
    await record.intend("o-1", reason="observed only, else deny: no rule", rule=None)
    await record.publish()
    record.index().close()
    (only,) = recorded_operations(record.state, 1)
    assert (only.reason, only.rule, only.text) == ("observed only, else deny: no rule", None, None)


def test_without_an_index_it_says_so(tmp_path: Path) -> None:
    with pytest.raises(HooptermError, match="no recorded operations to read yet"):
        list(recorded_operations(tmp_path, 1))
