"""A recording as a file: whole, private, or not there at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from hoopterm.console.exporting import FORMS, Form, Wanted, command, named, write
from hoopterm.errors import Problem
from tests.hoopterm.console import shell, talk

WANTED = Wanted("se_7f3a", "se_7f3a", None, 12.0)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_every_form_is_written_readable_by_its_owner_alone(form: Form, tmp_path: Path) -> None:
    size, path = write(shell.write(tmp_path), form, WANTED, str(tmp_path / named(form, WANTED)))
    assert Path(path).stat().st_size == size > 0
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_a_damaged_recording_leaves_no_file(tmp_path: Path) -> None:
    recording = talk.write(tmp_path)
    data = bytearray(recording.read_bytes())
    data[len(data) // 2] ^= 0xFF
    recording.write_bytes(data)
    with pytest.raises(Problem, match="damaged"):
        write(recording, FORMS[2], WANTED, str(tmp_path / "out.txt"))
    assert [each.name for each in tmp_path.iterdir()] == [recording.name]


def test_a_link_that_leads_nowhere_is_not_written_through(tmp_path: Path) -> None:
    recording, link, behind = talk.write(tmp_path), tmp_path / "out.txt", tmp_path / "behind"
    link.symlink_to(behind)
    with pytest.raises(Problem, match="there already"):
        write(recording, FORMS[2], WANTED, str(link))
    write(recording, FORMS[2], WANTED, str(link), replaces=True)
    assert not behind.exists()
    assert not link.is_symlink()


def test_a_place_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="No such file"):
        write(talk.write(tmp_path), FORMS[2], WANTED, str(tmp_path / "nowhere" / "out.txt"))


def test_the_command_makes_the_same_whatever_the_names_hold() -> None:
    wanted = Wanted("s", "a b;rm.hoop", "op_1", 1.5)
    assert command(FORMS[1], wanted, "it's") == (
        "hoopterm replay 'a b;rm.hoop' --export asciicast --version 2 --operation op_1 > 'it'\"'\"'s'"
    )
    assert "--at 1.500" in command(FORMS[5], wanted, "x.svg")


def test_a_proposed_name_stays_in_its_directory() -> None:
    assert "/" not in named(FORMS[0], Wanted("../../etc/passwd", "", None))
