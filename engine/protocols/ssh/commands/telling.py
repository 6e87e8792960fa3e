"""A command line → what it does: one command after another, each with the paths and hosts that its words name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from engine.model import Access, Effect, Resource
from engine.protocols.ssh.commands import archives, files, grammar, lexing, network, running, servers
from engine.protocols.ssh.commands.lexing import Redirect, Untold
from engine.protocols.ssh.commands.paths import path

MAX_DEPTH: Final = 4
_OPAQUE: Final = (Access(Effect.OPAQUE, Resource("command", "")),)
_PROGRAMS: Final = {**files.PROGRAMS, **network.PROGRAMS, **servers.PROGRAMS, "tar": archives.tar, "git": archives.git}
_LONGEST_PATH: Final = 4096


@dataclass(frozen=True, slots=True)
class Told:
    """What a command line does. `why_opaque` says why it could not be told; then it is one opaque access.

    `commands` are the words of its simple commands as they are run by the shell that reads it, none where it is opaque;
    `argv` those of the only one, where the line is nothing but that.
    """

    accesses: tuple[Access, ...]
    commands: tuple[tuple[str, ...], ...] = ()
    is_plain: bool = False
    why_opaque: str | None = None

    @property
    def argv(self) -> tuple[str, ...] | None:
        """The words of the line's only command, where it is nothing else: no redirection, no variable."""
        return self.commands[0] if self.is_plain and len(self.commands) == 1 else None

    @property
    def is_sftp(self) -> bool:
        """Whether it starts an SFTP server and nothing else."""
        return (
            self.argv is not None and len(self.argv) == 1 and servers.SFTP_SERVERS.fullmatch(self.argv[0]) is not None
        )


@lru_cache(maxsize=32)  # one request asks several things of its line
def tell(line: bytes | str) -> Told:
    """What a command line does that a login shell is given to run: any of sh, bash, dash, ksh, mksh and zsh."""
    try:
        content = line.encode() if isinstance(line, str) else line
        simple = _read(content)
        accesses = tuple(dict.fromkeys(access for command in simple for access in _simple(command, 0)))
    except UnicodeEncodeError:
        return Told(_OPAQUE, why_opaque="it is not UTF-8")
    except Untold as error:
        return Told(_OPAQUE, why_opaque=f"the command could not be told: {error}")
    is_plain = not any(command.redirects or command.variables for command in simple)
    return Told(accesses, tuple(tuple(command.argv) for command in simple), is_plain)


def _read(line: bytes) -> list[lexing.Simple]:
    read = lexing.read(line)
    grammar.agree(line, read)
    return read.commands


def _simple(command: lexing.Simple, depth: int) -> Iterator[Access]:
    for name, value in command.variables:
        yield _variable(name, value)
    yield from _run(command.argv, depth)
    for redirect in command.redirects:
        yield from _redirect(redirect)


def _variable(name: str, value: str) -> Access:
    running.check_variable(name, value)
    return Access(Effect.HOUSEKEEPING, Resource("variable", name))


def _redirect(redirect: Redirect) -> Iterator[Access]:
    access = path(Effect.READ if redirect.operator == "<" else Effect.WRITE, redirect.path)
    name = access.resource.name
    if name.startswith(("/dev/tcp/", "/dev/udp/")) or (".." in name.split("/") and "dev" in name.split("/")):
        raise Untold("a redirection to a host")
    if name != "/dev/null":
        yield access


def _run(argv: Sequence[str], depth: int) -> Iterator[Access]:
    """What running these words does: the command itself, and what is told of its words."""
    if depth > MAX_DEPTH:
        raise Untold("commands within commands")
    running.check_program(argv[0])
    yield Access(Effect.EXECUTE, Resource("command", shlex.join(argv)))
    if (script := running.script_of(argv)) is not None:
        for command in _read(script.encode()):
            yield from _simple(command, depth + 1)
        return
    running.check_interpreter(argv)
    if (inner := running.command_of(argv)) is not None:
        words, variables = inner
        yield from (_variable(name, value) for name, value in variables)
        yield from _run(words, depth + 1)
        return
    yield from _named(argv)


def _named(argv: Sequence[str]) -> Iterator[Access]:
    """The paths and hosts that a well-known program's words name."""
    program = argv[0].rpartition("/")[2]
    known = _PROGRAMS.get(program)
    words = [program, *argv[1:]]
    if servers.is_server(words):
        known = servers.scp if program == "scp" else servers.rsync
    elif program == "rsync":
        raise Untold("rsync may run anything")
    elif program == "printf" and len(argv) > 1 and argv[1].startswith("-"):
        raise Untold("printf that sets a variable")
    for access in known(words) if known is not None else ():
        if access.resource.kind == "path" and len(access.resource.name) > _LONGEST_PATH:
            raise Untold("a path longer than any can be")
        yield access
