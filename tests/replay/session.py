"""One recorded session as every replay test sees it: a masked read, a denial, a reviewed delete, a failure."""

from __future__ import annotations

from replay.format import Frame, RowBatch

HEADER = {
    "version": 3,
    "timestamp": 1_772_000_000,
    "hoopterm": {"session": "s-1", "identity": "report-bot", "target": "shop"},
}


def data_row(*cells: bytes | None) -> bytes:
    body = len(cells).to_bytes(2, "big")
    for cell in cells:
        body += b"\xff\xff\xff\xff" if cell is None else len(cell).to_bytes(4, "big") + cell
    return b"D" + (len(body) + 4).to_bytes(4, "big") + body


def table(*rows: tuple[bytes | None, ...]) -> bytes:
    return b"".join(data_row(*row) for row in rows)


COLUMNS = [
    {"name": "id", "type": "int4", "format": 0, "masked": False},
    {"name": "email", "type": "text", "format": 0, "masked": True},
]
FRAMES = [
    Frame(0.0, "s", {"state": "opened", "reason": ""}),
    Frame(
        1.0,
        "q",
        {
            "operation": "o-1",
            "verb": "SELECT",
            "text": "select id, email\nfrom customers where id > $1",
            "effects": [["read", "table:public.customers"]],
            "verdict": "allow",
            "rule": "agents-read",
            "reason": "read",
            "parameters": ["0"],
        },
    ),
    Frame(1.1, "c", {"operation": "o-1", "columns": COLUMNS}),
    Frame(1.2, "R", RowBatch("o-1", 2, table((b"1", b"***"), (b"2", None)))),
    Frame(1.4, "R", RowBatch("o-1", 1, table((b"3", b"=1+1")), before=2)),
    Frame(1.5, "e", {"operation": "o-1", "status": "completed", "tag": "SELECT 3", "rows": 3, "masked": 2}),
    Frame(2.0, "q", {"operation": "o-2", "verb": "DROP TABLE", "text": "drop table orders", "verdict": "deny"}),
    Frame(2.0, "e", {"operation": "o-2", "status": "denied", "error": "use a migration"}),
    Frame(3.0, "q", {"operation": "o-3", "verb": "DELETE", "text": "delete from orders", "verdict": "review"}),
    Frame(3.0, "w", {"operation": "o-3", "review": "r-1", "state": "pending", "by": []}),
    Frame(60.0, "w", {"operation": "o-3", "review": "r-1", "state": "approved", "by": ["bob"], "reason": "ok"}),
    Frame(60.5, "n", {"operation": "o-3", "severity": "NOTICE", "message": "412 orders\x1b[2J"}),
    Frame(61.0, "e", {"operation": "o-3", "status": "completed", "tag": "DELETE 412", "changed": 412}),
    Frame(62.0, "q", {"operation": "o-4", "verb": "COPY", "text": "copy t to stdout", "verdict": "allow"}),
    Frame(62.1, "R", RowBatch("o-4", 2, b"1\tx\n2\ty\n", kind="copy")),
    Frame(62.2, "g", {"operation": "o-4", "why": "the target records answers: 2", "dropped": 7}),
    Frame(62.3, "e", {"operation": "o-4", "status": "failed", "error": "disk full"}),
    Frame(63.0, "s", {"state": "closed", "reason": "client left"}),
]


def shell(*, rows: int = 3) -> list[Frame]:
    """A shell in a terminal of three rows, resized, and beside it another terminal."""
    return [
        Frame(5.0, "q", {"operation": "a", "verb": "SHELL", "verdict": "allow"}),
        Frame(5.0, "t", {"operation": "a", "cols": 20, "rows": rows, "term": "xterm-256color"}),
        Frame(6.0, "R", RowBatch("a", 0, b"$ ", "stdout")),
        Frame(6.5, "R", RowBatch("a", 1, b"ls\r", "input")),
        Frame(6.5, "q", {"operation": "l", "verb": "LINE", "text": "ls\x07", "verdict": "allow", "inferred": True}),
        Frame(7.0, "R", RowBatch("a", 3, b"ls\r\none\r\n\x1b[31mtwo\xff\x1b[0m\r\n$ \xe2\x9c", "stdout")),
        Frame(7.5, "t", {"operation": "b", "cols": 10, "rows": 2}),
        Frame(8.0, "R", RowBatch("b", 0, b"other", "stdout")),
        Frame(8.5, "t", {"operation": "a", "cols": 30, "rows": rows}),
        Frame(9.0, "R", RowBatch("a", 0, b"\x93", "stdout")),
        Frame(9.5, "e", {"operation": "a", "status": "completed", "tag": "exit 3"}),
        Frame(9.9, "e", {"operation": "b", "status": "completed", "tag": "exit 0"}),
    ]
