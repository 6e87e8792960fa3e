"""Real OpenSSH: servers as targets, and the client's programs. Debian's openssh-server and openssh-client."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.servers.sshkeys import keygen, public

SSHD = shutil.which("sshd", path="/usr/sbin:/usr/local/sbin:/usr/bin") or "/usr/sbin/sshd"
INSTALL = "apt-get install -y --no-install-recommends openssh-server openssh-client"


@contextmanager
def agent(directory: Path, *keys: Path) -> Iterator[Path]:
    """OpenSSH's agent with these keys; its socket."""
    path = directory / "agent.sock"
    process = subprocess.Popen(
        ["ssh-agent", "-D", "-a", str(path)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        process.stdout.readline()  # it listens
        for key in keys:
            line = ["ssh-add", "-q", str(key)]
            subprocess.run(line, env={"SSH_AUTH_SOCK": str(path), "PATH": "/usr/bin:/bin"}, check=True)
        yield path
    finally:
        process.terminate()
        process.communicate()


@dataclass
class OpenSSHServer:
    """A running sshd on 127.0.0.1 that lets `user` in with `key`."""

    directory: Path
    options: tuple[str, ...] = ()
    port: int = 0
    user: str = field(default_factory=getpass.getuser)
    process: subprocess.Popen[bytes] | None = None

    @property
    def key(self) -> Path:
        """The private key that it lets in."""
        return self.directory / "client"

    @property
    def host_key(self) -> str:
        """Its public host key."""
        return public(self.directory / "host")

    @property
    def log(self) -> str:
        """What it wrote so far."""
        return (self.directory / "sshd.log").read_text()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.directory.mkdir(parents=True, exist_ok=True)
        for name in ("host", "client"):
            if not (self.directory / name).exists():
                keygen(self.directory / name)
        authorized = self.directory / "authorized_keys"
        authorized.write_text(f"{public(self.key)}\n")
        authorized.chmod(0o600)
        self.port = self.port or _free_port()
        config = self.directory / "sshd_config"
        config.write_text(
            "\n".join(
                (
                    *self.options,
                    f"Port {self.port}",
                    "ListenAddress 127.0.0.1",
                    f"HostKey {self.directory / 'host'}",
                    f"AuthorizedKeysFile {authorized}",
                    "StrictModes no",
                    "UsePAM no",
                    "PermitRootLogin yes",
                    "PasswordAuthentication no",
                    "KbdInteractiveAuthentication no",
                    "PrintMotd no",
                    "PrintLastLog no",
                    "AcceptEnv *",
                    "AllowAgentForwarding yes",
                    "X11Forwarding yes",
                    "MaxSessions 100",
                    "MaxStartups 1000",
                    "Subsystem sftp internal-sftp",
                    f"PidFile {self.directory / 'sshd.pid'}",
                    "LogLevel VERBOSE",
                    "",
                )
            )
        )
        if getpass.getuser() == "root":
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        self.process = subprocess.Popen(
            [SSHD, "-D", "-e", "-f", str(config)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        assert self.process.stderr is not None
        with (self.directory / "sshd.log").open("wb") as log:
            for line in self.process.stderr:
                log.write(line)
                if b"Server listening on" in line:
                    break
            else:
                raise AssertionError((self.directory / "sshd.log").read_text())
        self._drain = subprocess.Popen(
            ["tee", "-a", str(self.directory / "sshd.log")], stdin=self.process.stderr, stdout=subprocess.DEVNULL
        )

    def hang_up(self) -> None:
        """End every session, by what serves it; the server goes on."""
        assert self.process is not None
        pid = self.process.pid
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)

    def stop(self) -> None:
        """End it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(10)
            assert self.process.stderr is not None
            self.process.stderr.close()
            self._drain.wait(10)
            self.process = None


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def servers(directory: Path, options: tuple[str, ...] = ()) -> Iterator[OpenSSHServer]:
    """One server, with further lines of configuration; stopped at the end."""
    if not Path(SSHD).exists() or shutil.which("ssh") is None:
        pytest.fail(f"there is no OpenSSH: {INSTALL}")
    server = OpenSSHServer(directory, options)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def openssh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenSSHServer]:
    """A server that the whole run shares."""
    with servers(tmp_path_factory.mktemp("openssh")) as server:
        yield server
