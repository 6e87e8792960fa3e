"""What clients and upstreams say: messages however they were cut, start-ups, and the engine's own logins."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import Mapping

from engine.errors import ProtocolViolation, SessionRefused, UpstreamError
from engine.protocols.postgres import startup
from engine.protocols.postgres.answers import ANSWERS
from engine.protocols.postgres.authentication import CLEARTEXT, SASL, Authentication
from engine.protocols.postgres.codec import Codec, Role
from engine.protocols.postgres.messages import HEADER, CopyData, Message
from engine.protocols.postgres.options import session_settings
from engine.protocols.postgres.requests import REQUESTS, Describe
from engine.protocols.postgres.saslprep import prepared
from engine.protocols.postgres.scram import Scram
from engine.secrets.secret import Secret
from tests.fuzz.feed import Feed, pieces

_COSTLY = re.compile(rb"i=[0-9]{5}")  # iterations that are allowed, and slow
_ASKED = b"QQPBDECSFHdcf"


def _open(role: Role, asked: bytes) -> Codec[None]:
    """A codec; one that hears a server has asked for something first."""
    codec: Codec[None] = Codec(role)
    if role is Role.FRONTEND:
        for byte in asked:
            kind = _ASKED[byte % len(_ASKED)]
            message = Describe("S" if byte & 128 else "P", "") if kind == Describe.kind else None
            codec.forward(message.encode() if message else bytes((kind, 0, 0, 0, 4)))
    return codec


def _conversation(role: Role, asked: bytes, data: bytes, sizes: bytes) -> tuple[bytes, bool, list[tuple[int, bytes]]]:
    """What came out of it, and whether it ended in a violation."""
    codec, frames = _open(role, asked), list[tuple[int, bytes]]()
    try:
        for piece in pieces(data, sizes):
            codec.receive_data(piece)
            while (event := codec.next_event()) is not None:
                frames.append(event[:2])
    except ProtocolViolation:
        return b"".join(frame for _, frame in frames), True, frames
    return b"".join(frame for _, frame in frames), False, frames


def _decoded(kinds: Mapping[int, type[Message]], kind: int, data: bytes) -> None:
    """A message that reads says the same once it is written again."""
    try:
        message = kinds[kind].decode(data)
    except ProtocolViolation:
        return
    assert kinds[kind].decode(message.encode()) == message, message


def _whole(role: Role, data: bytes) -> None:
    feed = Feed(data)
    asked, sizes = feed.sized(12), feed.sized(8)
    said = feed.rest()
    whole, failed, frames = _conversation(role, asked, said, b"")
    assert (whole, failed) == _conversation(role, asked, said, sizes or b"\0")[:2], "cutting it changes what it says"
    assert role is Role.BACKEND or said.startswith(whole), "what came out is not what went in"
    kinds = ANSWERS if role is Role.FRONTEND else REQUESTS
    for kind, frame in frames:
        length = 1 + int.from_bytes(frame[1:HEADER])
        if kind != CopyData.kind and length == len(frame):
            _decoded(kinds, kind, frame)


def client(data: bytes) -> None:
    """What a client says after its login."""
    _whole(Role.BACKEND, data)


def server(data: bytes) -> None:
    """What an upstream answers."""
    _whole(Role.FRONTEND, data)


def opening(data: bytes) -> None:
    """A client's first packet, and the settings it asks for."""
    with contextlib.suppress(ProtocolViolation, SessionRefused):
        length, code = startup.read_header(data[:8].ljust(8, b"\0"))
        rest = data[8:][:length]
        if code == startup.CANCEL_REQUEST:
            startup.read_cancel(rest)
            return
        opened = startup.read_startup(code, rest)
        startup.write_negotiation(opened)
        settings = session_settings(opened.parameters)
        assert not {"user", "database", "replication", "options"} & settings.keys()
        written = startup.write_startup(settings, opened.agreed_minor)
        again = startup.read_startup(int.from_bytes(written[4:8]), written[8:])
        assert again.parameters == settings, "the upstream would read other settings"


def login(data: bytes) -> None:
    """What a server asks of the engine while it logs in. It is in only after the server has proved itself."""
    feed = Feed(data)
    binding = feed.sized(32) if feed.flag() else None
    authentication = Authentication("app", Secret(feed.text(16)), is_private=False, binding=binding)
    requests: list[int] = []
    with contextlib.suppress(UpstreamError):
        while feed and not authentication.is_done:
            body = feed.sized(200)
            if _COSTLY.search(body):
                return
            _LOOP.run_until_complete(authentication.answer(body))
            requests.append(int.from_bytes(body[:4]))
    assert CLEARTEXT not in requests, "the password went in the clear"
    assert not authentication.is_done or SASL not in requests, "it took SCRAM for done without the server's proof"


def scram(data: bytes) -> None:
    """One SCRAM exchange with a hostile server."""
    if _COSTLY.search(data):
        return
    feed = Feed(data)
    nonce = feed.sized(18)
    exchange = Scram(Secret(feed.text(16)), binding=feed.sized(32) or None, offers_binding=True, nonce=lambda: nonce)
    first = exchange.first()
    said = feed.sized(255).replace(b"NONCE", first.rpartition(b"r=")[2])
    with contextlib.suppress(UpstreamError):
        exchange.final(said)
        exchange.verify(feed.rest())
        raise AssertionError("a server that does not know the password proved that it does")


def password(data: bytes) -> None:
    """A credential's password, whatever is in it."""
    prepared(data.decode(errors="replace"))


_LOOP = asyncio.new_event_loop()
