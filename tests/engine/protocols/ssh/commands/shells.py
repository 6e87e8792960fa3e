"""What real shells run of a line, and lines for them to run.

Every program is a stand-in that writes down the words it was given. Only lines that are told are run, in an empty
folder, with no other program in reach.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hypothesis import strategies as st

from engine.protocols.ssh.commands.telling import Told, tell

SHELLS = ("bash", "dash", "zsh", "ksh", "mksh")
_LOCALES = {"bash": "C.UTF-8", "dash": "C", "zsh": "C.UTF-8", "ksh": "C", "mksh": "C.UTF-8"}
_END = "\x01"  # no word that is told has it
_STAND_IN = f"""#!/bin/dash
printf '%s\\0' "${{0##*/}}" "$@" '{_END}' >>"$WORDS"
"""
# Shells have these themselves, so that no stand-in would be run.
_OWN = frozenset({"echo", "test", "true", "false", "printf", "cd", "pwd", "kill", "umask", "exit", "sleep", "cat"})

Argv = tuple[str, ...]


class Bench:
    """A folder of stand-ins, and an empty one to run lines in."""

    def __init__(self, folder: Path) -> None:
        self._programs = folder / "programs"
        self._programs.mkdir()
        self._words = folder / "words"
        self._home = folder / "home"
        self._stand_in = folder / "stand-in"
        self._stand_in.write_text(_STAND_IN)
        self._stand_in.chmod(0o755)

    def run(self, shell: str, line: bytes, told: Told) -> tuple[Counter[Argv], set[str]]:
        """The words of every program that the shell runs, and the files that are there afterwards."""
        shutil.rmtree(self._home, ignore_errors=True)
        self._home.mkdir()
        self._words.write_bytes(b"")
        for command in told.commands:
            program = self._programs / command[0]
            if not program.exists():
                program.symlink_to(self._stand_in)
        environment = {"PATH": str(self._programs), "WORDS": str(self._words), "HOME": str(self._home)}
        environment |= {"LC_ALL": _LOCALES[shell], "ZDOTDIR": str(self._home)}
        path = shutil.which(shell)
        assert path is not None, f"apt-get install {shell}"
        done, held = os.pipe()  # every process has it open until it ends, those in the background too
        try:
            subprocess.run(
                [os.fsencode(path), b"-c", line],
                env=environment,
                cwd=self._home,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                pass_fds=[held],
                timeout=20,
                check=False,
            )
        finally:
            os.close(held)
        with open(done, "rb") as ended:
            ended.read()
        return self._ran(), {str(file.relative_to(self._home)) for file in self._home.rglob("*")}

    def _ran(self) -> Counter[Argv]:
        words = self._words.read_bytes().decode().split("\0")[:-1]
        found: Counter[Argv] = Counter()
        argv: list[str] = []
        for word in words:
            if word == _END:
                found[tuple(argv)] += 1
                argv = []
            else:
                argv.append(word)
        return found


@contextmanager
def bench() -> Iterator[Bench]:
    """A bench in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hoopterm-shells-") as folder:
        yield Bench(Path(folder))


def disagreements(at: Bench, line: bytes, shells: tuple[str, ...] = SHELLS) -> Iterator[str]:
    """Where a shell runs anything but what is told of the line; nothing where it is opaque or cannot be tried."""
    told = tell(line)
    if told.why_opaque is not None or not _can_be_tried(told):
        return
    expected = Counter(told.commands)
    written = {access.resource.name for access in told.accesses if access.resource.kind == "path"}
    is_sure = b"||" not in line and b"<" not in line and not written
    for shell in shells:
        ran, files = at.run(shell, line, told)
        if ran - expected or (is_sure and ran != expected):
            yield f"{shell} runs {dict(ran)} of {line!r}, told {dict(expected)}"
        if files - written:
            yield f"{shell} writes {files} of {line!r}, told {written}"


def _can_be_tried(told: Told) -> bool:
    names = {command[0] for command in told.commands}
    paths = [access.resource.name for access in told.accesses if access.resource.kind == "path"]
    return not any("/" in name or name in _OWN for name in names) and not any(
        path.startswith("/") or ".." in path or path == "." for path in paths
    )


