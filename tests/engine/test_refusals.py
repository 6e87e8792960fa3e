from typing import Any

import pytest

from engine.audit.events import EventName
from engine.errors import RecordError, SessionRefused
from engine.gateway import Gateway
from engine.refusals import MOST, SECONDS, Refusals
from tests.engine.conftest import events

NO = SessionRefused("no such token", "it is not known")


class Log:
    """What is recorded, and the time."""

    def __init__(self) -> None:
        self.entries: list[tuple[str | None, dict[str, Any]]] = []
        self.now = 0.0
        self.fails = False

    def append(
        self,
        event: EventName,
        *,
        identity: str | None = None,
        target: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> int:
        assert event is EventName.SESSION_REFUSED
        if self.fails:
            raise RecordError("the record cannot be written")
        self.entries.append((identity, data or {}))
        return len(self.entries)

    def refusals(self) -> Refusals:
        return Refusals(self.append, lambda: self.now)


async def test_a_crowd_of_strangers_is_counted_and_does_not_fill_the_log() -> None:
    """SECURITY: promise 6, before authentication."""
    log = Log()
    refusals = log.refusals()
    for number in range(MOST + 1000):
        refusals.tell(NO, f"stranger-{number}")
    assert len(log.entries) == MOST
    refusals.settle()
    identity, data = log.entries[-1]
    assert identity is None
    assert data["suppressed"] == 1000
    assert len(data["identities"]) == 20
    assert sum(data["identities"].values()) + data["others"] == 1000
    refusals.settle()
    assert len(log.entries) == MOST + 1


async def test_after_a_while_refusals_are_told_one_by_one_again() -> None:
    log = Log()
    refusals = log.refusals()
    for _ in range(MOST + 1):
        refusals.tell(NO, "bot")
    log.now = SECONDS
    refusals.tell(NO, "bot", "shop", client="here")
    assert log.entries[MOST] == ("bot", {"why": "no such token: it is not known", "client": "here"})
    refusals.close()
    assert log.entries[-1][1]["identities"] == {"bot": 1}


async def test_what_was_counted_while_the_record_failed_is_not_forgotten() -> None:
    log = Log()
    refusals = log.refusals()
    for _ in range(MOST + 5):
        refusals.tell(NO, "bot")
    log.fails = True
    refusals.settle()
    with pytest.raises(RecordError):
        log.refusals().tell(NO, "bot")
    log.fails = False
    refusals.close()
    assert log.entries[-1][1]["suppressed"] == 5


async def test_a_gateway_bounds_what_it_records_of_refused_logins(gateway: Gateway) -> None:
    for _ in range(MOST + 20):
        with pytest.raises(SessionRefused):
            await gateway.authenticate("bot", "ht_no_no")
    assert len(await events(gateway, "session.refused")) == MOST
    gateway.refusals.settle()
    assert (await events(gateway, "session.refused"))[-1]["data"]["suppressed"] == 20
