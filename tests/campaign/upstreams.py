"""Upstreams that die, talk garbage, stop in the middle of a message, hang up during COPY, or never say a word."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from random import Random

import psycopg

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.startup import message
from tests.servers.engine import RunningEngine
from tests.servers.postgres import Database
from tests.servers.raw import RawClient, errors
from tests.servers.saboteur import MARKER, saboteur
from tests.servers.silence import silence

TARGETS = """
  - name: bad
    protocol: postgres
    address: "127.0.0.1:{bad}"
    database: {database}
    credential: {{user: {user}, password: {{env: UPSTREAM_PASSWORD}}}}
    labels: {{env: test}}
  - name: silent
    protocol: postgres
    address: "127.0.0.1:{silent}"
    database: {database}
    credential: {{user: {user}, password: {{env: UPSTREAM_PASSWORD}}}}
    labels: {{env: test}}
"""
_QUERY = f"select '{MARKER.decode()}', n from generate_series(1, 5) as n"


@contextlib.contextmanager
def road(database: Database, instead: bytes = b"", *, cuts: bool) -> Iterator[str]:
    """The targets `bad` and `silent`, as the configuration has them: what `bad` does to an answer with the marker."""
    server = database.server
    with saboteur(server.host, server.port, instead, cuts=cuts) as bad, silence() as silent:
        yield TARGETS.format(bad=bad, silent=silent, database=database.name, user=server.user)


def garbage(random: Random) -> bytes:
    """Bytes no server sends, often behind a believable beginning."""
    kinds = b"DTCZ1237EGHdcnstSKRIVvAN~\xff"
    body = random.randbytes(random.randrange(200))
    length = random.choice([len(body) + 4, 0, 3, 2**31 - 1, 2**32 - 1, random.randrange(2**32)])
    return bytes((random.choice(kinds),)) + length.to_bytes(4) + body


HALF = message(b"D", b"\0\2\0\0\0\5hello" + b"\0\0\1\0" + bytes(256))[:20]


def dies_in_an_answer(engine: RunningEngine) -> None:
    """The client hears that the session is over; nothing hangs."""
    with engine.raw_on("bad") as client:
        client.send(r.Query(_QUERY))
        assert errors(client.ending()) != []


def hangs_in_an_answer(engine: RunningEngine) -> None:
    """Half a message or garbage, and then nothing: where the session does not end, the client can leave."""
    with engine.raw_on("bad") as client:
        client.send(r.Query(_QUERY))
        client.sock.settimeout(0.2)
        with contextlib.suppress(TimeoutError):
            client.ending()


def dies_in_copy_out(engine: RunningEngine) -> None:
    """A COPY that is cut is no COPY that is done."""
    with engine.raw_on("bad") as client:
        client.send(r.Query(f"copy (select '{MARKER.decode()}' from generate_series(1, 9)) to stdout"))
        answers = client.ending()
        assert errors(answers) != []
        assert "C" not in {kind for kind, _ in answers}


def dies_in_copy_in(engine: RunningEngine, database: Database) -> None:
    """The server ends the session while the client still sends."""
    with engine.raw_on("db") as client, psycopg.connect(database.dsn, autocommit=True) as server:
        client.send(r.Query("copy ledger from stdin"))
        assert client.kinds("G", "E") == "G"
        client.send(message(b"d", b"cut\t1\n") * 1000)
        victims = "select pid from pg_stat_activity where query = 'copy ledger from stdin'"
        while not (found := server.execute(victims).fetchall()):
            continue
        server.execute("select pg_terminate_backend(%s)", found[0])
        with contextlib.suppress(OSError):
            client.send(message(b"d", b"cut\t2\n") * 1000, message(b"c", b""))
        with contextlib.suppress(OSError):
            assert "C" not in {kind for kind, _ in client.ending()}
        assert server.execute("select count(*) from ledger where client = 'cut'").fetchone() == (0,)


def never_says_a_word(engine: RunningEngine) -> None:
    """Clients that wait for an upstream which accepts and is silent may leave whenever they like."""
    clients = [RawClient(engine.port, login=False) for _ in range(20)]
    for client in clients:
        client.enter("bot", engine.token(), "silent")
    for client in clients:
        assert client.receive()[0] == "R"  # its own login is fine
    for client in clients:
        client.sock.close()
