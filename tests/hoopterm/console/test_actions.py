"""One registry: every action has its method, every key its meaning."""

from __future__ import annotations

from collections import Counter

import pytest

from hoopterm.console.actions import ACTIONS, Scope, bindings, find, method, of
from hoopterm.console.app import Console
from hoopterm.console.screens.approvals import Approvals
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.recordings import Recordings
from hoopterm.console.screens.replay import Replay
from hoopterm.console.screens.sessions import Sessions
from hoopterm.console.screens.watch import Watch
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.feed import Feed
from hoopterm.console.widgets.live_table import LiveTable

PAGES = (Approvals, Sessions, Watch, Recordings, Replay, Reader)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_can_do_everything_its_scopes_promise(page: type[Approvals]) -> None:
    for action in of(page.SCOPES):
        assert callable(getattr(page, method(action), None)), f"{page.__name__} cannot {action.id}"


@pytest.mark.parametrize("widget", [Document, Feed, LiveTable])
def test_everything_that_moves_moves_alike(widget: type[Document]) -> None:
    for action in of([Scope.MOVE]):
        assert callable(getattr(widget, method(action), None))


def test_the_application_can_do_its_own() -> None:
    for action in of([Scope.APP]):
        assert callable(getattr(Console, method(action), None))


@pytest.mark.parametrize("page", PAGES)
def test_no_key_means_two_things_on_a_page(page: type[Approvals]) -> None:
    keys = Counter(key for action in of((*page.SCOPES, Scope.APP)) for key in action.keys)
    assert [key for key, times in keys.items() if times > 1] == []


def test_what_grants_denies_or_kills_asks_first_and_needs_a_live_picture() -> None:
    for scope, id in (
        (Scope.APPROVALS, "approve"),
        (Scope.APPROVALS, "deny"),
        (Scope.SESSIONS, "terminate"),
        (Scope.SESSIONS, "lock"),
        (Scope.WATCH, "terminate"),
    ):
        action = find(scope, id)
        assert action.label.endswith("…")
        assert action.needs_live


def test_every_action_says_what_it_does() -> None:
    assert all(action.help and action.label and action.shown for action in ACTIONS)
    assert len(bindings(Scope.APP)) == len(of([Scope.APP]))


def test_an_unknown_action_is_an_error() -> None:
    with pytest.raises(KeyError):
        find(Scope.APP, "nonsense")
