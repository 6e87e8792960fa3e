"""Header, footer, banner, and the four states of a list."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hoopterm.console.actions import Scope, of
from hoopterm.console.lines import measure, plain
from hoopterm.console.store import Store
from hoopterm.console.views import chrome
from hoopterm.console.views.chrome import Place
from tests.hoopterm.console import scenes

HERE = Place("prod-eu", "approvals")


def loaded() -> Store:
    store = Store(clock=lambda: 100.0)
    store.load(scenes.status(), scenes.queue(), scenes.sessions())
    return store


@pytest.mark.parametrize("cells", [40, 60, 72, 80, 100, 160, 240])
def test_the_header_fits_any_width(cells: int) -> None:
    line = chrome.header(loaded(), HERE, cells, scenes.NOW)
    assert measure(line) == cells
    assert "hoopterm" in plain(line)
    assert "3 waiting" in plain(line) or cells < 50


def test_the_header_has_engine_link_you_and_clock() -> None:
    shown = plain(chrome.header(loaded(), HERE, 80, scenes.NOW))
    for part in ("prod-eu", "● live 0.0s", "▲ 3 waiting", "bob · approver", ":41:07"):
        assert part in shown
    assert "2 Sessions" in plain(chrome.header(loaded(), HERE, 160, scenes.NOW))


def test_where_nobody_is_at_it_the_header_does_not_move_by_the_second() -> None:
    now = [100.0]
    store = Store(clock=lambda: now[0])
    store.load(scenes.status(), scenes.queue(), scenes.sessions())
    before = chrome.header(store, HERE, 80, scenes.NOW, is_quiet=True)
    now[0] += 1.5
    assert chrome.header(store, HERE, 80, scenes.NOW + timedelta(seconds=1.5), is_quiet=True) == before
    assert "silent" not in plain(before)
    now[0] += 60
    assert "silent 1m" in plain(chrome.header(store, HERE, 80, scenes.NOW, is_quiet=True))


def test_an_engine_that_is_away_is_said_twice() -> None:
    store = loaded()
    assert chrome.banner(store, 80) == ()
    store.lose("connection refused", 3.0)
    assert "✗ away" in plain(chrome.header(store, HERE, 80, scenes.NOW))
    banner = chrome.banner(store, 100)
    assert measure(banner) == 100
    assert "connection refused" in plain(banner)
    assert "trying again in 3s" in plain(banner)


def test_silence_turns_decisions_off_aloud() -> None:
    now = [100.0]
    store = Store(clock=lambda: now[0])
    store.load(scenes.status(), [], [])
    now[0] += 60
    assert "nothing can be decided" in plain(chrome.banner(store, 80))
    assert "silent" in plain(chrome.header(store, HERE, 80, scenes.NOW))


def test_nothing_waiting_and_draining_are_said() -> None:
    store = Store(clock=lambda: 100.0)
    store.load(scenes.status(draining=True), [], [])
    shown = plain(chrome.header(store, HERE, 100, scenes.NOW))
    assert "nothing waits" in shown
    assert "draining" in shown


@pytest.mark.parametrize("cells", [30, 60, 80, 160])
def test_the_footer_keeps_the_weightiest_keys(cells: int) -> None:
    actions = of((Scope.APPROVALS, Scope.FILTER, Scope.SCREEN, Scope.APP))
    line = chrome.footer(actions, frozenset({"approve"}), {}, cells)
    assert measure(line) == cells
    assert "a approve…" in plain(line)
    assert next(span.role for span in line if span.text == "a") == "faint"


def test_every_list_has_its_states() -> None:
    assert "1" in "".join(plain(line) for line in chrome.empty("None", "why", "1", "goes on"))
    assert "asking" in "".join(plain(line) for line in chrome.loading("asking", "prod"))
    assert "^r tries again" in "".join(plain(line) for line in chrome.broken("Broken", "cause"))
