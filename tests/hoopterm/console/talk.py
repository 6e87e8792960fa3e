"""A session as its recording has it: reads with masks, a dodge, a denial, a held DELETE, an error, a COPY."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.api.schema import FrameView
from replay.format import Frame, RowBatch, encode_block, encode_header

PEOPLE = [
    ("17", "Ada Lovelace", "*******************", "****************"),
    ("18", "Grace Hopper", "****************", "****************"),
    ("19", "Katherine Johnson", "******************", "****************"),
    ("23", "Barbara Liskov", "**************", None),
]


def data_rows(rows: Sequence[Sequence[str | None]]) -> bytes:
    """PostgreSQL DataRow messages of text cells."""
    out = b""
    for row in rows:
        body = len(row).to_bytes(2, "big")
        for cell in row:
            raw = None if cell is None else cell.encode()
            body += (-1).to_bytes(4, "big", signed=True) if raw is None else len(raw).to_bytes(4, "big") + raw
        out += b"D" + (len(body) + 4).to_bytes(4, "big") + body
    return out


def begin(at: float, id: str, verb: str, text: str, effects: list[list[str]], rule: str, **more: Any) -> Frame:
    """An operation begins."""
    data = {"operation": id, "verb": verb, "text": text, "effects": effects, "rule": rule}
    return Frame(at, "q", {**data, "verdict": "allow", "reason": "", "parameters": [], **more})


def columns(at: float, id: str, *names: str, masked: tuple[str, ...] = ()) -> Frame:
    """The columns of an answer."""
    found = [
        {
            "name": name,
            "type": "int4" if name in ("id", "n", "total") else "text",
            "format": 0,
            "masked": name in masked,
        }
        for name in names
    ]
    return Frame(at, "c", {"operation": id, "columns": found})


def rows(at: float, id: str, cells: Sequence[Sequence[str | None]], count: int | None = None) -> Frame:
    """Rows of an answer."""
    return Frame(at, "R", RowBatch(id, len(cells) if count is None else count, data_rows(cells)))


def end(at: float, id: str, tag: str = "", **more: Any) -> Frame:
    """An operation ends."""
    data = {"operation": id, "status": "completed", "tag": tag, "rows": 0, "changed": None, "masked": 0, "error": None}
    return Frame(at, "e", {**data, **more})


CUSTOMERS = [["read", "table:public.customers"]]


def frames() -> list[Frame]:
    """The whole session, in its order."""
    return [*reads(), *changes(), *decided()]


def reads() -> list[Frame]:
    """It opens, reads masked columns, and tries an alias."""
    return [
        Frame(0.0, "s", {"state": "opened", "reason": ""}),
        begin(
            1.2,
            "op_1",
            "SELECT",
            "SELECT id, name, email, card FROM customers ORDER BY id LIMIT 4",
            CUSTOMERS,
            "agents-read",
        ),
        columns(1.2, "op_1", "id", "name", "email", "card", masked=("email", "card")),
        rows(1.2, "op_1", PEOPLE),
        end(1.2021, "op_1", "SELECT 4", rows=4, masked=8),
        begin(
            4.0,
            "op_2",
            "SELECT",
            "SELECT email AS totally_harmless, count(*) AS n\n  FROM customers\n GROUP BY 1",
            CUSTOMERS,
            "agents-read",
        ),
        columns(4.01, "op_2", "totally_harmless", "n", masked=("totally_harmless",)),
        rows(4.01, "op_2", [("*****************", "1"), ("********************", "1"), ("****************", "2")], 40),
        end(4.034, "op_2", "SELECT 40", rows=40, masked=40),
    ]


def changes() -> list[Frame]:
    """A denial, a change with parameters, a COPY, and an error."""
    return [
        begin(
            9.5,
            "op_3",
            "DROP TABLE",
            "DROP TABLE orders CASCADE",
            [["schema", "table:public.orders"]],
            "no-ddl",
            verdict="deny",
            reason="use a migration",
        ),
        end(9.5001, "op_3", status="denied", error="denied by policy: schema on public.orders"),
        begin(
            15.0,
            "op_4",
            "UPDATE",
            "UPDATE orders SET note = $1 WHERE id = $2",
            [["write", "table:public.orders"], ["read", "table:public.orders"]],
            "agents-write",
            parameters=["checked by night run", "4711"],
        ),
        end(15.0042, "op_4", "UPDATE 1", changed=1),
        begin(22.0, "op_5", "COPY", "COPY (SELECT name, ssn FROM customers) TO STDOUT", CUSTOMERS, "agents-read"),
        Frame(
            22.01,
            "R",
            RowBatch(
                "op_5",
                3,
                b"Ada Lovelace\t***********\nGrace Hopper\t***********\nKatherine Johnson\t***********\n",
                "copy",
            ),
        ),
        end(22.02, "op_5", "COPY 3", rows=3, masked=3),
        begin(31.0, "op_6", "SELECT", "SELECT * FROM custommers", [["read", "table:custommers"]], "agents-read"),
        end(31.002, "op_6", status="failed", error='relation "custommers" does not exist'),
    ]


def decided() -> list[Frame]:
    """A DELETE that people approve, a last look, and the end."""
    return [
        begin(
            46.0,
            "op_7",
            "DELETE",
            "DELETE FROM orders\n WHERE status = 'stale'\n   AND created < now() - interval '30 days'",
            [["delete", "table:public.orders"], ["read", "table:public.orders"]],
            "deletes-need-a-human",
            verdict="review",
        ),
        Frame(
            46.01,
            "w",
            {
                "operation": "op_7",
                "review": "rv_1",
                "state": "pending",
                "by": "",
                "reason": "",
                "reviewers": ["dba"],
                "deadline": "",
            },
        ),
        Frame(
            88.0,
            "w",
            {
                "operation": "op_7",
                "review": "rv_1",
                "state": "approved",
                "by": "bob",
                "reason": "checked OPS-114",
                "reviewers": ["dba"],
            },
        ),
        end(88.031, "op_7", "DELETE 412", changed=412),
        begin(
            95.0,
            "op_8",
            "SELECT",
            "SELECT id, name, city, total FROM orders JOIN customers USING (id) WHERE total > 100",
            [["read", "table:public.orders"], ["read", "table:public.customers"]],
            "agents-read",
        ),
        columns(95.0, "op_8", "id", "name", "city", "total"),
        rows(
            95.01,
            "op_8",
            [
                ("17", "Ada Lovelace", "London", "128"),
                ("18", "Grace Hopper", "New York", "2048"),
                ("23", "Barbara Liskov", "Boston", "101"),
            ],
        ),
        end(95.012, "op_8", "SELECT 3", rows=3),
        Frame(120.0, "s", {"state": "closed", "reason": "the client left"}),
    ]


def views() -> list[FrameView]:
    """The same as the control API sends it."""
    return as_views(frames())


def as_views(found: Sequence[Frame]) -> list[FrameView]:
    """Frames as the control API sends them."""
    out = []
    for frame in found:
        data: Any = frame.data
        if isinstance(data, RowBatch):
            data = {
                "operation": data.operation,
                "rows": data.rows,
                "cells": base64.b64encode(data.cells).decode(),
                "kind": data.kind,
            }
        out.append(FrameView(frame.at, frame.code, data))
    return out


def recording() -> bytes:
    """The same as a file."""
    header = {
        "session": "se_7f3a",
        "identity": "report-bot",
        "target": "shop",
        "protocol": "postgres",
        "opened": "2026-11-22T21:37:00Z",
        "mode": "enforce",
    }
    return encode_header(header) + encode_block(frames())


def write(directory: Path) -> Path:
    """The recording on disk."""
    path = directory / "se_7f3a.hoop"
    path.write_bytes(recording())
    return path