NASTY = [
    *("p", "q", "r", "x1", "a.b", "a=b", "-c", "--d=e", "1", "2", "12", ":", "@", "%", "+", ",", "]", "é", "£"),
    *("\xa0", "\u2003", "\u200b", "if", "then", "{", "}", "!", "[", "[[", "time", "coproc", "function", "''=p", ">g"),
]
MARKS = [
    *" \t\n\r\\'\"`$;&|<>()*?[]{}~#!^=,:%@+-_0",
    *("&&", "||", ";;", "|&", "&>", ">&", ">>", ">|", "<>", "<<", "<<<", "2>&1", ">&2", "<(", "$(", "${", "$'", '$"'),
    *(
        "\\\n",
        "\\ ",
        "\\'",
        '\\"',
        "\\\\",
        "''",
        '""',
        "' '",
        '" "',
        "'\"'",
        '"\'"',
        "'\n'",
        '"\\a"',
        '"\\\\"',
        '"\\$"',
    ),
    *(
        " 2>",
        " 1>x ",
        " <1-5>",
        "a=(",
        "$((",
        "=p",
        "~+",
        "{a,b}",
        "x=1 ",
        "LANG=C ",
        " & ",
        " | ",
        "; ",
        "\n\n",
        "'é'",
    ),
    *(
        '"é\\"',
        "'\\'",
        "'a'\\''b'",
        "!!",
        "^a^b",
        "%1",
        "#c",
        "p\\\nq",
        "x[0]=1",
        "+=",
        "==",
        "\x01",
        "\x7f",
        "0<x",
        "p>f",
    ),
]
_TEXT = st.text(st.sampled_from("ab1 \t\n'\"\\$`;&|<>(){}[]*?~#!=^%@-+_./:,éあ"), max_size=6)


def soup() -> st.SearchStrategy[bytes]:
    """Fragments in any order; most of it is opaque."""
    fragments = st.one_of(st.sampled_from(NASTY), st.sampled_from(MARKS), st.sampled_from(["p", " ", " ", "q"]))
    return st.lists(fragments, min_size=1, max_size=12).map(lambda parts: ("p " + "".join(parts)).encode())


def _single(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def _double(text: str) -> str:
    return '"' + "".join(f"\\{each}" if each in '"\\$`' else each for each in text) + '"'


def _escaped(text: str) -> str:
    return "".join(f"\\{each}" if each.isascii() and each.isprintable() else _single(each) for each in text)


def words() -> st.SearchStrategy[str]:
    """Words quoted in every way there is, piece by piece."""
    quoted = st.builds(lambda quote, text: quote(text), st.sampled_from([_single, _double, _escaped]), _TEXT)
    plain = st.text(st.sampled_from("ab1-_./:,@%+="), min_size=1, max_size=5)
    return st.lists(st.one_of(quoted, plain), min_size=1, max_size=4).map("".join)


def lines() -> st.SearchStrategy[bytes]:
    """Lists and pipes of commands with such words; nearly all of them are told."""
    name = st.sampled_from(["p", "q", "'p'", '"q"', "\\p", "p''", "LANG=C p", "x-y", "p_1"])
    command = st.builds(lambda name, given: " ".join([name, *given]), name, st.lists(words(), max_size=4))
    separator = st.sampled_from(
        [";", " ; ", "|", " | ", "&&", " && ", "||", " & ", "\n", "\n \n", " >f; ", " 2>&1 | ", " 2>g\n"]
    )
    joined = st.lists(st.tuples(command, separator), max_size=2)
    return st.builds(
        lambda pairs, last, end: ("".join(each for pair in pairs for each in pair) + last + end).encode(),
        joined,
        command,
        st.sampled_from(["", " ", ";", " &", "\n", " >f", ">f 2>&1", " <f"]),
    )


def torn() -> st.SearchStrategy[bytes]:
    """Such a line with one nasty fragment somewhere in it."""

    def tear(line: bytes, fragment: str, at: float) -> bytes:
        text = line.decode()
        place = int(at * len(text))
        return (text[:place] + fragment + text[place:]).encode()

    return st.builds(tear, lines(), st.sampled_from([*MARKS, *NASTY]), st.floats(0, 1))
