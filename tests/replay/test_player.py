"""The player: a state machine that gives the same wherever one comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from replay.format import Frame, RowBatch
from replay.index import Recording
from replay.player import Player
from replay.statements import Statement
from tests.replay.session import FRAMES, table
from tests.replay.test_index import write


@pytest.fixture(params=["list", "recording"])
def player(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Player]:
    with Recording.open(write(tmp_path / "s-1.hoop", FRAMES)) as recording:
        yield Player(FRAMES if request.param == "list" else recording)


def test_it_begins_before_the_first_frame_and_steps_to_the_last(player: Player) -> None:
    assert (player.position, player.at, player.frame, player.current) == (-1, 0.0, None, None)
    assert list(player.statements) == []
    steps = 0
    while player.step():
        assert player.frame == FRAMES[player.position]
        steps += 1
    assert steps == len(FRAMES)
    assert player.is_at_end
    assert (player.at, player.duration, player.until_next()) == (63.0, 63.0, None)
    while player.back():
        steps -= 1
    assert (steps, player.position) == (0, -1)


def test_statements_appear_as_they_begin(player: Player) -> None:
    player.seek(2.5)
    assert [each.operation for each in player.statements] == ["o-1", "o-2"]
    assert [each.status for each in player.all_statements] == ["completed", "denied", "completed", "failed"]
    third = player.all_statements[2]
    assert (third.number, third.verb, third.tag, third.changed, third.was_reviewed) == (
        3,
        "DELETE",
        "DELETE 412",
        412,
        True,
    )


def test_the_statement_grows_with_the_position(player: Player) -> None:
    player.go(3)
    assert player.statement is not None
    assert (list(player.statement.rows), player.statement.state) == ([["1", "***"], ["2", None]], "running")
    player.go(5)
    assert (player.statement.total, player.statement.state) == (3, "completed")
    player.go(1)
    assert (list(player.statement.rows), player.statement.outcome) == ([], None)


@pytest.mark.parametrize(
    ("kind", "positions"),
    [
        ("denial", [7]),
        ("review", [9, 10]),
        ("mask", [5]),
        ("gap", [15]),
        ("error", [16]),
        (None, [5, 7, 9, 10, 15, 16]),
    ],
)
def test_markers_are_jumped_to_forwards_and_backwards(player: Player, kind: str | None, positions: list[int]) -> None:
    found = []
    while player.next_marker(kind):
        found.append(player.position)
    assert found == positions
    player.go(len(FRAMES) - 1)
    back = []
    while player.previous_marker(kind):
        back.append(player.position)
    assert back == positions[::-1]


def test_markers_say_what_they_mark(player: Player) -> None:
    assert [(each.kind, each.label) for each in player.markers] == [
        ("mask", "2 values masked"),
        ("denial", "DROP TABLE denied"),
        ("review", "DELETE pending"),
        ("review", "DELETE approved"),
        ("gap", "the target records answers: 2"),
        ("error", "COPY failed"),
    ]


def test_a_clock_finds_what_is_due(player: Player) -> None:
    assert player.due(0.5) == 0
    assert player.due(1.2) == 3
    player.go(10)
    assert player.until_next() == pytest.approx(0.5)
    player.seek(1e9)
    assert player.is_at_end


def test_there_is_no_way_beyond_either_end(player: Player) -> None:
    assert not player.go(-2)
    assert not player.go(len(FRAMES))
    assert not player.back()
    assert not player.previous_marker()


@given(st.lists(st.integers(-1, len(FRAMES) - 1), min_size=1, max_size=12))
def test_a_position_shows_the_same_whatever_the_way_to_it(visits: list[int]) -> None:
    """Stepping on, jumping back and folding anew must agree."""
    wanderer = Player(FRAMES)
    for position in visits:
        wanderer.go(position)
        fresh = Player(FRAMES)
        fresh.go(position)
        assert wanderer.statement == fresh.statement
        assert wanderer.current == fresh.current


def stream(batches: int, size: int) -> list[Frame]:
    rows = [
        Frame(
            1.0 + number,
            "R",
            RowBatch("o", size, table(*[(b"%d" % (number * size + n),) for n in range(size)]), before=number * size),
        )
        for number in range(batches)
    ]
    return [
        Frame(0.0, "q", {"operation": "o", "verb": "SELECT"}),
        Frame(0.5, "c", {"operation": "o", "columns": []}),
        *rows,
    ]


@given(st.lists(st.integers(0, 41), min_size=1, max_size=8))
def test_a_long_answer_is_entered_anywhere_with_its_last_rows_and_its_total(visits: list[int]) -> None:
    player = Player(stream(40, 10), window=25)
    for position in visits:
        player.go(position)
        statement = player.statement
        assert isinstance(statement, Statement)
        total = max(0, position - 1) * 10
        assert statement.total == total
        assert [row[0] for row in statement.rows] == [str(n) for n in range(max(0, total - 25), total)]


def test_only_the_batches_that_fill_the_window_are_read() -> None:
    class Counting(list[Frame]):
        reads = 0

        def __getitem__(self, number):  # type: ignore[no-untyped-def]  # both of list's overloads
            self.reads += 1
            return super().__getitem__(number)

    frames = Counting(stream(5000, 10))
    player = Player(frames, window=30)
    frames.reads = 0
    player.go(4000)
    assert player.statement is not None
    assert frames.reads < 30


def test_statements_at_the_same_time_are_told_apart() -> None:
    frames = [
        Frame(0.0, "q", {"operation": "a", "verb": "SELECT"}),
        Frame(0.0, "q", {"operation": "b", "verb": "SELECT"}),
        Frame(0.1, "R", RowBatch("a", 1, table((b"1",)))),
        Frame(0.2, "R", RowBatch("b", 1, table((b"2",)))),
        Frame(0.3, "R", RowBatch("a", 1, table((b"3",)), before=1)),
        Frame(0.4, "e", {"operation": "b", "status": "completed"}),
    ]
    player = Player(frames)
    player.go(4)
    assert player.statement is not None
    assert (player.statement.operation, list(player.statement.rows)) == ("a", [["1"], ["3"]])
    player.step()
    assert player.statement is not None
    assert (player.statement.operation, list(player.statement.rows)) == ("b", [["2"]])


def test_a_live_session_is_taken_in_as_it_grows() -> None:
    frames = FRAMES[:4]
    player = Player(frames)
    player.go(3)
    frames += FRAMES[4:8]
    player.extend()
    assert [each.status for each in player.all_statements] == ["completed", "denied"]
    assert player.step()
    assert player.statement is not None
    assert player.statement.total == 3


def test_an_empty_recording_plays() -> None:
    player = Player([])
    assert (player.duration, player.is_at_end, player.step(), player.statement) == (0.0, True, False, None)


def test_sizes_after_the_first_and_typed_lines_are_markers() -> None:
    frames = [
        Frame(0.0, "q", {"operation": "a", "verb": "SHELL"}),
        Frame(0.0, "t", {"operation": "a", "cols": 80, "rows": 24}),
        Frame(1.0, "q", {"operation": "l", "verb": "LINE", "text": "ls", "inferred": True}),
        Frame(2.0, "t", {"operation": "a", "cols": 120, "rows": 40}),
    ]
    marks = [(marker.position, marker.kind, marker.label) for marker in Player(frames).markers]
    assert marks == [(2, "line", "ls"), (3, "resize", "120 × 40")]
