"""What is measured side by side: the database itself, PgBouncer before it, and engines before it."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hoopterm.demo.postgres import EmbeddedPostgres, free_port
from tests.bench.policy import configuration
from tests.servers.engine import RunningEngine

DATABASE = "bench"
INSTALL = "apt-get install --yes --no-install-recommends pgbouncer"
_PGBOUNCER = """
[databases]
%(database)s = host=%(host)s port=%(port)d user=%(user)s password=%(password)s

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = %(listen)d
unix_socket_dir =
auth_type = any
pool_mode = session
max_client_conn = 2000
default_pool_size = 1000
logfile =
log_connections = 0
log_disconnections = 0
stats_period = 3600
"""


@dataclass(frozen=True, slots=True)
class Peer:
    """One road to the database, as libpq's clients take it. `pid` is what stands in it, where something does."""

    name: str
    port: int
    user: str
    password: str
    database: str
    pid: int | None = None

    @property
    def environment(self) -> dict[str, str]:
        """For psql, pgbench and drivers on libpq."""
        return {
            "PGHOST": "127.0.0.1",
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
            "PGSSLMODE": "disable",
            "PGGSSENCMODE": "disable",
            "PATH": os.environ["PATH"],
        }


def direct(server: EmbeddedPostgres) -> Peer:
    """The database itself."""
    return Peer("direct", server.port, server.user, server.password, DATABASE)


def pgbouncer_program() -> str | None:
    """Where PgBouncer is, if it is installed."""
    return shutil.which("pgbouncer", path=f"{os.environ['PATH']}:/usr/sbin")


@contextmanager
def pgbouncer(server: EmbeddedPostgres, directory: Path) -> Iterator[Peer]:
    """PgBouncer in session mode: one upstream connection a client, as the engine has."""
    program = pgbouncer_program()
    if program is None:
        raise SystemExit(f"PgBouncer is missing: {INSTALL}")
    listen = free_port()
    settings = {
        "database": DATABASE,
        "host": server.host,
        "port": server.port,
        "user": server.user,
        "password": server.password,
        "listen": listen,
    }
    config = directory / "pgbouncer.ini"
    config.write_text(_PGBOUNCER % settings)
    config.chmod(0o644)
    account = pwd.getpwnam("nobody") if os.geteuid() == 0 else None  # it refuses to run as root
    with (directory / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--quiet", str(config)],
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
            extra_groups=[] if account else None,
            stdout=log,
            stderr=log,
        )
    peer = Peer("pgbouncer", listen, server.user, "", DATABASE, process.pid)
    try:
        _wait_until_it_answers(peer, server.bin, process)
        yield peer
    finally:
        process.terminate()
        process.wait(30)


def _wait_until_it_answers(peer: Peer, programs: Path, process: subprocess.Popen[bytes]) -> None:
    for _ in range(100):
        if process.poll() is not None:
            raise SystemExit(f"PgBouncer ended with status {process.returncode}")
        done = subprocess.run(
            [str(programs / "psql"), "-X", "-c", "select 1"], env=peer.environment, capture_output=True, check=False
        )
        if done.returncode == 0:
            return
        time.sleep(0.05)  # it tells nobody that it listens
    raise SystemExit(f"PgBouncer does not answer: {done.stderr.decode()}")


@contextmanager
def engine(server: EmbeddedPostgres, home: Path, durability: str) -> Iterator[RunningEngine]:
    """An engine process under the benchmark's policy, in a folder of its own; a state that is there is gone on with."""
    home.mkdir(exist_ok=True)
    one = RunningEngine(home, {"UPSTREAM_PASSWORD": server.password, "PATH": os.environ["PATH"]})
    one.config.write_text(
        configuration(durability, host=server.host, port=server.port, database=DATABASE, role=server.user)
    )
    one.start()
    try:
        yield one
    finally:
        one.stop()


def through(one: RunningEngine, name: str, target: str = "db") -> Peer:
    """The road through an engine to one of its targets."""
    assert one.process is not None
    return Peer(name, one.port, "bot", one.token("bot"), target, one.process.pid)
