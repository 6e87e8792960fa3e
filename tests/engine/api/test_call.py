from __future__ import annotations

import pytest

from engine.api.call import Readings
from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving


def test_what_was_shown_is_remembered_per_person() -> None:
    readings = Readings()
    readings.add("bob", ["rv_1"])
    assert readings.has("bob", "rv_1")
    assert not readings.has("ann", "rv_1")


def test_the_memory_of_readings_is_bounded() -> None:
    readings = Readings(most=2)
    readings.add("bob", ["a", "b", "c"])
    assert [readings.has("bob", what) for what in "abc"] == [False, True, True]


async def test_no_evidence_is_read_while_the_record_cannot_be_written(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.errors import RecordError

    def fail(*_: object, **__: object) -> int:
        raise RecordError("the record cannot be written", "the disk is full")

    monkeypatch.setattr(serving.gateway.log, "append", fail)
    with pytest.raises(Refused, match="the disk is full") as caught:
        await serving.client.recordings()
    assert caught.value.code == "record"
    monkeypatch.undo()
