"""What a policy would change."""

from __future__ import annotations

from engine.api.schema import DiffView, ShiftView
from hoopterm.console.lines import measure, plain
from hoopterm.console.views import difference

FOUND = DiffView(
    "a",
    "b",
    ["+ rule more (allow)", "~ rule read: who"],
    [
        ShiftView("loses", ["etl-bot"], ["shop"], ["read"], ["allow"], ["deny"], ["more"]),
        ShiftView("gains", [f"bot{number}" for number in range(9)], ["shop"], ["write"], ["deny"], ["allow"], []),
    ],
    "",
)


def test_what_lets_something_run_comes_first() -> None:
    first, second = map(plain, difference.shifts(FOUND))
    assert first.startswith("▲ bot0, bot1")
    assert "and 3 more gains write on shop  deny → allow" in first
    assert second == "▼ etl-bot loses read on shop  allow → deny  by more"


def test_nothing_is_wider_than_its_pane() -> None:
    assert max(map(measure, difference.meaning(FOUND, "", 40))) <= 40


def test_what_is_not_known_is_said() -> None:
    assert "may not" in plain(difference.meaning(None, "you may not compare", 40)[0])
    assert "comparing" in plain(difference.meaning(None, "", 40)[0])
    none = DiffView("a", "a", ["~ engine"], [], "")
    assert "nobody gains or loses anything" in plain(difference.meaning(none, "", 60)[-1])


def test_a_patch_is_coloured_by_what_its_lines_do() -> None:
    made = difference.patch("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\x1b\n+b\n")
    assert [each[0].role for each in made] == ["dim", "dim", "number", "red", "running"]
    assert "\x1b" not in plain(made[3])
