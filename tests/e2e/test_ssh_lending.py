"""What OpenSSH's client lends to what it runs: its agent (`ssh -A`) and its display (`ssh -X`)."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.bastion import Bastion, StartBastion
from tests.servers.forwarding import serving
from tests.servers.sshkeys import keygen

RULES = """
rules:
  - {name: run, decide: allow, who: {groups: [agents]}, what: {effects: [execute, opaque, read, write, session]}}
  - {name: lend, decide: allow, who: {groups: [agents]}, what: {effects: [network], verbs: [%s]}}
"""


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Path]:
    """A running ssh-agent with one key, whose comment is `lent`."""
    path = tmp_path / "agent"
    with subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        environment = {**os.environ, "SSH_AUTH_SOCK": str(path)}
        subprocess.run(["ssh-add", "-q", str(keygen(tmp_path / "lent"))], env=environment, check=True)
        yield path
        running.terminate()


def ssh(bastion: Bastion, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """The client with an environment of its own."""
    options = [option for option in bastion.options() if "IdentityAgent" not in option and "LogLevel" not in option]
    line = ["ssh", *options, "-oForwardX11Timeout=0", "-p", str(bastion.port), *arguments[:-1]]
    line += ["web1@127.0.0.1", arguments[-1]]
    return subprocess.run(line, env={**os.environ, **environment}, capture_output=True, timeout=60)


def test_an_agent_is_lent_where_a_rule_says_so(start_bastion: StartBastion, agent: Path) -> None:
    bastion = start_bastion(RULES % "AGENT")
    lent = ssh(bastion, "-A", "ssh-add -l", SSH_AUTH_SOCK=str(agent))
    assert b" lent (ED25519)" in lent.stdout, lent
    assert b'"verb":"AGENT"' in bastion.everything_written()
    assert bastion.verified().ok


def test_an_agent_that_no_rule_lets_be_lent_is_not_and_the_session_goes_on(
    start_bastion: StartBastion, agent: Path
) -> None:
    """SECURITY: agent and X11 forwarding are operations too."""
    refused = ssh(start_bastion(RULES % "X11"), "-A", "echo on; ssh-add -l", SSH_AUTH_SOCK=str(agent))
    assert refused.stdout == b"on\n"
    assert b"AGENT denied" in refused.stderr
    assert b"Could not open a connection to your authentication agent" in refused.stderr


def test_the_engine_opens_no_socket_for_an_agent(start_bastion: StartBastion, agent: Path) -> None:
    command = "echo $SSH_AUTH_SOCK; grep -c asyncssh- /proc/net/unix"
    lent = ssh(start_bastion(RULES % "AGENT"), "-A", command, SSH_AUTH_SOCK=str(agent))
    assert re.fullmatch(rb"/\S+/agent.\d+\n0\n", lent.stdout)  # sshd's own


def _greet(connection: socket.socket) -> None:
    """An X server that lets nobody in: it says so to whoever begins with a set-up of the protocol (X11, chapter 8)."""
    setup = connection.recv(65536)
    why = b"hello " + re.findall(rb"MIT-MAGIC-COOKIE-1", setup)[0]
    padded = why.ljust((len(why) + 3) // 4 * 4, b"\0")
    connection.sendall(b"\0" + bytes([len(why)]) + b"\x0b\0\0\0" + (len(padded) // 4).to_bytes(2, "little") + padded)
    connection.shutdown(socket.SHUT_WR)


XCLIENT = r"""
set -- $(xauth list "$DISPLAY"); number=${DISPLAY#*:}
exec 3<>/dev/tcp/127.0.0.1/$((6000 + ${number%.*}))
printf 'l\0\x0b\0\0\0\x12\0\x10\0\0\0MIT-MAGIC-COOKIE-1\0\0%b' "$(printf %s "$3" | sed 's/../\\x&/g')" >&3
tail -c +9 <&3
"""


def test_a_display_is_lent_where_a_rule_says_so(start_bastion: StartBastion, tmp_path: Path) -> None:
    folder = Path("/tmp/.X11-unix")
    folder.mkdir(mode=0o1777, exist_ok=True)
    number = next(number for number in range(4000, 5000) if not (folder / f"X{number}").exists())
    authority = tmp_path / "Xauthority"
    cookie = ["xauth", "-q", "-f", str(authority), "add", f":{number}", "MIT-MAGIC-COOKIE-1", "ab" * 16]
    authority.touch()
    subprocess.run(cookie, check=True)
    with serving(_greet, folder / f"X{number}") as (_, taken):
        try:
            display = {"DISPLAY": f":{number}", "XAUTHORITY": str(authority)}
            shown = ssh(start_bastion(RULES % "X11"), "-X", f"bash -c '{_quoted(XCLIENT)}'", **display)
            assert b"hello MIT-MAGIC-COOKIE-1" in shown.stdout, shown
            assert len(taken) == 1
            refused = ssh(start_bastion(RULES % "AGENT"), "-X", "echo on $DISPLAY", **display)
            assert refused.stdout == b"on\n"
            assert b"X11 denied" in refused.stderr
        finally:
            (folder / f"X{number}").unlink()


def _quoted(script: str) -> str:
    return script.replace("'", "'\\''")
