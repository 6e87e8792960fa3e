"""Ten hours of real terminal output: vim, htop and tail at work in a terminal, performed once, repeated and stretched.

What is measured: emulation, making the index, and going to random places of it.
"""

from __future__ import annotations

import os
import random
import shlex
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from replay.format import Frame, RowBatch, encode_block, encode_header
from replay.index import Recording
from replay.screen import Screen
from replay.terminals import Projection, Terminals
from tests.bench.bench import Bench
from tests.bench.figures import Bound, Figure
from tests.servers.performance import Piece, perform

COLUMNS, ROWS = 120, 40
HOURS, _QUICK_HOURS = 10, 1
OPERATION = "o-1"
_BLOCK = 0.25  # seconds a recorder gathers before it stores
_ENVIRONMENT = {"TERM": "xterm-256color", "LANG": "C.UTF-8", "PATH": os.environ["PATH"], "PS1": "$ "}


@dataclass(frozen=True)
class Act:
    """A program and the keys typed into it, one every `pace` seconds."""

    command: str
    keys: Sequence[str]
    pace: float = 0.12


_TEXT = "The quick brown fox jumps over the lazy dog, café naïve 日本語 ✓. "
_TYPED = [*(_TEXT * 3), "\x1b", "y", "y", *("p" * 30), "G", "g", "g", *("\x04" * 4), *("\x15" * 4), "u", "u"]
ACTS = (
    Act(
        "vim -u NONE -N -c 'syntax on' -c 'set nu hls' {file}",
        [*("jjjjww" * 10), "/", *"return\r", *("n" * 20), "o", *_TYPED, ":", *"q!\r"],
    ),
    Act("htop -d 5", [*("jjkkj" * 12), "t", "t", "q"], 0.4),
    Act("tail -n 200 -f {file}", ["", "", "", "\x03"], 0.3),
)  # fmt: skip


def perform_all(size: tuple[int, int] = (COLUMNS, ROWS)) -> list[Piece]:
    """Every act once, for real: what the terminal was sent, and when."""
    pieces: list[Piece] = []
    with TemporaryDirectory(prefix="hoopterm-bench-") as directory:
        file = Path(directory) / "file.py"
        file.write_text(Path(__file__).read_text() * 4)
        at = 0.0
        for act in ACTS:
            keys = [(0.5 + number * act.pace, key) for number, key in enumerate(act.keys)]
            performed = perform(shlex.split(act.command.format(file=file)), keys, size, _ENVIRONMENT)
            pieces.extend(Piece(at + piece.at, piece.data) for piece in performed if not piece.is_typed)
            at = pieces[-1].at + 1.0
    return pieces


def write(path: Path, pieces: Sequence[Piece], hours: float = HOURS) -> int:
    """A recording of that many hours made of these pieces again and again; returns how many bytes of output it has."""
    length, written, begun = pieces[-1].at + 1.0, 0, 0.0
    size = {"operation": OPERATION, "cols": COLUMNS, "rows": ROWS, "term": "xterm-256color"}
    block: list[Frame] = [
        Frame(0.0, "q", {"operation": OPERATION, "verb": "SHELL", "text": "", "verdict": "allow"}),
        Frame(0.0, "t", size),
    ]
    with path.open("wb") as file:
        file.write(encode_header({"session": "s-hours", "identity": "bench", "target": "web1"}))
        previous = 0.0
        while begun < hours * 3600:
            for at, output, _ in pieces:
                frame = Frame(round(begun + at, 6), "R", RowBatch(OPERATION, output.count(b"\n"), output, "stdout"))
                if frame.at - block[0].at > _BLOCK:
                    file.write(encode_block(block, previous))
                    previous, block = block[-1].at, []
                block.append(frame)
                written += len(output)
            begun += length
        file.write(encode_block(block, previous))
    return written


@dataclass(frozen=True)
class Hours:
    """What was measured: megabytes and frames of output, MB/s emulated, seconds for the index, milliseconds a seek."""

    megabytes: float
    frames: int
    emulated: float
    indexed: float
    seeks: Sequence[float]
    index_megabytes: float

    def seek(self, share: float) -> float:
        """The time within which this share of the seeks was done."""
        return sorted(self.seeks)[min(int(len(self.seeks) * share), len(self.seeks) - 1)]


def played(folder: Path, hours: float, seeks: int = 300, seed: int = 1) -> Hours:
    """Make the recording, index it, go to random times, and draw nothing."""
    pieces, path = perform_all(), folder / "hours.hoop"
    written = write(path, pieces, hours)
    screen, begun = Screen(COLUMNS, ROWS), time.process_time()
    for piece in pieces * 10:
        screen.feed(piece.data)
    emulated = sum(len(piece.data) for piece in pieces) * 10 / (time.process_time() - begun) / 1e6
    with Recording.open(path) as recording:
        terminals, begun = Terminals(recording), time.process_time()
        terminals.extend()
        indexed = time.process_time() - begun
        track, chance, took = terminals.tracks[OPERATION], random.Random(seed), []
        projection = Projection(recording, track)
        for _ in range(seeks):
            at, begun = chance.random() * hours * 3600, time.perf_counter()
            shown = projection.show(recording.at(at))
            assert len(shown.lines) == ROWS
            took.append((time.perf_counter() - begun) * 1000)
        return Hours(written / 1e6, len(recording), emulated, indexed, took, track.size / 1e6)


def measure(bench: Bench) -> list[Figure]:
    """How quick emulation is, and how slow the slowest of nineteen in twenty seeks."""
    hours = _QUICK_HOURS if bench.options.is_quick else HOURS
    folder = bench.directory / "hours"
    folder.mkdir()
    found = played(folder, hours)
    bench.say(f"{hours} hours: {found.megabytes:.0f} MB, {found.frames:,} frames")
    seeks = {"p50_ms": found.seek(0.5), "p95_ms": found.seek(0.95), "most_ms": found.seek(1.0)}
    details = {
        "MB": found.megabytes,
        "frames": found.frames,
        "index_s": found.indexed,
        "index_MB": found.index_megabytes,
    }
    seek = f"a recording of {hours} hours of terminal output: to a random moment, 95 of 100 times within"
    emulated = "terminal output: emulated"
    return [
        Figure("replay", "seek", seek, "ms", (found.seek(0.95),), Bound.AT_MOST, 50.0, seeks | details),
        Figure("replay", "emulation", emulated, "MB/s", (found.emulated,), Bound.AT_LEAST, 4.0),
    ]
