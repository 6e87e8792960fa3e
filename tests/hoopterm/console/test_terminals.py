"""The terminals of a session that is watched."""

from __future__ import annotations

from hoopterm.console.terminals import MOST, Terminals
from replay.format import Frame
from tests.hoopterm.console import shell
from tests.replay.test_terminals import TWO, ended, sent, size


def watched(frames: list[Frame]) -> Terminals:
    found = Terminals()
    for frame in frames:
        found.apply(frame)
    return found


def words(found: Terminals, operation: str) -> str:
    still = found.still(operation)
    return "" if still is None else " ".join("".join(run.text for run in row).strip() for row in still.lines).strip()


def test_each_terminal_has_its_screen_and_the_newest_that_goes_on_comes_first() -> None:
    assert watched(TWO[:8]).newest == "b"
    found = watched(TWO)
    assert (found.operations, found.newest) == (["a", "b"], "b")
    assert watched(TWO[:12]).newest == "a"
    assert words(found, "b") == "top"
    assert "secrets.txt" in words(found, "a")


def test_a_picture_taken_stays_as_it_was() -> None:
    found = watched(TWO[:6])
    before = found.still("a")
    for frame in TWO[6:]:
        found.apply(frame)
    assert before is not None
    assert "secrets" not in str(before.lines)


def test_what_has_no_terminal_has_no_screen() -> None:
    found = watched([sent(0, "x", "plain")])
    assert (found.operations, found.newest, found.still("x")) == ([], None, None)


def test_screens_are_so_many_at_most() -> None:
    """SECURITY 6: a client may open terminals without end."""
    frames = [size(0, "first"), size(0, "second"), ended(1, "second")]
    found = watched([*frames, *(size(2, f"t{number}") for number in range(MOST - 1))])
    assert len(found.operations) == MOST
    assert "second" not in found.operations
    assert "first" in found.operations


def test_a_real_session_ends_as_its_terminal_did() -> None:
    assert "sudo rm -rf /var/log/api" in words(watched(shell.frames()), shell.OPERATION)
