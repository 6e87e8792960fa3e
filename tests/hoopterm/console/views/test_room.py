"""Room for the record, in the header and as a banner."""

from __future__ import annotations

import pytest

from engine.api.schema import SpaceView
from hoopterm.console.lines import measure, plain
from hoopterm.console.store import Store
from hoopterm.console.views import chrome, room
from tests.hoopterm.console import scenes

AMPLE = SpaceView("/var/lib/hoopterm", "ample", 600 * 10**9, 10**12, 10**11, 10**10, 5e9, 118.2)
LOW = SpaceView("/mnt/log", "low", 9 * 10**10, 10**12, 10**11, 10**10, 4e10, 2.0)
FULL = SpaceView("/mnt/log", "full", 4 * 10**8, 10**12, 10**11, 10**10)


def loaded(*space: SpaceView) -> Store:
    store = Store(clock=lambda: 100.0)
    store.load(scenes.status(space=list(space)), [], [])
    return store


def test_a_header_says_how_much_is_free_and_for_how_long_where_the_screens_have_their_names_besides() -> None:
    for cells, is_told in ((160, False), (200, True)):
        header = chrome.header(loaded(AMPLE), chrome.Place("prod-eu", "approvals"), cells, scenes.NOW)
        assert measure(header) == cells
        assert ("✓ ample 600 GB free · 118d left" in plain(header)) is is_told
        assert "6 Replay" in plain(header)
    assert chrome.banner(loaded(AMPLE), 80) == ()


def test_the_tightest_filesystem_is_the_one_told_of() -> None:
    assert room.tightest([AMPLE, LOW]) is LOW
    assert room.tightest([LOW, FULL, AMPLE]) is FULL
    assert room.tightest([]) is None


@pytest.mark.parametrize("cells", [40, 80, 160])
def test_little_room_is_a_banner_on_any_width(cells: int) -> None:
    low, full = (chrome.banner(loaded(AMPLE, space), cells) for space in (LOW, FULL))
    assert measure(low) == measure(full) == cells
    assert plain(low).startswith(" ▲ the record's space is low")
    assert plain(full).startswith(" ✗ no room for the record, operatio")
    assert (low[0].role, full[0].role) == ("call", "alarm")


def test_the_banner_says_what_is_left() -> None:
    assert "90.0 GB free of 1.0 TB · 2 days left · /mnt/log" in plain(chrome.banner(loaded(LOW), 120))
