"""The console's channel, as asyncssh drives it; with OpenSSH's client: `tests/e2e/test_ssh_console.py`."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from engine.consoles import Guest
from engine.model import Certified, Identity
from engine.protocols.ssh.console import ConsoleChannel, Visitor


class Chan:
    """asyncssh's channel, remembered."""

    def __init__(self, **environment: str) -> None:
        self.environment = environment
        self.written = b""
        self.errors = b""
        self.status: int | None = None

    def get_environment(self) -> dict[str, str]:
        return self.environment

    def is_closing(self) -> bool:
        return self.status is not None

    def write(self, data: bytes) -> None:
        self.written += data

    def write_stderr(self, data: bytes) -> None:
        self.errors += data

    def exit(self, status: int) -> None:
        self.status = status


def channel(chan: Chan, **identity: Any) -> ConsoleChannel:
    guest = Guest(Identity("bob", "human", **identity), "127.0.0.1:9", cast(Any, None))
    made = ConsoleChannel(cast(Visitor, SimpleNamespace(guest=guest)))
    made.connection_made(cast(Any, chan))
    return made


def certified(*permits: str) -> Certified:
    return Certified(authority="corp", serial=1, id="bob", permits=frozenset(permits), command=None)


def test_a_command_is_refused_in_words() -> None:
    chan = Chan()
    channel(chan).exec_requested("id")
    assert b"the console takes no command" in chan.errors
    assert chan.status == 1


def test_there_is_no_subsystem() -> None:
    assert not channel(Chan()).subsystem_requested("sftp")


@pytest.mark.parametrize(("permits", "has_one"), [((), False), (("pty",), True)])
def test_a_certificate_says_whether_there_is_a_terminal(permits: tuple[str, ...], has_one: bool) -> None:
    made = channel(Chan(), certified=certified(*permits))
    assert made.pty_requested("xterm", (80, 24, 0, 0), {}) is has_one


def test_only_what_says_how_a_person_reads_is_passed_on() -> None:
    """SECURITY: LD_PRELOAD in env."""
    made = channel(Chan(LANG="C.UTF-8", LD_PRELOAD="evil", PATH="/evil", TERM="evil", LC_ALL="x" * 101))
    made.pty_requested("xterm", (80, 24, 0, 0), {})
    assert made._environment() == {"TERM": "xterm", "LANG": "C.UTF-8"}


def test_a_console_that_was_killed_leaves_the_terminal_in_order_and_says_why() -> None:
    chan = Chan()
    channel(chan).ended(-9, "bob is \x1b[2Jlocked")
    assert chan.written.startswith(b"\x1b[?1049l")
    assert b"the console was ended: bob is ?[2Jlocked" in chan.written
    assert chan.status == 1


def test_a_console_that_was_left_ends_without_a_word() -> None:
    chan = Chan()
    channel(chan).ended(0, "")
    assert (chan.written, chan.status) == (b"", 0)
