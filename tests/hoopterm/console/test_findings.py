"""A window that moves along the log."""

from __future__ import annotations

from engine.api.schema import EntryView, SearchView
from hoopterm.console.findings import MOST, Findings
from tests.hoopterm.console.record import entries

LOG = entries(5000)


def older(before: int, count: int = 1000) -> SearchView:
    page = LOG[max(before - count, 0) : before][::-1]
    return SearchView(page, before > count, len(LOG), len(LOG))


def newer(after: int, count: int = 1000) -> SearchView:
    return SearchView(LOG[after + 1 : after + 1 + count], after + count < len(LOG) - 1, len(LOG), len(LOG))


def keys(first: int, last: int) -> list[str]:
    return [str(number) for number in range(first, last - 1, -1)]


def test_pages_follow_one_another_and_what_is_far_is_let_go() -> None:
    found = Findings()
    found.begin("", older(5000))
    assert (found.keys, found.has_older, found.has_newer) == (keys(4999, 4000), True, False)
    for _ in range(3):
        assert found.oldest is not None
        found.add_older(older(found.oldest))
    assert (found.keys, len(found.keys), found.has_newer) == (keys(2999, 1000), MOST, True)
    assert found.get("4999") is None
    assert found.newest is not None
    found.add_newer(newer(found.newest))
    assert (found.keys, found.has_older, found.has_newer) == (keys(3999, 2000), True, True)


def test_it_can_be_read_from_the_oldest() -> None:
    found = Findings()
    found.begin("", newer(-1), from_oldest=True)
    assert (found.keys, found.has_older, found.has_newer) == (keys(999, 0), False, True)


def test_what_has_just_come_is_first_and_once() -> None:
    found = Findings()
    found.begin("", older(4000, 10))
    found.add_new(LOG[3998:4003])
    assert found.keys == keys(4002, 3990)
    entry = found.get("4002")
    assert isinstance(entry, EntryView)
    assert found.get(None) is None
