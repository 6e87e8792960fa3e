"""A PostgreSQL client of bare bytes, for what no driver would send."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.answers import ErrorResponse
from engine.protocols.postgres.messages import Message
from engine.protocols.postgres.startup import message, write_startup

Answer = tuple[str, bytes]
"""The type letter of a message and the whole of its bytes."""


class RawClient:
    """One connection, past its authentication unless `login` is false. Reads time out."""

    def __init__(
        self,
        port: int,
        user: str = "bot",
        token: str = "",
        database: str = "db",
        *,
        login: bool = True,
        extra: Mapping[str, str] | None = None,
    ) -> None:
        self.sock = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.pid, self.key = 0, b""
        self._buffer = b""
        if login:
            self.enter(user, token, database, extra)
            for kind, data in self.until("Z"):
                assert kind != "E", data
                if kind == "K":
                    self.pid, self.key = int.from_bytes(data[5:9], "big"), data[9:]

    def enter(self, user: str, token: str, database: str, extra: Mapping[str, str] | None = None) -> None:
        """Say who it is; the answer is still to come."""
        self.send(write_startup({"user": user, "database": database, **(extra or {})}, 0))
        assert self.receive()[0] == "R"
        self.send(message(b"p", token.encode() + b"\0"))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sock.close()

    def send(self, *what: Message | bytes) -> None:
        """Messages, or any bytes at all."""
        self.sock.sendall(b"".join(each if isinstance(each, bytes) else each.encode() for each in what))

    def receive(self) -> Answer:
        """The next message; raises EOFError."""
        while len(self._buffer) < 5 or len(self._buffer) < 1 + int.from_bytes(self._buffer[1:5], "big"):
            piece = self.sock.recv(65536)
            if not piece:
                raise EOFError
            self._buffer += piece
        size = 1 + int.from_bytes(self._buffer[1:5], "big")
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return chr(data[0]), data

    def until(self, *kinds: str) -> list[Answer]:
        """Everything up to the first message of one of these types."""
        answers = [self.receive()]
        while answers[-1][0] not in kinds:
            answers.append(self.receive())
        return answers

    def kinds(self, *until: str) -> str:
        """The type letters of that, without the settings reported along the way."""
        return "".join(kind for kind, _ in self.until(*until or ("Z",)) if kind != "S")

    def query(self, text: str) -> list[Answer]:
        """A simple query's whole answer."""
        self.send(r.Query(text))
        return self.until("Z")

    def ending(self) -> list[Answer]:
        """What is still said before the server closes the connection."""
        answers = []
        while True:
            try:
                answers.append(self.receive())
            except (EOFError, ConnectionError):
                return answers


def errors(answers: list[Answer]) -> list[str]:
    """The SQLSTATEs of the errors among answers."""
    return [ErrorResponse.decode(data).fields["C"] for kind, data in answers if kind == "E"]
