"""How the engine is, in a line each."""

from __future__ import annotations

from hoopterm.console.lines import plain
from hoopterm.console.views.health import health
from tests.hoopterm.console.outlook import busy
from tests.hoopterm.console.scenes import NOW, status


def told(**changes: object) -> str:
    import msgspec

    view = msgspec.structs.replace(busy(), **changes)
    return "\n".join(plain(item.line) for item in health(view, NOW, is_long=True))


def test_what_is_broken_is_named_and_can_be_gone_to() -> None:
    items = health(busy(), NOW, is_long=False)
    assert [item.key for item in items if item.key] == ["targets:", "target:warehouse", "target:web1", "locks:"]
    shown = told(troubles={"checkpoint": "no space left on device"}, draining=True)
    for part in ("✗ failing", "warehouse", "■ locked", "web1", "no space left", "draining", "■ 2 locks set"):
        assert part in shown


def test_the_log_says_when_it_was_signed_and_how_long_there_is_room() -> None:
    shown = told()
    assert "48,113 entries · signed 1s ago" in shown
    assert "212 GB free of 1.8 TB · 41 days left" in shown
    assert "not signed yet" in told(checkpoint=None)


def test_an_engine_that_nobody_can_reach_says_so() -> None:
    shown = "\n".join(plain(item.line) for item in health(status(), NOW, is_long=False))
    assert "none: nobody can connect" in shown
    assert "the configuration names no target" in shown
