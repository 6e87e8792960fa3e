"""What clients were answered, held against what the record says: no record, no execution; no record, no answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec

from replay.note import Checkpoint, Note
from replay.report import Report
from replay.tail import Tail
from replay.tiles import CHECKPOINT, Tiles
from replay.verify import verify

Row = tuple[str, int]
"""A row that a client made: its name, and the number of the operation that made it."""

SCHEMA = """
create table ledger (client text, number integer);
create table held (id integer primary key);
insert into held select generate_series(1, 20000);
"""


@dataclass
class Account:
    """One client's own account of its session: the verbs it asked for in order, and which of them were answered."""

    name: str
    asked: list[str] = field(default_factory=list)
    answered: set[int] = field(default_factory=set)
    deleted: set[int] = field(default_factory=set)
    """Rows of `held` whose deletion it asked for."""

    def ask(self, verb: str) -> int:
        """It is about to ask; the operation's number."""
        self.asked.append(verb)
        return len(self.asked) - 1


def entries(state: Path) -> list[dict[str, Any]]:
    """The log of a state directory, signed and unsigned."""
    log = state / "log"
    size = Checkpoint.parse(Note.parse((log / CHECKPOINT).read_bytes()).text).size
    signed = list(Tiles(log, size).entries())
    tail = [entry for _, entry in Tail(log, size, Report()).entries()]
    return [msgspec.json.decode(entry) for entry in (*signed, *tail)]


def verified(state: Path) -> Report:
    """The record verifies; what it shows."""
    report = verify(state)
    assert report.ok, report.problems
    return report


class Record:
    """A log's sessions by the names that their clients gave themselves."""

    def __init__(self, entries: Iterable[dict[str, Any]]) -> None:
        self.sessions: dict[str, str] = {}
        self.closed: set[str] = set()
        self.gaps: set[str] = set()
        self.intents: dict[str, list[dict[str, Any]]] = defaultdict(list)
        self.used: set[str] = set()
        self.approved: set[str] = set()
        for entry in entries:
            self._take(entry)

    def _take(self, entry: dict[str, Any]) -> None:
        session, data = str(entry.get("session")), entry["data"]
        match entry["event"]:
            case "session.opened":
                self.sessions[data["client"].rpartition(" ")[2]] = session
            case "session.closed":
                self.closed.add(session)
            case "answer.gap":
                self.gaps.add(session)
            case "operation.intended":
                self.intents[session].append(data)
            case "review.used":
                self.used.add(data["review"])
            case "review.approved":
                self.approved.add(data["review"])

    def of(self, account: Account) -> list[dict[str, Any]]:
        """The intents of one client's session, in order."""
        return self.intents[self.sessions.get(account.name, "")]


def check(record: Record, accounts: Sequence[Account], rows: Iterable[Row], gone: set[int]) -> None:
    """Every answer, and every row that came or went, has its intent in the record. Raises AssertionError."""
    by_name = {account.name: account for account in accounts}
    for account in accounts:
        intents = record.of(account)
        for number in account.answered:
            assert number < len(intents), f"{account.name} was answered {number}, the record has {len(intents)} intents"
            assert intents[number]["verb"] == account.asked[number], (account.name, number, intents[number])
    for name, number in rows:
        if name in by_name:
            intents = record.of(by_name[name])
            assert number < len(intents), f"{name} wrote with its operation {number}, of which there is no intent"
            assert intents[number]["verb"] in ("INSERT", "COPY"), (name, number, intents[number])
    for account in accounts:
        deletes = [intent for intent in record.of(account) if intent["verb"] == "DELETE"]
        lost = account.deleted & gone
        assert len(lost) <= len(deletes), f"{account.name} deleted {lost}, the record has {len(deletes)} intents"
        for intent in deletes:
            assert intent["review"] in record.used, f"{intent} ran without an approval that was used"
    assert record.used <= record.approved, "a review was used that nobody approved"


def check_gaps(record: Record, accounts: Iterable[Account]) -> None:
    """Every session of these clients that a crash ended is told by a gap."""
    open_ones = {record.sessions[each.name] for each in accounts if each.name in record.sessions} - record.closed
    assert open_ones <= record.gaps, f"sessions that ended in silence: {open_ones - record.gaps}"
