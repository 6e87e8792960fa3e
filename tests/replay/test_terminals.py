"""The terminals of a recording: any frame of any of them, and words that come up on a screen."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest

from replay import terminals
from replay.format import Frame, RowBatch
from replay.screen import Screen
from replay.terminals import Projection, Terminals, search


def size(at: float, operation: str, columns: int = 40, rows: int = 6) -> Frame:
    return Frame(at, "t", {"operation": operation, "cols": columns, "rows": rows, "term": "xterm"})


def sent(at: float, operation: str, output: str, kind: str = "stdout") -> Frame:
    return Frame(at, "R", RowBatch(operation, output.count("\n"), output.encode(), kind))


def began(at: float, operation: str, **more: Any) -> Frame:
    return Frame(at, "q", {"operation": operation, "verb": "SHELL", "text": "", "verdict": "allow", **more})


def ended(at: float, operation: str) -> Frame:
    return Frame(at, "e", {"operation": operation, "status": "completed"})


TWO = [
    began(0, "a"), size(0, "a"), sent(1, "a", "$ "), began(1, "b"), size(1, "b", 20, 3), sent(2, "b", "top"),
    sent(3, "a", "ls", "input"), sent(3, "a", "ls\r\n"), sent(4, "a", "secrets.txt\r\n$ "), ended(5, "b"),
    size(6, "a", 60, 8), sent(7, "a", "cat"), ended(8, "a"),
]  # fmt: skip


def indexed(frames: Sequence[Frame]) -> Terminals:
    found = Terminals(frames)
    found.extend()
    return found


def shown(frames: Sequence[Frame], operation: str, position: int) -> list[str]:
    track = indexed(frames).tracks[operation]
    return [line for line in Projection(frames, track).show(position).text if line]


def test_each_of_two_terminals_at_once_shows_its_own_screen() -> None:
    assert list(indexed(TWO).tracks) == ["a", "b"]
    assert shown(TWO, "a", 8) == ["$ ls", "secrets.txt", "$"]
    assert shown(TWO, "b", 8) == ["top"]


def test_a_terminal_is_there_from_its_size_to_its_end() -> None:
    track = indexed(TWO).tracks["b"]
    assert [position for position in range(len(TWO)) if track.is_open(position)] == [4, 5, 6, 7, 8, 9]


def test_a_step_is_a_frame_that_changes_the_screen_and_not_a_key_that_was_typed() -> None:
    track = indexed(TWO).tracks["a"]
    assert [track.next(1), track.next(2), track.next(7), track.next(11)] == [2, 7, 8, None]
    assert [track.previous(8), track.previous(7), track.previous(2), track.previous(1)] == [7, 2, 1, None]


def test_what_was_typed_is_known_by_its_place() -> None:
    track = indexed(TWO).tracks["a"]
    assert [list(track.inputs(position, 5)) for position in (5, 6, 12)] == [[], [6], [6]]
    assert list(track.inputs(12, 0)) == []


def test_a_resize_shows_from_its_frame_on() -> None:
    projection = Projection(TWO, indexed(TWO).tracks["a"])
    assert projection.show(9).columns == 40
    assert (projection.show(10).columns, projection.show(10).rows) == (60, 8)
    assert projection.show(9).columns == 40


def long_session(frames: int) -> list[Frame]:
    chance = random.Random(4)
    out = [began(0, "a"), size(0, "a")]
    for number in range(frames):
        column = chance.randrange(40)
        out.append(sent(number, "a", f"\x1b[{chance.randrange(6) + 1};{column + 1}H\x1b[3{number % 8}mline {number}"))
        if number % 97 == 0:
            out.append(size(number, "a", 30 + number % 20, 6))
    return [*out, ended(frames, "a")]


def test_every_place_shows_what_playing_up_to_it_shows() -> None:
    frames = long_session(1000)
    track = indexed(frames).tracks["a"]
    played, projection = Screen(), Projection(frames, track)
    expected = []
    for frame in frames:
        if terminals.changes(frame):
            terminals.apply(played, frame)
        expected.append((played.lines, played.cursor))
    places = random.Random(1).choices(range(len(frames)), k=60)
    assert [(seen := projection.show(place)).lines for place in places] == [expected[place][0] for place in places]
    assert seen.cursor == expected[places[-1]][1]


def test_the_index_is_as_small_as_it_is_told_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """SECURITY 6: screens of a stranger's making do not fill the viewer's memory."""
    monkeypatch.setattr(terminals, "_BUDGET", 4000)
    frames = long_session(3000)
    track = indexed(frames).tracks["a"]
    assert 0 < track.size < 6000
    assert Projection(frames, track).show(2999).lines == Projection(frames, track).show(2999).lines


def test_more_terminals_at_once_than_are_kept_at_work_show_their_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "_AT_WORK", 2)
    names = ["a", "b", "c", "d"]
    frames = [size(0, name) for name in names]
    frames += [sent(number, name, f"{name}{number} ") for number in range(3) for name in names]
    assert [shown(frames, name, len(frames)) for name in names] == [[f"{name}0 {name}1 {name}2"] for name in names]


def test_an_index_half_made_shows_what_it_knows_and_grows() -> None:
    found, left = Terminals(TWO), iter([True] * 8)
    found.extend(lambda: next(left, False))
    assert (found.known, round(found.progress, 2)) == (8, 0.62)
    projection = Projection(TWO, found.tracks["a"])
    assert projection.show(7).text[0] == "$ ls"
    found.extend()
    assert projection.show(8).text[1] == "secrets.txt"


@pytest.mark.parametrize("spacing", [1, 128])
def test_words_are_found_where_they_come_up_on_the_screen(spacing: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminals, "_FRAMES", spacing)
    frames = [size(0, "a"), sent(1, "a", "al"), sent(2, "a", "arm\r\n"), sent(3, "a", "x"), sent(4, "a", "\x1b[2J")]
    frames += [sent(5, "a", "\x1b[Hanother AL"), sent(6, "a", "ARM"), sent(7, "a", "\r\n\r\n"), ended(8, "a")]
    track = indexed(frames).tracks["a"]

    def found(position: int, forward: bool = True) -> int | None:
        return search(frames, track, "Alarm", position, forward=forward)

    assert [found(0), found(2), found(3), found(6)] == [2, 6, 6, None]
    assert [found(8, False), found(6, False), found(2, False)] == [6, 2, None]


def test_a_search_ends_when_nobody_waits_for_it() -> None:
    track = indexed(TWO).tracks["a"]
    assert search(TWO, track, "secrets", 0, is_wanted=lambda: False) is None
