"""COPY data masked by the run is what it would be a cell at a time, however it comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import UpstreamError
from engine.masking.plan import MaskRule, Masks, Plan, replace_detected
from engine.model import Column, ColumnRef, Identity, Target
from engine.protocols.postgres.answers import CopyData
from engine.protocols.postgres.codec import answer_framing
from engine.protocols.postgres.copyout import CopyMasker
from engine.protocols.postgres.copyruns import CopyRuns
from engine.protocols.postgres.rows import join_cells
from engine.protocols.postgres.runs import bodies, segments_of
from engine.protocols.postgres.statement import Statement

Cells = list[bytes | None]

SECRET = ColumnRef("public", "people", "secret")
PLAIN, PROTECTED = Column("plain", frozenset()), Column("secret", frozenset({SECRET}))
NUMBER = Column("number", frozenset(), is_text=False, has_text=False)
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
EMAIL = b"ada@engines.example"


def plan_of(columns: list[Column], strategy: str = "redact", detect: tuple[str, ...] = ()) -> Plan:
    rule = MaskRule("r", columns=("people.secret",), detect=detect, strategy=strategy)
    return Masks([rule], Identity("a", "agent"), Target("t", "postgres", ""), b"k" * 32).plan(columns)


def copy(format_: str = "text", **options: object) -> Statement:
    return Statement("", "COPY", copy_format=format_, **options)  # type: ignore[arg-type]  # by name


def masked_cells(cells: Cells, plan: Plan) -> tuple[Cells, int]:
    """What masking is, one cell after another, and how many values it replaced."""
    masked, count = list(cells), 0
    for index, cell in enumerate(cells):
        action, detected = plan.columns[index], plan.detected[index]
        if cell is not None and action is not None:
            masked[index] = action.replace(cell)
            count += 1
        elif cell is not None and detected is not None and plan.detection is not None:
            text, found = replace_detected(cell.decode(errors="surrogateescape"), plan.detection, detected)
            masked[index] = text.encode(errors="surrogateescape")
            count += found
    return masked, count


def written(cells: Cells, statement: Statement) -> bytes:
    """A row as PostgreSQL writes it."""
    if statement.copy_format == "binary":
        return join_cells(cells)
    careful = CopyMasker(plan_of([PLAIN]), statement)
    return careful.delimiter.join(map(careful.written, cells)) + b"\n"


def relayed(masker: CopyRuns, messages: list[bytes], cuts: list[int]) -> bytes:
    """The payload of all that the masker gives, of messages that arrive in pieces."""
    framing, data = answer_framing(), b"".join(CopyData(each).encode() for each in messages)
    given, recorded, position = b"", b"", 0
    for cut in [*cuts, len(data)]:
        framing.receive_data(data[position : position + cut])
        position += cut
        while (frame := framing.next_frame()) is not None:
            chunk = masker.mask(frame[1])
            given += chunk
            recorded += masker.recorded(chunk)
    rest = masker.finish()
    payload = b"".join(bodies(given + rest, segments_of(given + rest, CopyData.kind)))
    assert payload.startswith(recorded)
    assert rest or payload == recorded
    return payload


VALUE = st.sampled_from([EMAIL, b"4111 1111 1111 1111", b"078-05-1120", b"4111-1111-1111-1112", b"o'neil@example.org"])
TEXT = st.text("ab1 .@é", max_size=10).map(str.encode)
NASTY = st.text("ab1 -,;|'\"\\\t\n\r.@Né", max_size=10).map(str.encode)


def cells_of(text: st.SearchStrategy[bytes]) -> st.SearchStrategy[Cells]:
    around = st.builds(lambda before, value, after: before + value + after, text, VALUE, text)
    padded = st.builds(lambda value, size: value.ljust(size, b"x"), VALUE, st.integers(0, 122))
    return st.lists(st.one_of(text, VALUE, around, padded), min_size=3, max_size=3)


ODD = st.lists(st.sampled_from([None, b"\\N", b"", b"none", b"NULL", b"\\.", b"ab"]), min_size=3, max_size=3)
TURNED = st.builds(
    lambda cells, turns: [cells[turn:] + cells[:turn] for turn in turns],
    st.one_of(cells_of(TEXT), cells_of(TEXT), cells_of(NASTY), ODD),
    st.one_of(st.lists(st.integers(0, 2), max_size=30), st.integers(5, 30).map(lambda times: [0] * times)),
)
"""Rows that are equally long, whether or not their cells are."""
ROWS = st.lists(TURNED, max_size=6).map(lambda parts: [row for part in parts for row in part])
COLUMNS = st.permutations([PLAIN, PROTECTED, NUMBER])
DETECT = st.sampled_from([(), ("email", "credit_card", "us_ssn")])
COPIES = st.sampled_from(
    [
        copy(),
        copy(copy_delimiter="|"),
        copy(copy_delimiter="-"),
        copy(copy_delimiter=" ", copy_null="none"),
        copy("csv"),
        copy("csv", copy_delimiter=";", copy_quote="'"),
        copy("csv", copy_quote="'", copy_escape="\\"),
        copy("csv", copy_null="NULL"),
        copy("binary"),
    ]
)


def masked_row_by_row(cells: list[Cells], plan: Plan, statement: Statement) -> tuple[list[bytes], bytes, int]:
    """The messages of a server, the payload that its client gets, and how many values are masked in it."""
    messages, expected, count = [written(one, statement) for one in cells], b"", 0
    null = statement.copy_null.encode() if statement.copy_format == "text" and statement.copy_null is not None else None
    for one in cells:
        masked, found = masked_cells([null if cell is None else cell for cell in one], plan)
        expected += written(masked, statement)
        count += found
    if statement.copy_format == "binary":
        return [HEADER + b"".join(messages[:1]), *messages[1:], b"\xff\xff"], HEADER + expected + b"\xff\xff", count
    return messages, expected, count


@settings(max_examples=200)
@given(ROWS, COLUMNS, DETECT, COPIES, st.lists(st.integers(1, 2000), max_size=3))
def test_runs_are_redacted_as_cells_are_one_by_one(
    cells: list[Cells], columns: list[Column], detect: tuple[str, ...], statement: Statement, cuts: list[int]
) -> None:
    plan = plan_of(columns, "redact", detect)
    messages, expected, count = masked_row_by_row(cells, plan, statement)
    masker = CopyRuns(plan, statement)
    assert relayed(masker, messages, cuts) == expected
    assert (masker.masked, masker.rows) == (count, len(cells))


@given(
    ROWS,
    COLUMNS,
    st.sampled_from(["redact", "partial", "token", "nullify"]),
    DETECT,
    COPIES,
    st.lists(st.integers(1, 200), max_size=10),
)
def test_nothing_hangs_on_one_row_in_each_message(
    cells: list[Cells],
    columns: list[Column],
    strategy: str,
    detect: tuple[str, ...],
    statement: Statement,
    sizes: list[int],
) -> None:
    """PostgreSQL sends one; here a message has as many bytes as `sizes` says."""
    plan = plan_of(columns, strategy, detect)
    rows, expected, count = masked_row_by_row(cells, plan, statement)
    stream, messages = b"".join(rows), []
    for size in [*sizes, len(stream)]:
        messages += [stream[:size]] if stream else []
        stream = stream[size:]
    masker = CopyRuns(plan, statement)
    assert relayed(masker, messages, []) == expected
    assert masker.masked == count


@pytest.mark.parametrize("length", range(48, 123))
@pytest.mark.parametrize("format_", ["text", "csv", "binary"])
def test_length_bytes_beside_a_value_hide_nothing(length: int, format_: str) -> None:
    """A message's and a cell's length byte can be a digit or a letter; a card in a cell of any such length is found."""
    card = b"4111111111111111"
    places: Cells = [
        card.ljust(length, b" "),
        b" " * (length // 2 - 8) + card + b" " * ((length + 1) // 2 - 8),
        card.rjust(length),
    ]
    statement = copy(format_)
    plan = plan_of([PLAIN, PLAIN], detect=("credit_card",))
    cells: list[Cells] = [[b"a", place] for place in places] + [[place, b"b"] for place in places]
    messages = [written(one, statement) for one in cells]
    if format_ == "binary":
        messages = [HEADER + messages[0], *messages[1:], b"\xff\xff"]
    masker = CopyRuns(plan, statement)
    assert card not in relayed(masker, messages, [])
    assert (masker.masked, masker.rows) == (6, 6)


@pytest.mark.parametrize(("format_", "header"), [("text", False), ("text", True), ("csv", True), ("binary", False)])
def test_rows_are_counted_where_nothing_is_masked(format_: str, header: bool) -> None:
    statement = copy(format_, copy_header=header)
    messages = [written([b"1", None], statement)] * 5
    if header:
        messages.insert(0, b"id,secret\n")
    if format_ == "binary":
        messages = [HEADER + messages[0], *messages[1:], b"\xff\xff"]
    masker = CopyRuns(plan_of([PLAIN, PLAIN]), statement)
    assert relayed(masker, messages, [30]) == b"".join(messages)
    assert masker.rows == 5


def test_a_header_is_shown_and_the_rows_behind_it_are_masked() -> None:
    statement = copy("csv", copy_header=True)
    messages = [b"id,secret\n", b"1,canary\n", b'2,"can\nary"\n', b"3,\n"]
    masker = CopyRuns(plan_of([PLAIN, PROTECTED]), statement)
    assert relayed(masker, messages, []) == b"id,secret\n1,******\n2,*******\n3,\n"
    assert (masker.rows, masker.masked) == (3, 2)


@pytest.mark.parametrize("count", [1, 30])
def test_a_null_that_a_value_may_look_like_tells_no_guess(count: int) -> None:
    """SECURITY: promise 2; `COPY … (NULL 'guess')` would leave what was guessed right as it is."""
    statement = copy(copy_null="canary")
    masker = CopyRuns(plan_of([PLAIN, PROTECTED]), statement)
    messages = [written([b"1", b"canary"], statement), written([b"2", None], statement)] * count
    assert relayed(masker, messages, []) == b"1\t******\n2\t******\n" * count
    told = CopyRuns(plan_of([PLAIN, PROTECTED]), copy("csv", copy_null="canary"))
    assert relayed(told, [b'1,"canary"\n', b"2,canary\n"] * count, []) == b"1,******\n2,canary\n" * count


@pytest.mark.parametrize("count", [1, 30])
@pytest.mark.parametrize("format_", ["text", "csv", "binary"])
def test_a_row_hidden_behind_another_in_its_message_is_masked_and_counted(count: int, format_: str) -> None:
    statement = copy(format_)
    hiding = written([b"1", b"canary"], statement) + written([b"2", EMAIL], statement)
    header = HEADER if format_ == "binary" else b""
    messages = [header + written([b"0", b"canary"], statement), *[hiding] * count]
    masker = CopyRuns(plan_of([PLAIN, PROTECTED]), statement)
    payload = relayed(masker, messages, [])
    assert b"canary" not in payload
    assert EMAIL not in payload
    assert masker.rows == 1 + 2 * count
    watching = CopyRuns(plan_of([PLAIN, PLAIN], detect=("email",)), statement)
    assert EMAIL not in relayed(watching, messages, [])
    assert watching.rows == 1 + 2 * count


@pytest.mark.parametrize("format_", ["text", "csv", "binary"])
def test_rows_are_counted_exactly_where_each_message_comes_alone(format_: str) -> None:
    statement = copy(format_)
    masker = CopyRuns(plan_of([PLAIN, PLAIN]), statement)
    header = HEADER if format_ == "binary" else b""
    masker.mask(CopyData(header + written([b"0", b"x"], statement)).encode())
    masker.mask(CopyData(written([b"1", b"x\ny"], statement) * 2).encode())
    assert masker.rows == 3


def test_one_row_stays_one_message() -> None:
    masker = CopyRuns(plan_of([PLAIN, PROTECTED], "token"), copy())
    chunk = masker.mask(b"".join(CopyData(b"%d\tcanary\n" % number).encode() for number in range(9)))
    assert len(bodies(chunk, segments_of(chunk, CopyData.kind))) == 9


@pytest.mark.parametrize("count", [1, 50])
def test_rows_of_another_shape_end_the_copy(count: int) -> None:
    with pytest.raises(UpstreamError):
        CopyRuns(plan_of([PLAIN, PROTECTED]), copy()).mask(CopyData(b"1\t2\t3\n").encode() * count)
