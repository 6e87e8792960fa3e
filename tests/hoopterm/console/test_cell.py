"""What of a client's words is believed. More of a cell is seen on real consoles: `tests/e2e/test_ssh_console.py`."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from hoopterm.console.cell import environment_of

PRISONER = """
import json, os, signal, socket, sys
from hoopterm.console import cell

def fails(what):
    try:
        what()
    except OSError as error:
        return error.strerror
    return "done"

def connect(port):
    with socket.socket() as one:
        one.connect(("127.0.0.1", port))

terminal, pair, port, outside = (int(word) for word in sys.argv[1:5])
mine = sys.argv[5]
parent = os.getpid()
if os.fork() == 0:
    cell.enter(terminal, pair, environment={}, user=None, parent=parent)
    found = {
        "read": fails(lambda: open(mine)),
        "list": fails(lambda: os.listdir("/etc")),
        "write": fails(lambda: open("/tmp/written", "w")),
        "run": fails(lambda: os.execv("/bin/true", ["true"])),
        "connect": fails(lambda: connect(port)),
        "signal": fails(lambda: os.kill(outside, 0)),
        "memory": fails(lambda: open(f"/proc/self/fd/{os.memfd_create('m')}", "rb")),
        "environment": dict(os.environ),
        "descriptors": sorted(int(n) for n in range(64) if fails(lambda: os.fstat(n)) == "done"),
    }
    socket.socket(fileno=cell.PAIR).send(json.dumps(found).encode())
    os._exit(0)
os.wait()
"""
DENIED = "Permission denied"
NOT_PERMITTED = "Operation not permitted"


def test_one_that_runs_as_the_engines_user_can_reach_nothing_of_its(tmp_path: Path) -> None:
    """SECURITY: a console over SSH has the person's identity and none of the engine's rights."""
    key = tmp_path / "log.key"
    key.write_text("secret")
    master, terminal = os.openpty()
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, socket.create_server(("127.0.0.1", 0)) as server:
        given = [terminal, theirs.fileno()]
        words = [*map(str, (*given, server.getsockname()[1], os.getpid())), str(key)]
        subprocess.run([sys.executable, "-c", PRISONER, *words], pass_fds=given, check=True)
        theirs.close()
        found = json.loads(ours.recv(65_536))
    os.close(master)
    os.close(terminal)
    assert found.pop("descriptors") == [0, 1, 2, 3, 4]  # 4 is its own: the memory it made
    assert found.pop("environment") == {"TERM": "xterm", "LANG": "C.UTF-8"}
    assert found.pop("memory") == "done"
    assert found == {
        "read": DENIED,
        "list": DENIED,
        "write": DENIED,
        "run": DENIED,
        "connect": DENIED,
        "signal": NOT_PERMITTED,
    }


def test_what_a_terminal_says_of_itself_is_kept() -> None:
    said = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "de_DE.UTF-8", "TZ": "Europe/Berlin"}
    assert environment_of(said) == said


def test_a_terminal_that_says_nothing_is_a_plain_one() -> None:
    assert environment_of({}) == {"TERM": "xterm", "LANG": "C.UTF-8"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TERM", "../../../etc/passwd"),
        ("TERM", "xterm\n"),
        ("TERM", "x" * 65),
        ("LANG", "/tmp/evil"),
        ("LC_ALL", "C;id"),
        ("TZ", "/etc/shadow"),
        ("TZ", ":/etc/shadow"),
        ("TZ", "../../etc/shadow"),
        ("NO_COLOR", "\x1b[2J"),
        ("LD_PRELOAD", "evil"),
        ("PYTHONPATH", "evil"),
        ("TEXTUAL", "devtools"),
        ("PATH", "evil"),
    ],
)
def test_what_leads_elsewhere_is_not_believed(name: str, value: str) -> None:
    """SECURITY 5: what is unknown is refused."""
    assert value not in environment_of({name: value}).values()
