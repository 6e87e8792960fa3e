"""A real engine as a bastion before a real sshd, for tests that go through both with OpenSSH's own programs."""

from __future__ import annotations

import getpass
import subprocess
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.engine import RunningEngine, ended
from tests.servers.openssh import OpenSSHServer
from tests.servers.sshkeys import keygen, public

HEAD = """
engine: {state: ./state, socket: ./control.sock%(engine)s}
listeners: {ssh: {listen: "127.0.0.1:0"}}
identity:
  ssh: {cas: [%(cas)s]}
  people:
    alice: {unix: test-alice, ssh: ["%(alice)s"], groups: [dev]}
    bob: {unix: "%(user)s", ssh: ["%(bob)s"], groups: [dba]}
permissions: {admin: [dba], approver: [dba], operator: [dba], auditor: [dba]}
agents:
  - {name: bot, sponsor: alice, purpose: tests, groups: [agents], ssh: ["%(bot)s"]}
  - {name: officer, sponsor: alice, purpose: tests, groups: [agents, privacy]}
targets:
  - name: web1
    protocol: ssh
    address: "127.0.0.1:%(port)d"
    host_key: "%(host_key)s"
    credential: {user: "%(login)s", %(proof)s}
    labels: {env: test}
"""

WORK_RULES = """
rules:
  - name: work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read, write, delete, execute, network, session, opaque]}
"""


@dataclass
class Bastion(RunningEngine):
    """One engine process before an sshd. Keys of its people and agents lie in its directory."""

    def key(self, identity: str = "bot") -> Path:
        """The private key of an identity."""
        return self.directory / identity

    def options(self, identity: str = "bot") -> list[str]:
        """What OpenSSH's programs need to reach it as somebody, and nothing of the user's own configuration."""
        known = self.directory / "known_hosts"
        if not known.exists():
            host_key = subprocess.run(
                ["ssh-keyscan", "-p", str(self.port), "127.0.0.1"], capture_output=True, text=True, check=True
            ).stdout
            known.write_text(host_key)
        settings = {
            "UserKnownHostsFile": str(known),
            "GlobalKnownHostsFile": "/dev/null",
            "IdentityFile": str(self.key(identity)),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        return ["-F", "none", *(f"-o{name}={value}" for name, value in settings.items())]

    def ssh(
        self,
        *arguments: str,
        login: str = "web1",
        identity: str = "bot",
        options: Sequence[str] = (),
        **keywords: Any,
    ) -> subprocess.CompletedProcess[bytes]:
        """OpenSSH's client, run to its end."""
        line = ["ssh", *options, *self.options(identity), "-p", str(self.port), f"{login}@127.0.0.1", *arguments]
        return subprocess.run(line, capture_output=True, timeout=60, **{"stdin": subprocess.DEVNULL, **keywords})

    def run(
        self, program: str, *words: str, input: str | None = None, identity: str = "bot"
    ) -> subprocess.CompletedProcess[str]:
        """OpenSSH's sftp or scp, run to its end; `:path` is one on the target, which sftp logs in to anyway."""
        login = "web1@127.0.0.1"
        arguments = [f"{login}{word}" if word.startswith(":") else word for word in words]
        if program == "sftp":
            arguments.append(login)
        line = [program, *self.options(identity), "-P", str(self.port), *arguments]
        return subprocess.run(line, input=input or "", capture_output=True, text=True, timeout=60)


StartBastion = Callable[..., Bastion]


@contextmanager
def bastions(directory: Path, target: OpenSSHServer) -> Iterator[StartBastion]:
    """Start engines before an sshd: `start(rules=…, masking=…, target="mode: observe")`; stopped at the end.

    Where masking is on, nothing that an engine wrote may hold a canary.
    """
    running: list[Bastion] = []

    def start(rules: str = WORK_RULES, masking: str = "", target_lines: str = "", **values: Any) -> Bastion:
        home = directory / f"bastion-{len(running)}"
        home.mkdir(exist_ok=True)
        keys = {name: public(keygen(home / name)) for name in ("alice", "bob", "bot")}
        settings: dict[str, Any] = {
            "user": getpass.getuser(),
            "engine": "",
            "port": target.port,
            "host_key": target.host_key,
            "login": target.user,
            "proof": f'private_key: {{file: "{target.key}"}}',
            "cas": "",
            **keys,
            **values,
        }
        extra = textwrap.indent(textwrap.dedent(target_lines), "    ")
        bastion = Bastion(home, {"PATH": "/usr/bin:/bin", "FAULTS": str(home)})
        bastion.config.write_text(f"{HEAD % settings}{extra}\n{textwrap.dedent(rules)}\n{textwrap.dedent(masking)}")
        bastion.shows_values = not masking
        bastion.start()
        running.append(bastion)
        return bastion

    with ended(running):
        yield start


@pytest.fixture
def start_bastion(tmp_path: Path, openssh: OpenSSHServer) -> Iterator[StartBastion]:
    """Starts engines before `openssh`, for one test."""
    with bastions(tmp_path, openssh) as start:
        yield start
