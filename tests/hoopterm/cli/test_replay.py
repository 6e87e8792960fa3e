from __future__ import annotations

import json
from pathlib import Path

import pytest

from replay.format import Frame, RowBatch, encode_block, encode_header
from tests.hoopterm.cli.conftest import Command, StubEngine

FRAMES = [
    Frame(0.1, "q", {"operation": "o", "verb": "SELECT", "text": "SELECT 1", "verdict": "allow", "rule": "reads"}),
    Frame(0.2, "e", {"operation": "o", "status": "completed", "tag": "SELECT 1", "rows": 1}),
]
CONTENT = encode_header({"session": "s-1", "identity": "bot", "target": "shop"}) + encode_block(FRAMES)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "s-1.hoop"
    path.write_bytes(CONTENT)
    return path


def test_a_file_is_told_step_after_step_without_an_engine(file: Path, hoopterm: Command) -> None:
    out = hoopterm("replay", str(file)).out
    assert "SELECT 1" in out
    assert "✓ completed" in out


def test_a_session_is_fetched_from_the_engine(engine: StubEngine, hoopterm: Command) -> None:
    engine.answers["GET", "/recordings/s-1"] = CONTENT
    assert "✓ completed" in hoopterm("replay", "s-1", "--step").out


@pytest.mark.parametrize(
    ("form", "first"), [("text", "00:00.000"), ("json", '{"header"'), ("asciicast", '{"version":3')]
)
def test_it_exports(file: Path, hoopterm: Command, form: str, first: str) -> None:
    done = hoopterm("replay", str(file), "--export", form)
    assert done.status == 0
    assert done.out.startswith(first)


def test_json_is_an_export_of_a_line_for_each_frame(file: Path, hoopterm: Command) -> None:
    lines = [json.loads(line) for line in hoopterm("replay", str(file), "--json").out.splitlines()]
    assert [line.get("code") for line in lines] == [None, "q", "e"]


def test_a_form_that_does_not_exist_is_usage(file: Path, hoopterm: Command) -> None:
    done = hoopterm("replay", str(file), "--export", "pdf")
    assert done.status == 2
    assert "asciicast" in done.err


def test_a_file_that_is_not_there_is_usage(tmp_path: Path, hoopterm: Command) -> None:
    assert hoopterm("replay", str(tmp_path / "absent.hoop")).status == 2


def test_a_torn_end_is_told_and_the_rest_is_played(file: Path, hoopterm: Command) -> None:
    file.write_bytes(CONTENT + encode_block(FRAMES)[:-4])
    done = hoopterm("replay", str(file))
    assert done.status == 0
    assert "✓ completed" in done.out
    assert "the end is missing" in done.err


def test_an_altered_recording_is_refused(file: Path, hoopterm: Command) -> None:
    file.write_bytes(CONTENT + b"X" * 100)
    done = hoopterm("replay", str(file))
    assert done.status == 1
    assert "damaged" in done.err


def test_the_screen_at_a_time_is_printed_as_a_picture(tmp_path: Path, hoopterm: Command) -> None:
    path = tmp_path / "s-2.hoop"
    frames = [
        Frame(0.0, "t", {"operation": "o", "cols": 20, "rows": 3}),
        Frame(1.0, "R", RowBatch("o", 0, b"first", "stdout")),
        Frame(90.0, "R", RowBatch("o", 0, b" then", "stdout")),
    ]
    path.write_bytes(encode_header({"session": "s-2"}) + encode_block(frames))
    assert ">first</text>" in hoopterm("replay", str(path), "--export", "svg", "--at", "1:00").out
    assert hoopterm("replay", str(path), "--export", "text", "--at", "1:30").out.startswith("first then")
    cast = hoopterm("replay", str(path), "--export", "asciicast", "--version", "2").out
    assert cast.startswith('{"version":2,"width":20,"height":3')


@pytest.mark.parametrize(
    "arguments",
    [
        ["--export", "svg"],
        ["--export", "svg", "--at", "soon"],
        ["--export", "json", "--at", "1"],
        ["--export", "asciicast", "--operation", "o"],
    ],
)
def test_what_the_recording_has_not_is_a_mistake_of_the_command_line(
    file: Path, hoopterm: Command, arguments: list[str]
) -> None:
    done = hoopterm("replay", str(file), *arguments)
    assert (done.status, bool(done.err)) == (2, True)


def test_rows_zero_shows_every_line_and_what_was_cut_says_so(tmp_path: Path, hoopterm: Command) -> None:
    path = tmp_path / "s-2.hoop"
    lines = RowBatch("o", 30, b"".join(b"line %d\n" % number for number in range(30)), "stdout")
    frames = [FRAMES[0], Frame(0.15, "R", lines), FRAMES[1]]
    path.write_bytes(encode_header({"session": "s-2"}) + encode_block(frames))
    assert "10 more rows: --rows 0 shows all" in hoopterm("replay", str(path), "--step").out
    whole = hoopterm("replay", str(path), "--step", "--rows", "0").out
    assert "line 29" in whole
    assert "more row" not in whole


def test_the_player_is_titled_by_the_session_and_its_file_goes_with_it(
    engine: StubEngine, hoopterm: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.answers["GET", "/recordings/s-1"] = CONTENT
    opened: list[Path] = []

    def play(*, recording: Path) -> None:
        assert recording.read_bytes() == CONTENT
        opened.append(recording)

    monkeypatch.setattr("hoopterm.console.app.run", play)
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    hoopterm("replay", "s-1")
    assert [each.name for each in opened] == ["s-1.hoop"]
    assert not opened[0].exists()
