"""Hours of a terminal's output, in small."""

from __future__ import annotations

from pathlib import Path

from replay.index import Recording
from replay.terminals import Projection, Terminals
from tests.bench import hours
from tests.servers.performance import Piece

PIECES = [Piece(number / 2, f"\x1b[{number + 1};1Hpiece {number}".encode()) for number in range(10)]


def test_the_pieces_are_repeated_for_as_long_as_is_asked(tmp_path: Path) -> None:
    path = tmp_path / "hours.hoop"
    written = hours.write(path, PIECES, hours=0.05)
    with Recording.open(path) as recording:
        assert recording[-1].at > 0.05 * 3600 - 6
        terminals = Terminals(recording)
        terminals.extend()
        track = terminals.tracks[hours.OPERATION]
        assert len(track) == len(recording) - 1
        shown = Projection(recording, track).show(recording.at(3.2))
    assert written == 33 * sum(len(piece.data) for piece in PIECES)
    assert shown.text[:8] == [*(f"piece {number}" for number in range(7)), ""]


def test_a_seeks_time_is_read_by_its_share() -> None:
    found = hours.Hours(1.0, 1, 1.0, 1.0, [3.0, 1.0, 2.0, 4.0], 1.0)
    assert (found.seek(0.5), found.seek(1.0)) == (3.0, 4.0)
