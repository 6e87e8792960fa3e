"""Lines read off the screens of real shells: a pseudo-terminal, what is typed, and what the shell shows of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.protocols.ssh.prompt import Prompt
from tests.servers.typist import Typist, typist

COMMANDS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "dash": ["dash", "-i"],
}
READLINES = pytest.mark.parametrize("shell", ["bash", "zsh"])
COLUMNS, ROWS = 40, 10


@contextmanager
def prompt_of(shell: str, home: Path) -> Iterator[tuple[Typist, Prompt]]:
    environment = {"HOME": str(home), "PS1": "ready> ", "RPROMPT": "right", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    with typist(["env", "-C", str(home), *COMMANDS[shell]], environment, (COLUMNS, ROWS)) as user:
        user.shows(b"ready> ")
        user.type(b"\x15")
        user.settles()
        prompt = Prompt(COLUMNS, ROWS)
        prompt.output(user.taken())
        prompt.mark()
        yield user, prompt


def typed(user: Typist, prompt: Prompt, keys: bytes) -> None:
    user.type(keys)
    user.settles()
    prompt.output(user.taken())


@pytest.mark.parametrize("shell", list(COMMANDS))
@pytest.mark.parametrize("line", ["echo hello", "echo " + "x" * 60, "echo 'a  b' " + "é" * 30, "echo " + "y" * 300])
def test_a_line_that_is_shown_is_the_line_however_it_is_wrapped(shell: str, line: str, tmp_path: Path) -> None:
    with prompt_of(shell, tmp_path) as (user, prompt):
        typed(user, prompt, line.encode())
        assert prompt.line(line) == line


@READLINES
@pytest.mark.parametrize(
    ("keys", "line"),
    [
        (b"echo  one", "echo  one"),
        (b"ne\x01echo o", "echo one"),
        (b"cat rea\t", "cat readable"),
        (b"cat re\x1b[D\x1b[D\x1b[D\x1b[Dzz", "cazzt re"),
        (b"echo " + b"x" * 60 + b"\x01z", "zecho " + "x" * 60),
        (b"\x0cecho one", "echo one"),
    ],
)
def test_an_edited_line_is_read_off_the_screen(shell: str, keys: bytes, line: str, tmp_path: Path) -> None:
    (tmp_path / "readable").touch()
    with prompt_of(shell, tmp_path) as (user, prompt):
        typed(user, prompt, keys)
        assert (prompt.line(None) or "").strip() == line


@READLINES
def test_a_line_that_is_searched_for_is_the_one_found(shell: str, tmp_path: Path) -> None:
    with prompt_of(shell, tmp_path) as (user, prompt):
        typed(user, prompt, b"echo uncommon\r")
        prompt.mark()
        typed(user, prompt, b"\x12comm")
        assert prompt.line(None) == "echo uncommon"


@pytest.mark.parametrize("shell", list(COMMANDS))
def test_what_is_not_shown_is_no_line(shell: str, tmp_path: Path) -> None:
    with prompt_of(shell, tmp_path) as (user, prompt):
        typed(user, prompt, b"stty -echo; read word\r")
        prompt.mark()
        typed(user, prompt, b"")
        prompt.mark()
        user.type(b"secret")
        assert not prompt.shows("secret")
        assert prompt.line("secret") is None


def test_stars_for_a_password_are_no_line() -> None:
    prompt = Prompt(COLUMNS, ROWS)
    prompt.output(b"Password: ")
    prompt.mark()
    prompt.output(b"******")
    assert prompt.line("secret") is None


def test_a_full_screen_has_no_line_until_it_is_left() -> None:
    prompt = Prompt(COLUMNS, ROWS)
    prompt.output(b"ready> \x1b[?10")
    prompt.output(b"49h\x1b[2J\x1b[H")
    prompt.mark()
    prompt.output(b"text")
    assert prompt.is_full_screen
    assert prompt.line("text") is None
    prompt.output(b"\x1b[?1049l\r\nready> ")
    prompt.mark()
    prompt.output(b"ls")
    assert prompt.line("ls") == "ls"


def test_of_a_flood_the_end_is_enough() -> None:
    prompt = Prompt(COLUMNS, ROWS)
    prompt.output(b"\x1b[?2004h")
    for _ in range(100):
        prompt.output(b"a line of the flood\r\n" * 1000)
    prompt.output(b"ready> ")
    prompt.mark()
    prompt.output(b"ls -l")
    assert prompt.takes_pastes
    assert prompt.line(None) == "ls -l"


def test_a_screen_of_another_size_still_has_its_prompt() -> None:
    prompt = Prompt(COLUMNS, ROWS)
    prompt.output(b"ready> ")
    prompt.mark()
    prompt.output(b"ls")
    prompt.resize(20, 5)
    prompt.output(b" -l")
    assert prompt.line(None) == "ls -l"
