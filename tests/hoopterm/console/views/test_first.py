"""Where nothing is yet, the next step is said."""

from __future__ import annotations

from collections.abc import Sequence

from engine.api.schema import ListenerView, TargetView
from hoopterm.address import find
from hoopterm.console.lines import Line, plain
from hoopterm.console.store import Store
from hoopterm.console.views import chrome, first
from hoopterm.errors import EngineUnreachable
from tests.hoopterm.console import scenes


def told(lines: Sequence[Line]) -> str:
    return "\n".join(plain(line) for line in lines)


def test_without_an_engine_the_demo_and_the_exact_commands_are_offered() -> None:
    try:
        find(environ={})
    except EngineUnreachable as problem:
        cause = f"{problem.message}; {problem.hint}"
    seen = told(chrome.broken("The engine cannot be reached", cause))
    for part in ("No engine runs here", "hoopterm demo", "hoopterm engine start --config", "ssh://you@host", "^r"):
        assert part in seen
    assert "/run/hoopterm/control.sock" in seen


def test_an_engine_that_is_away_is_not_a_first_run() -> None:
    assert "hoopterm demo" not in told(chrome.broken("The engine cannot be reached", "connection refused"))


def test_an_empty_engine_shows_an_agents_way_in_until_one_came() -> None:
    store = Store()
    listeners = [ListenerView("postgres", "127.0.0.1", 15432), ListenerView("ssh", "0.0.0.0", 2222)]
    web = TargetView("web1", "ssh", "10.0.0.2:22", None, "enforce")
    store.load(scenes.status(listeners=listeners, targets=[scenes.SHOP, web]), [], [])
    seen = told(chrome.empty("Nothing", "why", store=store))
    assert "hoopterm token create AGENT --ttl 1h" in seen
    assert 'psql "host=127.0.0.1 port=15432 user=AGENT dbname=shop"' in seen
    assert "ssh -p 2222 web1@HOST uptime" in seen
    store.load(scenes.status(listeners=listeners, targets=[scenes.SHOP]), [], scenes.sessions())
    assert first.first_steps(store) == []


def test_what_has_no_target_promises_no_way_in() -> None:
    store = Store()
    store.load(scenes.status(listeners=[ListenerView("ssh", "h", 1)], targets=[scenes.SHOP]), [], [])
    assert first.first_steps(store) == []
