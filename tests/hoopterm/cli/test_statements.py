from __future__ import annotations

from hoopterm.cli.statements import Transcript
from replay.format import Frame, RowBatch


def row(*cells: bytes | None) -> bytes:
    body = len(cells).to_bytes(2, "big")
    for cell in cells:
        body += b"\xff\xff\xff\xff" if cell is None else len(cell).to_bytes(4, "big") + cell
    return b"D" + (len(body) + 4).to_bytes(4, "big") + body


def told(*frames: Frame, most: int = 20) -> str:
    transcript = Transcript(most)
    return "\n".join("".join(map(str, parts)) for frame in frames for parts in transcript.lines(frame))


BEGIN = Frame(
    61.0,
    "q",
    {
        "operation": "o",
        "verb": "SELECT",
        "text": "SELECT id,\n email FROM t",
        "verdict": "allow",
        "rule": "reads",
        "parameters": ["7", None],
    },
)
COLUMNS = Frame(61.0, "c", {"operation": "o", "columns": [{"name": "id", "type": "int4"}, {"name": "email"}]})
END = Frame(61.5, "e", {"operation": "o", "status": "completed", "tag": "SELECT 2", "rows": 2, "masked": 2})


def test_a_statement_is_told_with_its_decision_rows_and_outcome() -> None:
    rows = Frame(61.2, "R", RowBatch("o", 2, row(b"1", "▒▒▒▒".encode()) + row(b"17", None)))
    text = told(BEGIN, COLUMNS, rows, END)
    for line in (
        "01:01    SELECT  ✓ allow by reads",
        "         SELECT id,",
        "          email FROM t",
        "         $1 = 7",
        "         $2 = ∅",
        "         id  email",
        "         1   ▒▒▒▒",
        "         17  ∅",
        "         ✓ completed  SELECT 2 · 2 rows · 2 masked · 500 ms",
    ):
        assert line in text.splitlines(), line


def test_rows_beyond_the_most_are_counted_over_batches() -> None:
    rows = [Frame(61.2, "R", RowBatch("o", 2, row(b"1", b"a") + row(b"2", b"b"), before=n)) for n in (0, 2, 4)]
    assert "… 3 more rows" in told(BEGIN, COLUMNS, *rows, END, most=3)


def test_a_row_cut_between_batches_is_put_together() -> None:
    cells = row(b"1", b"whole")
    first, second = RowBatch("o", 1, cells[:9]), RowBatch("o", 0, cells[9:], continues=True)
    assert "1   whole" in told(BEGIN, COLUMNS, Frame(61.2, "R", first), Frame(61.3, "R", second))


def test_copied_lines_are_shown_as_lines() -> None:
    assert "1\ta" not in told(Frame(1, "R", RowBatch("o", 1, b"1\ta\n", kind="copy")))
    assert "1␉a" in told(Frame(1, "R", RowBatch("o", 1, b"1\ta\n", kind="copy")))


def test_what_a_database_contained_cannot_move_the_cursor() -> None:
    text = told(BEGIN, COLUMNS, Frame(61.2, "R", RowBatch("o", 1, row(b"\x1b[2J", b"\x07"))))
    assert "\x1b" not in text
    assert "␛[2J" in text


def test_cells_that_do_not_read_are_told() -> None:
    assert "cannot read" in told(Frame(1, "R", RowBatch("o", 1, b"garbage-bytes")))


def test_reviews_notices_gaps_and_the_session_s_end_are_told() -> None:
    text = told(
        Frame(1, "w", {"operation": "o", "review": "rv_1", "state": "approved", "by": ["bob"], "reason": "OPS-1"}),
        Frame(1, "n", {"severity": "WARNING", "message": "slow"}),
        Frame(1, "g", {"operation": "o", "why": "digest only", "dropped": 12}),
        Frame(1, "s", {"state": "killed", "reason": "bob: runaway"}),
        Frame(1, "?", {}),
    )
    for part in (
        "review  ✓ approved  rv_1 by bob: OPS-1",
        "WARNING: slow",
        "12 rows not kept: digest only",
        "session killed: bob: runaway",
        "a frame of a later version: ?",
    ):
        assert part in text


def test_what_a_command_wrote_is_told_as_lines_that_cannot_move_the_cursor() -> None:
    shown = told(
        Frame(0, "q", {"operation": "o-1", "verb": "EXEC"}),
        Frame(0, "t", {"operation": "o-1", "cols": 80, "rows": 24}),
        Frame(0, "R", RowBatch("o-1", 3, b"one\n\x1b[2Jtwo\nthree\n", "stdout")),
        Frame(0, "R", RowBatch("o-1", 1, b"oops\n", "stderr", 3)),
        Frame(1, "e", {"operation": "o-1", "status": "completed"}),
        most=2,
    )
    assert "terminal 80 × 24" in shown
    assert "one\n" in shown
    assert "two" in shown
    assert "three" not in shown
    assert "\x1b" not in shown
    assert "2 more rows" in shown
