"""A client that sends whatever it likes, and keeps all that it hears."""

from __future__ import annotations

import itertools
import re
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from engine.protocols.postgres import requests as r
from engine.protocols.postgres.answers import DataRow, ErrorResponse, RowDescription
from engine.protocols.postgres.messages import Message
from engine.protocols.postgres.startup import message, write_startup

Heard = list[tuple[str, bytes]]
"""Messages by type letter, whole."""


@dataclass(frozen=True)
class Step:
    """One thing a client sends.

    `how`: simple | extended | execute (what an earlier step prepared under this name). `formats`, `describe` (S, P or
    nothing), `again` (executed that often, without a new Describe), `limit` (rows an Execute) and `values` are of the
    extended protocol; `data` answers a COPY FROM.
    """

    sql: str
    how: str = "simple"
    formats: tuple[int, ...] = ()
    describe: str = "P"
    again: int = 1
    limit: int = 0
    values: tuple[bytes | None, ...] = ()
    data: bytes = b""
    name: str = ""

    def messages(self) -> list[Message]:
        """What goes on the wire."""
        if self.how == "simple":
            return [r.Query(self.sql)]
        sent: list[Message] = [] if self.how == "execute" else [r.Parse(self.name, self.sql)]
        if self.describe == "S":
            sent.append(r.Describe("S", self.name))
        for _ in range(self.again):
            sent.append(r.Bind("", self.name, self.values, (), self.formats))
            if self.describe == "P":
                sent.append(r.Describe("P"))
            sent += [r.Execute("", self.limit)] * (2 if self.limit else 1)
        return [*sent, r.Sync()]


class Wire:
    """One connection: to an engine with a token, or straight to the server by its trusting Unix socket."""

    def __init__(self, connected: socket.socket, user: str, database: str, token: str = "") -> None:
        self._socket = connected
        self._buffer = b""
        self.heard: Heard = []
        connected.settimeout(60)
        connected.sendall(write_startup({"user": user, "database": database}, 0))
        while (first := self._receive())[0] == "R":
            if first[1][5:9] == b"\0\0\0\0":
                break
            connected.sendall(message(b"p", token.encode() + b"\0"))
        assert first[0] == "R", first
        self._until_ready()
        self.take()

    @classmethod
    def engine(cls, port: int, database: str, token: str, user: str = "bot") -> Self:
        """Through an engine."""
        return cls(socket.create_connection(("127.0.0.1", port)), user, database, token)

    @classmethod
    def direct(cls, directory: Path, port: int, database: str, user: str = "postgres") -> Self:
        """Past it."""
        connected = socket.socket(socket.AF_UNIX)
        connected.connect(str(directory / f".s.PGSQL.{port}"))
        return cls(connected, user, database)

    def close(self) -> None:
        """Hang up."""
        self._socket.close()

    def run(self, step: Step) -> None:
        """Send a step and hear its whole answer; raises EOFError when the server hangs up."""
        self._send(*step.messages())
        self._until_ready(step)

    def send(self, data: bytes) -> None:
        """Bytes as they are, and the answer up to the next ReadyForQuery."""
        self._socket.sendall(data)
        self._until_ready()

    def take(self) -> Heard:
        """What was heard since this was last asked."""
        heard, self.heard = self.heard, []
        return heard

    def _send(self, *messages: Message) -> None:
        self._socket.sendall(b"".join(each.encode() for each in messages))

    def _until_ready(self, step: Step | None = None) -> None:
        while (heard := self._receive())[0] != "Z":
            if heard[0] == "K":
                continue
            self.heard.append(heard)
            if heard[0] == "G":
                data = step.data if step is not None else b""
                self._send(
                    r.CopyData(data), r.CopyDone(), *([] if step is None or step.how == "simple" else [r.Sync()])
                )
        self.heard.append(heard)

    def _receive(self) -> tuple[str, bytes]:
        while len(self._buffer) < 5 or len(self._buffer) < 1 + int.from_bytes(self._buffer[1:5]):
            piece = self._socket.recv(65536)
            if not piece:
                raise EOFError
            self._buffer += piece
        size = 1 + int.from_bytes(self._buffer[1:5])
        data, self._buffer = self._buffer[:size], self._buffer[size:]
        return chr(data[0]), data


def columns_of(heard: Heard) -> bytes:
    """Every column of every answer with its rows joined, downwards and up; and the rows with their cells joined."""
    pieces: list[bytes] = []
    columns: list[list[bytes]] = []
    for kind, data in heard:
        if kind != "D":
            if kind != "d":
                pieces += (b"".join(column) for column in columns)
                columns = []
            continue
        cells = [cell or b"" for cell in DataRow.decode(data).values]
        pieces.append(b"".join(cells))
        if len(columns) != len(cells):
            columns = [[] for _ in cells]
        for column, cell in zip(columns, cells, strict=True):
            column += (cell, b" ") if cell.isdigit() else (cell,)
    pieces += (b"".join(column) for column in columns)
    return b"\xff\xff".join(pieces)


def bytes_of(heard: Heard) -> bytes:
    """All that was heard, one message behind the other."""
    return b"".join(data for _, data in heard)


def is_denial(fields: dict[str, str]) -> bool:
    """Whether the engine, not the server, refused."""
    return "\n{" in fields.get("D", "") and fields.get("C") == "42501"


def errors_of(heard: Heard) -> list[dict[str, str]]:
    """The errors among them."""
    return [dict(ErrorResponse.decode(data).fields) for kind, data in heard if kind == "E"]


_OIDS = re.compile(rb"large object \d+|pg_temp_\d+|pg_toast_temp_\d+")
_WIDTHS = re.compile(rb'width=\d+|"Plan Width": \d+')
_PLAN_LINE = 11  # where the only cell of a plan's row begins: behind lengths, which count the digits of widths
_COSTS = re.compile(rb'cost=[\d.]+ rows=\d+|"(?:Startup Cost|Total Cost|Plan Rows)": [\d.]+')


def comparable(heard: Heard, *, sizes: bool = True) -> list[tuple[str, bytes]]:
    """What two worlds must have in common: all but the numbers a server gives to processes and new objects, and the
    average widths in a plan; without `sizes` neither its costs nor the order of rows, which hang on the size of tables.
    """
    said: list[tuple[str, bytes]] = []
    for kind, data in heard:
        if kind in "EN":
            said.append((kind, repr(_report(data)).encode()))
        elif kind == "T":
            described = RowDescription.decode(data).fields
            said.append((kind, repr([(f.name, f.number, f.size, f.modifier, f.format) for f in described]).encode()))
        elif kind == "A":
            said.append((kind, data[9:]))
        else:
            cleaned, has_width = _WIDTHS.subn(b"width", _OIDS.sub(b"pg_temp", data))
            cleaned = cleaned[_PLAN_LINE:] if has_width else cleaned
            said.append((kind, cleaned if sizes else _COSTS.sub(b"cost", cleaned)))
    return said if sizes else _sorted(said)


def _report(data: bytes) -> list[tuple[str, str]]:
    fields = dict(ErrorResponse.decode(data).fields)
    if is_denial(fields) or fields.get("C") == "25P02":  # whether a failed transaction or the engine says no is chance
        return [("C", "refused")]
    return sorted(fields.items())


def _sorted(said: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    runs = itertools.groupby(said, lambda each: each[0])
    return [each for kind, run in runs for each in (sorted(run) if kind in "Dd" else run)]
