"""What changed, in a line each."""

from __future__ import annotations

import pytest

from engine.api.schema import ChangeView
from hoopterm.console.lines import plain
from hoopterm.console.views.news import news, of_reviews
from tests.hoopterm.console.scenes import NOW, held, queue, stamp


@pytest.mark.parametrize(
    ("event", "said", "told"),
    [
        ("operation.denied", {"verb": "DROP", "rule": "no-ddl"}, "✗ denied       report-bot → shop · DROP · no-ddl"),
        ("policy.applied", {"author": "carol", "changes": ["a", "b", "c", "d"]}, "carol · a, b, c +1"),
        ("identity.locked", {"by": "erin", "reason": "INC-7"}, "■ locked       report-bot → shop · erin · INC-7"),
        ("some.event", {}, "· some.event   report-bot → shop"),
    ],
)
def test_a_change_says_when_what_who_where_and_why(event: str, said: dict[str, object], told: str) -> None:
    shown = plain(news(ChangeView(1, stamp(-190), event, "report-bot", "shop", None, 1, said), NOW))
    assert shown.startswith("  3m  ")
    assert told in shown


def test_what_happened_often_says_how_often() -> None:
    shown = plain(news(ChangeView(1, stamp(-5), "session.refused", "x", None, None, 1200, {"why": "expired"}), NOW))
    assert "×1200 · x · expired" in shown


def test_hostile_names_are_shown_and_not_obeyed() -> None:
    shown = plain(news(ChangeView(1, stamp(), "\x1b[2J", "a\u202eb", "\n", None, 1, {}), NOW))
    assert "\x1b" not in shown
    assert "\u202e" not in shown
    assert "\n" not in shown


def test_reviews_tell_what_became_of_them_since() -> None:
    expired = held("rv_9", state="expired", deadline=stamp(-30))
    found = of_reviews([*queue(), expired], stamp(-700))
    assert [(change.event, change.identity) for change in found] == [
        ("review.expired", "report-bot"),
        ("review.approved", "report-bot"),
    ]
    assert found[1].said["by"] == "dan"
