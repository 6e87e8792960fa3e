"""A session's row, facts and end."""

from __future__ import annotations

import msgspec

from engine.api.schema import IdentityView
from hoopterm.console.lines import plain
from hoopterm.console.views import session
from tests.hoopterm.console.scenes import NOW, sessions


def test_a_live_session_counts_and_a_past_one_is_dim() -> None:
    live, _, past, _ = (session.row(found, False, NOW) for found in sessions())
    assert plain(live["state"]) == "● live"
    assert plain(live["denied"]) == "1"
    assert live["denied"][0].role == "red"
    assert plain(past["state"]) == "○ closed"
    assert past["denied"][0].role == "dim"


def test_one_that_waits_for_people_says_held() -> None:
    assert plain(session.row(sessions()[0], True, NOW)["state"]) == "▲ held"


def test_only_observing_is_badged() -> None:
    assert plain(session.row(sessions()[3], False, NOW)["mode"]) == "observed"
    assert any("only observed" in plain(spans) for spans in session.facts(sessions()[3], NOW))


def test_the_question_before_an_end_says_what_it_does() -> None:
    shown = "\n".join(plain(spans) for spans in session.question(sessions()[0], NOW, 70))
    for part in ("report-bot", "shop", "10.4.0.17:51422 psql", "rolls back", "for good"):
        assert part in shown


def test_the_question_before_a_lock_says_whom_else_it_stops_and_for_how_long() -> None:
    agent = "\n".join(plain(spans) for spans in session.lock_question(sessions()[0], 2, 70))
    for part in ("report-bot", "every target", "2 live sessions", "until somebody runs"):
        assert part in agent
    assert "sponsor" not in agent.partition("what")[2]
    human = msgspec.structs.replace(sessions()[0], identity=IdentityView("carol", "human"))
    assert "the agents they sponsor" in "\n".join(plain(spans) for spans in session.lock_question(human, 0, 90))


def test_what_is_locked_is_marked_and_found() -> None:
    locked = msgspec.structs.replace(sessions()[0], locked=True)
    assert plain(session.row(locked, False, NOW)["who"]) == "locked report-bot"
    assert "locked" in session.words(locked)
    assert "locked" not in session.words(sessions()[0])


def test_a_hostile_client_name_cannot_act() -> None:
    evil = msgspec.structs.replace(sessions()[0], client="\x1b]0;owned\x07", id="\u202eid", last_verb="\x1b[2J")
    shown = "".join(plain(spans) for spans in session.row(evil, False, NOW).values())
    shown += "".join(plain(spans) for spans in [*session.facts(evil, NOW), *session.question(evil, NOW, 60)])
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_filter_sees_people_target_and_client() -> None:
    assert all(part in session.words(sessions()[0]) for part in ("report-bot", "carol", "shop", "psql", "live"))
