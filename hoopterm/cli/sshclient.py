"""OpenSSH's programs set up for one target: a configuration that ends with them, and nothing of the user's.

The token lies in a file that only its owner can read, and `ssh` has it from a program that prints that file: arguments
are everybody's to see, and an environment is inherited by everything.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from engine.api.schema import ConnectView
from hoopterm.errors import Misused

_TAKE_A_FILE = frozenset({"ssh", "scp", "sftp", "sshfs"})  # programs that are told their configuration with -F
_KNOWN = _TAKE_A_FILE | {"rsync", "git", "ansible", "ansible-playbook"}
_ASKED = dict.fromkeys(("ssh", "scp", "sftp"), ("-oBatchMode=no",))  # in their batch modes, too, the program is asked


def prepare(access: ConnectView, command: Sequence[str], directory: Path) -> tuple[list[str], dict[str, str]]:
    """The command line, and what its environment gets; the files it needs are written to the directory.

    The target's name is its host name. No words, or words that begin with an option, are ssh's.
    """
    words = list(command)
    if not words or words[0].startswith("-"):
        words = ["ssh", *words, access.target]
    program = os.path.basename(words[0])
    if program == words[0] and program not in _KNOWN:
        raise Misused(
            f"{program} would run on this machine, not on {access.target}",
            f"`-- ssh {access.target} {program} …` runs it there; named by its path it is run here",
        )
    configuration, token, asking, hosts = (directory / name for name in ("config", "token", "ask", "hosts"))
    write(token, access.token)
    write(hosts, "".join(f"{line}\n" for line in access.known_hosts))
    # Others ask by that program too, git for the name at another host: only this prompt is answered.
    prompt = shlex.quote(f"{access.user}+{access.target}@")
    answer = f'case "$1" in\n{prompt}*password*) exec cat {shlex.quote(str(token))} ;;\nesac\nexit 1\n'
    write(asking, f"#!/bin/sh\n{answer}", mode=0o700)
    write(configuration, _configuration(access, hosts))
    if program in _TAKE_A_FILE:
        words[1:1] = ["-F", str(configuration), *_ASKED.get(program, ())]
    transport = shlex.join(["ssh", "-F", str(configuration)])
    return words, {
        "SSH_ASKPASS": str(asking),
        "SSH_ASKPASS_REQUIRE": "force",
        "RSYNC_RSH": transport,
        "GIT_SSH_COMMAND": transport,
        "ANSIBLE_SSH_ARGS": shlex.join(["-F", str(configuration)]),
    }


def write(path: Path, text: str, mode: int = 0o600) -> None:
    """A new file that only its owner can read."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _configuration(access: ConnectView, hosts: Path) -> str:
    settings = {
        "HostName": access.host,
        "Port": str(access.port),
        "User": f"{access.user}+{access.target}",
        "UserKnownHostsFile": f'"{hosts}"',
        "GlobalKnownHostsFile": "/dev/null",
        "StrictHostKeyChecking": "yes",
        "UpdateHostKeys": "no",
        "CheckHostIP": "no",
        "PubkeyAuthentication": "no",
        "PreferredAuthentications": "password",
        "NumberOfPasswordPrompts": "1",
        "ControlPath": "none",
    }
    lines = "".join(f"    {name} {value}\n" for name, value in settings.items())
    return f"Host {access.target}\n{lines}"
