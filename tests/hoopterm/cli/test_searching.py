"""`hoopterm audit search`: options become one query, pages become one list."""

from __future__ import annotations

import csv
import io
import json

import msgspec

from engine.api.schema import DoneView, EntryView, SearchView
from tests.hoopterm.cli.conftest import Command, StubEngine
from tests.hoopterm.samples import TIME

FOUND = EntryView(
    7, TIME, "operation.denied", "s-1", "o-1", "report-bot", "alice", "shop", "DELETE", ["delete"], ["table:orders"],
    decision="deny", rule="no-deletes", text="DELETE FROM \x1b[2Jorders",
)  # fmt: skip


def asked(engine: StubEngine) -> str:
    return engine.asked[-1][2]["q"]


def test_what_was_found_is_a_table_without_escapes(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/audit/search"] = SearchView([FOUND], False, 8, 8)
    done = hoopterm("audit", "search", "orders")
    for part in ("7", "operation.denied", "report-bot", "shop", "no-deletes", "DELETE FROM ␛[2Jorders"):
        assert part in done.out
    assert asked(engine) == "orders !event:recording.segment"
    assert "left out: --all has them" in done.err
    done = hoopterm("audit", "search", "orders", "--all")
    assert (asked(engine), done.err) == ("orders", "")


def test_options_are_terms_and_those_given_twice_alternatives(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/audit/search"] = SearchView([], False, 8, 8)
    who = ["--identity", "bot", "--identity", "deploy bot", "--resource", "public.*", "--since", "2h"]
    done = hoopterm("audit", "search", "!orders", *who, "--text", "drop table", "--decision", "deny", "--limit", "5")
    assert asked(engine) == (
        '!orders identity:bot,"deploy bot" resource:public.* decision:deny text:"drop table" since:2h'
        " !event:recording.segment"
    )
    assert engine.asked[-1][2]["limit"] == "5"
    assert "nothing was found" in done.err


def test_json_is_one_array_over_all_pages(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/audit/search"] = SearchView([FOUND], True, 8, 8)
    done = hoopterm("audit", "search", "--json", "--limit", "2")
    assert done.json == [msgspec.to_builtins(FOUND)] * 2
    assert [query.get("before") for _, _, query, _ in engine.asked] == [None, "7"]
    assert "there are more: --before 7" in done.err
    engine.answers["GET", "/audit/search"] = SearchView([], False, 8, 8)
    assert hoopterm("audit", "search", "--json").json == []


def test_csv_has_a_head_and_runs_nothing(engine: StubEngine, hoopterm: Command) -> None:
    evil = msgspec.structs.replace(FOUND, text="=cmd|' /C calc'!A0")
    engine.answers["GET", "/audit/search"] = SearchView([evil], False, 8, 8)
    (row,) = csv.DictReader(io.StringIO(hoopterm("audit", "search", "--csv").out))
    assert (row["sequence"], row["text"]) == ("7", "'=cmd|' /C calc'!A0")


def test_following_prints_each_entry_in_a_line(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/audit/search"] = engine.lines(FOUND, FOUND)
    lines = hoopterm("audit", "search", "-f", "--json", "x").out.splitlines()
    assert [json.loads(line)["sequence"] for line in lines] == [7, 7]
    assert engine.asked[-1][2]["follow"] == "true"
    assert "report-bot" in hoopterm("audit", "search", "-f").out


def test_an_index_that_is_behind_says_so(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/audit/search"] = SearchView([FOUND], False, 90_000, 8, "no space left")
    assert "lacks the newest 89992 entries: no space left" in hoopterm("audit", "search").err.replace(",", "")


def test_what_excludes_one_another_is_refused(engine: StubEngine, hoopterm: Command) -> None:
    assert hoopterm("audit", "search", "--csv", "--json").status == 2
    assert hoopterm("audit", "search", "--follow", "--before", "3").status == 2


def test_the_index_can_be_made_anew(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["POST", "/audit/reindex"] = DoneView()
    assert hoopterm("audit", "reindex", "--json").json == {"done": True}
    assert "made anew" in hoopterm("audit", "reindex").err
