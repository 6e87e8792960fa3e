"""Clients that never read, never finish, leave in the middle, or come in crowds."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from random import Random

from engine.protocols.postgres import requests as r
from engine.protocols.postgres import startup
from engine.protocols.postgres.startup import message, write_startup
from tests.servers.engine import RunningEngine
from tests.servers.raw import RawClient, errors

_STARTUP = write_startup({"user": "bot", "database": "db"}, 0)
_SSL = startup.write_request(startup.SSL_REQUEST)
_HELLO = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40)
OPENINGS: Sequence[bytes] = (b"", _STARTUP[:7], _STARTUP, _STARTUP + b"p\0\0", _SSL, _SSL[:5], _HELLO)
"""What half-open connections have said: nothing, half of something, or something that needs an answer."""


def never_reads(engine: RunningEngine, _: Random) -> None:
    """It asks for a gigabyte and reads none of it."""
    before = engine.memory()
    with engine.raw() as client, engine.raw() as other:
        client.send(r.Query("select n, repeat('x', 1000) from generate_series(1, 1000000) as n"))
        for _number in range(100):
            assert errors(other.query("select 1")) == []
        assert engine.memory() - before < 64 << 20


def _connected(engine: RunningEngine) -> socket.socket:
    return socket.create_connection(("127.0.0.1", engine.port), timeout=30)


def half_open(engine: RunningEngine, random: Random, crowd: int = 1000) -> None:
    """A thousand that never finish what they began, some of them a byte at a time, some inside TLS."""
    trusting = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    before = engine.memory()
    with contextlib.ExitStack() as stack:
        crowded = [stack.enter_context(_connected(engine)) for _ in range(crowd)]
        for each in crowded:
            with contextlib.suppress(OSError):  # the lobby is full, and this one has waited longest
                each.sendall(random.choice(OPENINGS))
        for _number in range(20):
            with contextlib.suppress(OSError):
                _into_tls(stack, trusting, stack.enter_context(_connected(engine)))
        for byte in _STARTUP[:8]:
            for each in crowded[-100:]:
                with contextlib.suppress(OSError):
                    each.sendall(bytes((byte,)))
        with engine.raw() as client:
            assert errors(client.query("select 1")) == []
        assert engine.memory() - before < 100 << 20


def _into_tls(stack: contextlib.ExitStack, context: ssl.SSLContext, sock: socket.socket) -> None:
    sock.sendall(_SSL)
    if sock.recv(1) == b"S":
        inside = stack.enter_context(context.wrap_socket(sock))
        inside.sendall(_STARTUP[:9])


def leaves_while_held(engine: RunningEngine, _: Random) -> None:
    """Its delete waits for people when it goes; nobody has to decide it any more."""
    with engine.raw() as client:
        client.send(r.Query("delete from held where id = 19999"))
        assert client.until("N")[-1][0] == "N"


def leaves_in_copy_in(engine: RunningEngine, random: Random) -> None:
    """Nothing of the COPY stays."""
    with engine.raw() as client:
        client.send(r.Query("copy ledger from stdin"))
        assert client.kinds("G", "E") == "G"
        client.send((message(b"d", b"left\t1\n") * 2000)[: random.randrange(1, 20_000)])


def leaves_in_copy_out(engine: RunningEngine, random: Random) -> None:
    """It has enough of an answer that goes on."""
    with engine.raw() as client:
        client.send(r.Query("copy (select repeat('x', 1000) from generate_series(1, 1000000)) to stdout"))
        for _number in range(random.randrange(1, 500)):
            client.receive()


def floods_cancels(engine: RunningEngine, random: Random, flood: int = 300) -> None:
    """Wrong keys and right ones, faster than anyone could want to cancel."""
    with engine.raw() as client, engine.raw() as other:
        client.send(r.Query("select count(*) from generate_series(1, 2000000000)"))
        for number in range(flood):
            key = client.key if number % 10 == 0 else random.randbytes(len(client.key))
            with contextlib.suppress(OSError), _connected(engine) as request:
                request.sendall(startup.write_cancel(client.pid, key))
                if number % 3:
                    request.recv(1)
        assert errors(other.query("select 1")) == []
        assert errors(client.until("Z")) == ["57014"]


def talks_in_no_text(engine: RunningEngine, random: Random) -> None:
    """Bytes that are no UTF-8 in every place where a text could be."""
    with engine.raw() as client:
        for _number in range(20):
            bad = bytes(random.choice(b"a' \xff\xc3\x28\xed\xa0\x80") for _ in range(12)).replace(b"\0", b"")
            _ask_and_wait(client, message(b"Q", b"select '" + bad + b"'\0"))
            _ask_and_wait(client, message(b"P", bad + b"\0select '" + bad + b"'\0\0\0"), r.Sync().encode())
    with engine.raw() as client:
        assert errors(client.query("select 1")) == []


def _ask_and_wait(client: RawClient, *what: bytes) -> None:
    client.send(*what)
    client.until("Z")


Fault = Callable[[RunningEngine, Random], None]
STRANGERS: Mapping[str, Fault] = {
    "never reads": never_reads,
    "half-open": half_open,
    "leaves while held": leaves_while_held,
    "leaves in COPY IN": leaves_in_copy_in,
    "leaves in COPY OUT": leaves_in_copy_out,
    "floods cancels": floods_cancels,
    "talks in no text": talks_in_no_text,
}
