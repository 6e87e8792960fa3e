"""An entry as lines."""

from __future__ import annotations

import msgspec

from hoopterm.console.lines import measure, plain
from hoopterm.console.proof import check
from hoopterm.console.views import entry as view
from tests.hoopterm.console.record import NOW, detail, entries

ENTRY = entries(3)[2]


def test_a_row_says_the_statement_in_one_line() -> None:
    folded = msgspec.structs.replace(ENTRY, text="DELETE\n  FROM x")
    assert plain(view.row(folded, NOW)["what"]) == "DELETE FROM x"
    bare = msgspec.structs.replace(ENTRY, text="", summary="not here")
    assert plain(view.row(bare, NOW)["what"]) == "DELETE table:public.orders(id, total)  not here"


def test_every_field_of_an_entry_is_readable_and_none_is_wider_than_the_screen() -> None:
    found = detail(ENTRY)
    found.entry["data"] |= {"deep": {"list": [1, None, True], "text": "x" * 500}, "evil": "\x1b[2J", "none": {}}
    lines = view.whole(found, check(found), 60)
    text = "\n".join(plain(line) for line in lines)
    for part in ("deep.list", "yes", "␛[2J", "no-deletes", "proven here"):
        assert part in text
    assert max(measure(line) for line in lines) <= 60


def test_nesting_without_end_is_shown_as_far_as_it_is_sensible() -> None:
    found = detail(ENTRY)
    deep: object = "core"
    for _ in range(50):
        deep = {"a": deep}
    found.entry["data"] = deep
    assert len(view.whole(found, check(found), 80)) < 40


def test_what_is_copied_is_json() -> None:
    assert msgspec.json.decode(view.copied(ENTRY))["sequence"] == 2


def test_who_decided_stands_before_whose_operation_it_was() -> None:
    vote = msgspec.structs.replace(ENTRY, event="review.voted", by="bob")
    assert plain(view.row(vote, NOW)["who"]) == f"bob → {ENTRY.identity}"
    assert plain(view.row(msgspec.structs.replace(vote, identity=None), NOW)["who"]) == "bob"
    assert "by" in plain(view.brief(vote, 60)[4])
