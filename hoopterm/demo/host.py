"""The demo's host: an sshd on loopback where OpenSSH is installed, and an agent that comes with ssh and a key."""

from __future__ import annotations

import asyncio
import getpass
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from hoopterm.demo.agent import Step, shows

AGENT = "deploy-bot"
TARGET = "web1"
_PLACES = "/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin"
_LOG = "10:02 ada@engines.example paid with 4111 1111 1111 1111\n10:03 grace@compilers.example logged in\n"


def sshd() -> str | None:
    """The server's program, where all that the demo needs of OpenSSH is installed."""
    has_clients = all(shutil.which(name) for name in ("ssh", "ssh-keygen"))
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:{_PLACES}") if has_clients else None


@dataclass(frozen=True, slots=True)
class Host:
    """A running sshd that lets in one key, and the folder that it is about."""

    directory: Path
    port: int

    @property
    def folder(self) -> Path:
        """What the agent looks at."""
        return self.directory / "srv"

    def configure(self, path: Path) -> None:
        """Write the part of the configuration that is about it."""
        text = files("hoopterm.demo").joinpath("ssh.yaml").read_text()
        values = {
            "AGENT_KEY": _public(self.directory / AGENT),
            "HOST_KEY": _public(self.directory / "host"),
            "KEY": str(self.directory / "engine"),
            "PORT": str(self.port),
            "USER": getpass.getuser(),
            "DIRECTORY": str(self.folder),
        }
        for name, value in values.items():
            text = text.replace(f"@{name}@", value)
        path.write_text(text)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What its agent does."""
        folder = self.folder
        return (
            Step("looks how the host is", "uptime", "allowed", shows("load average")),
            Step("reads the shop's log", f"cat {folder}/access.log", "masked", shows("****", "logged in")),
            Step(
                "encodes it, to get round the mask",
                f"base64 {folder}/access.log",
                "denied",
                shows("EXEC denied"),
            ),
            Step("clears the cache", f"rm {folder}/cache", "held until a person approves", self._is_cleared),
        )

    def _is_cleared(self, _output: str) -> bool:
        return not (self.folder / "cache").exists()


@contextmanager
def served(directory: Path) -> Iterator[Host | None]:
    """An sshd with its keys in that folder, ended with the context; None where OpenSSH is not installed."""
    program = sshd()
    if program is None:
        yield None
        return
    directory = directory.resolve()
    folder = directory / "srv"
    folder.mkdir(parents=True, mode=0o700)
    (folder / "access.log").write_text(_LOG)
    (folder / "cache").write_text("stale")
    for name in ("host", "engine", AGENT):
        line = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(directory / name)]
        subprocess.run(line, check=True, stdin=subprocess.DEVNULL)
    with socket.create_server(("127.0.0.1", 0)) as free:
        host = Host(directory, free.getsockname()[1])
    with (directory / "sshd.log").open("wb") as log:
        server = subprocess.Popen(
            [program, "-D", "-e", "-f", str(_settings(host))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    try:
        yield host
    finally:
        server.terminate()
        server.wait()


def _settings(host: Host) -> Path:
    directory = host.directory
    (directory / "authorized_keys").write_text(f"{_public(directory / 'engine')}\n")
    path = directory / "sshd_config"
    lines = [
        f"Port {host.port}",
        "ListenAddress 127.0.0.1",
        f"HostKey {directory / 'host'}",
        f"AuthorizedKeysFile {directory / 'authorized_keys'}",
        f"AllowUsers {getpass.getuser()}",
        "PermitRootLogin prohibit-password",
        "PasswordAuthentication no",
        "KbdInteractiveAuthentication no",
        "StrictModes no",
        "UsePAM no",
        "PidFile none",
    ]
    path.write_text("\n".join([*lines, ""]))
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where a server of root wants to lock itself in
    return path


def _public(key: Path) -> str:
    return key.with_suffix(".pub").read_text().strip()


@dataclass(frozen=True, slots=True)
class HostAgent:
    """The agent that comes with ssh: each step is a command of its own."""

    host: Host
    port: int

    async def perform(self, step: Step) -> str:
        """Run one command through the engine; everything ssh printed."""
        settings = {
            "UserKnownHostsFile": str(self.host.directory / "known_hosts"),
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "accept-new",
            "IdentityFile": str(self.host.directory / AGENT),
            "IdentitiesOnly": "yes",
            "IdentityAgent": "none",
            "BatchMode": "yes",
            "LogLevel": "ERROR",
        }
        process = await asyncio.create_subprocess_exec(
            "ssh",
            *("-F", "none", "-p", str(self.port), *(f"-o{name}={value}" for name, value in settings.items())),
            *(f"{TARGET}@127.0.0.1", step.text),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            output, _ = await process.communicate()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return output.decode(errors="replace").replace("\r\n", "\n")
