"""What a console that came by SSH may still do: nothing but draw on its terminal and ask the engine as its person.

It is entered once, by the freshly forked process, and nobody leaves it.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import re
import resource
import signal
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence

PAIR = 3
"""The descriptor of the console's end of its pair: the only one besides its terminal."""

_libc = ctypes.CDLL(None, use_errno=True)
_SET_PDEATHSIG, _SET_DUMPABLE, _SET_NO_NEW_PRIVS = 1, 4, 38  # prctl(2)
_CREATE_RULESET, _RESTRICT_SELF, _VERSION = 444, 446, 1  # landlock(7); the same numbers on every architecture
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 4: 15}  # version → how many there are; from 5 on 16
_POLITENESS = 10
_LIMITS = {
    resource.RLIMIT_CORE: 0,
    resource.RLIMIT_NOFILE: 256,
    resource.RLIMIT_DATA: 1 << 30,
    resource.RLIMIT_FSIZE: 64 << 20,
}

ALLOWED: Mapping[str, re.Pattern[str]] = {
    "TERM": re.compile(r"[A-Za-z0-9][A-Za-z0-9+._-]{0,63}"),
    "COLORTERM": re.compile(r"[a-z0-9]{1,16}"),
    "NO_COLOR": re.compile(r"[A-Za-z0-9]{0,16}"),
    "LANG": re.compile(r"[A-Za-z0-9_.@-]{1,40}"),
    "LC_ALL": re.compile(r"[A-Za-z0-9_.@-]{1,40}"),
    "LC_CTYPE": re.compile(r"[A-Za-z0-9_.@-]{1,40}"),
    "LC_TIME": re.compile(r"[A-Za-z0-9_.@-]{1,40}"),
    "TZ": re.compile(r"[A-Za-z]{1,20}(?:/[A-Za-z_+-]{1,30}){0,2}|[A-Z]{3,5}[+-]?[0-9]{1,2}(?:[A-Z]{3,5})?"),
    "HOOPTERM_THEME": re.compile(r"[a-z-]{1,40}"),
}
"""What a client may say of its terminal and its reader. A file that a name could lead to has no such name."""


def environment_of(said: Mapping[str, str]) -> dict[str, str]:
    """Of what a client said, what may be believed."""
    kept = {name: said[name] for name, shape in ALLOWED.items() if name in said and shape.fullmatch(said[name])}
    return {"TERM": "xterm", "LANG": "C.UTF-8", **kept}


def enter(terminal: int, pair: int, *, environment: Mapping[str, str], user: Sequence[int] | None, parent: int) -> None:
    """Become a console: its terminal, its pair, its environment, its user (uid and gid), and nothing else.

    Raises OSError where any of that cannot be had.
    """
    os.setsid()
    fcntl.ioctl(terminal, termios.TIOCSCTTY, 0)
    for descriptor in (0, 1, 2):
        os.dup2(terminal, descriptor)
    if pair != PAIR:
        os.dup2(pair, PAIR, inheritable=False)
    os.closerange(PAIR + 1, os.sysconf("SC_OPEN_MAX"))
    os.chdir("/")
    os.umask(0o077)
    for number in (signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    os.environ.clear()
    os.environ.update(environment_of(environment))
    os.nice(_POLITENESS)  # whose keystrokes the engine relays come first
    time.tzset()  # reads a file
    for limit, most in _LIMITS.items():
        _, hard = resource.getrlimit(limit)
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(limit, (most, most))
    if user is not None:
        _become(*user)
    _seal(parent)
    for name, descriptor, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        stream = os.fdopen(descriptor, mode, encoding="utf-8", errors="replace", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)


def _become(uid: int, gid: int) -> None:
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def _seal(parent: int) -> None:
    """No program gains rights from here on, nobody of the same user looks inside, and it ends with its parent."""
    for option, value in ((_SET_NO_NEW_PRIVS, 1), (_SET_DUMPABLE, 0), (_SET_PDEATHSIG, signal.SIGKILL)):
        if _libc.prctl(option, value, 0, 0, 0):
            raise OSError(ctypes.get_errno(), "prctl")
    if os.getppid() != parent:  # it ended before it could take us with it
        raise ProcessLookupError("the nursery is gone")
    _shut()


def _shut() -> None:
    """From here on no file is opened, no address connected to, and no process outside touched, whoever's they are.

    Everything that is needed is loaded or open by now. A kernel without Landlock cannot do that.
    """
    version = _libc.syscall(_CREATE_RULESET, None, 0, _VERSION)
    if version < 1:
        return
    files = (1 << _FILE_RIGHTS.get(version, 16)) - 1
    addresses, outside = (0b11 if version >= 4 else 0), (0b11 if version >= 6 else 0)
    rules = struct.pack("QQQ", files, addresses, outside)
    ruleset = _libc.syscall(_CREATE_RULESET, rules, len(rules), 0)
    if ruleset < 0 or _libc.syscall(_RESTRICT_SELF, ruleset, 0):
        raise OSError(ctypes.get_errno(), "landlock")
    os.close(ruleset)
