from __future__ import annotations

import json

import msgspec

from engine.api.schema import ChangesView, ChangeView, CheckpointView, TextView
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import TIME

ENTRY = {
    "sequence": 7,
    "v": 1,
    "time": TIME,
    "event": "operation.denied",
    "session": "s-1",
    "operation": "o-1",
    "identity": "report-bot",
    "target": "shop",
    "data": {"verb": "DROP TABLE", "resources": ["table:orders"], "rule": "no-ddl", "reason": "use a \x1b[2Jmigration"},
}


def test_entries_are_told_in_a_line_each(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/events"] = engine.lines(ENTRY)
    (line,) = hoopterm("audit", "tail").out.splitlines()
    for part in ("operation.denied", "report-bot → shop", "DROP TABLE", "table:orders", "rule=no-ddl", "␛[2J"):
        assert part in line


def test_with_json_an_entry_is_as_it_was_logged(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/events"] = engine.lines(ENTRY, ENTRY)
    assert [json.loads(line) for line in hoopterm("audit", "tail", "--json").out.splitlines()] == [ENTRY, ENTRY]


def test_filters_are_passed_on(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/events"] = b""
    filters = ["--until", "2026-11-22T20:00:00Z", "--identity", "bot", "--target", "shop", "--event", "review.*"]
    hoopterm("audit", "tail", "-n", "5", "-f", *filters)
    assert engine.asked[0][2] == {
        "until": "2026-11-22T20:00:00.000000Z",
        "identity": "bot",
        "target": "shop",
        "event": "review.*",
        "last": "5",
        "follow": "true",
    }


def test_since_asks_for_all_from_then(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/events"] = b""
    hoopterm("audit", "tail", "--since", "15m")
    assert set(engine.asked[0][2]) == {"since"}


def test_the_key_and_the_checkpoint_are_printed_as_they_are(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/audit/key"] = TextView("name+hash+key")
    engine.answers["GET", "/audit/checkpoint"] = CheckpointView("origin\n7\nroot\n\n— sig\n", "name+hash+key")
    assert hoopterm("audit", "key").out == "name+hash+key\n"
    assert hoopterm("audit", "key", "--json").json == {"key": "name+hash+key"}
    assert hoopterm("audit", "checkpoint").out == "origin\n7\nroot\n\n— sig\n"


def test_changes_are_told_once_with_how_often_they_happened(engine: StubEngine, hoopterm: Command) -> None:
    change = ChangeView(7, "2026-11-22T21:00:00Z", "operation.denied", "report-bot", "shop", "s-1", 3, {"rule": "no"})
    found = ChangesView(48_113, 5, "2026-11-22T20:00:00Z", 5, [change])
    engine.answers["GET", "/changes"] = found
    done = hoopterm("audit", "changes", "--since-entry", "5")
    assert "operation.denied" in done.out
    assert "3 times" in done.out
    assert "--since-entry 48113" in done.err
    assert engine.asked[-1][2] == {"since": "5"}
    assert hoopterm("audit", "changes", "--json").json == msgspec.to_builtins(found)
