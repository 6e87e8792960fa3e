import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UpstreamError
from engine.masking.plan import MaskRule, Masks, replace_detected
from engine.model import Column, ColumnRef, Identity, Target
from engine.protocols.postgres.codec import answer_framing
from engine.protocols.postgres.rows import RowMasker, join_cells, split_cells

SECRET = ColumnRef("public", "people", "secret")
Cells = list[bytes | None]


def row(cells: Cells) -> bytes:
    body = join_cells(cells)
    return b"D" + (len(body) + 4).to_bytes(4) + body


def rows_of(data: bytes, width: int) -> list[Cells]:
    found, position = [], 0
    while position < len(data):
        found.append(split_cells(data, position + 7, width))
        position += 1 + int.from_bytes(data[position + 1 : position + 5])
    return found


def masker(*columns: Column, strategy: str = "redact", detect: tuple[str, ...] = ()) -> RowMasker:
    rule = MaskRule("r", columns=("people.secret",), detect=detect, strategy=strategy)
    masks = Masks([rule], Identity("a", "agent"), Target("t", "postgres", ""), b"k" * 32)
    return RowMasker(masks.plan(columns))


PLAIN = Column("plain", frozenset())
PROTECTED = Column("secret", frozenset({SECRET}))


def test_protected_cells_are_overwritten_and_the_rest_is_untouched() -> None:
    chunk = row([b"1", b"canary", b"x"]) + row([b"2", None, None])
    found = masker(PLAIN, PROTECTED, PLAIN)
    assert rows_of(found.mask(chunk), 3) == [[b"1", b"******", b"x"], [b"2", None, None]]
    assert (found.rows, found.masked) == (2, 1)


@pytest.mark.parametrize("strategy", ["partial", "hash", "token", "nullify"])
def test_strategies_that_change_the_length_rebuild_the_row(strategy: str) -> None:
    chunk = row([b"1", b"canary-of-the-mine", b"x"]) * 3
    cells = rows_of(masker(PLAIN, PROTECTED, PLAIN, strategy=strategy).mask(chunk), 3)
    assert [cell[0] for cell in cells] == [b"1"] * 3
    assert [cell[2] for cell in cells] == [b"x"] * 3
    assert all(cell[1] is None or b"canary" not in cell[1] for cell in cells)


@pytest.mark.parametrize("length", range(48, 123))
def test_length_bytes_beside_a_value_hide_nothing(length: int) -> None:
    """A cell's length byte can be a digit or a letter; a card in a cell of any such length is found."""
    card = b"4111111111111111"
    cell = card.ljust(length, b" ")
    found = masker(PLAIN, PLAIN, detect=("credit_card",))
    assert card not in found.mask(row([b"a", cell]) + row([cell, b"b"]))
    assert found.masked == 2


@given(st.lists(st.lists(st.one_of(st.none(), st.binary(max_size=130)), min_size=2, max_size=2), max_size=20))
def test_rows_without_anything_to_mask_pass_byte_for_byte(cells: list[Cells]) -> None:
    chunk = b"".join(row(one) for one in cells)
    assert masker(PLAIN, PLAIN).mask(chunk) == chunk


@given(st.lists(st.binary(min_size=1, max_size=80), min_size=1, max_size=10))
def test_no_protected_byte_survives_redaction(values: list[bytes]) -> None:
    masked = rows_of(masker(PLAIN, PROTECTED).mask(b"".join(row([b"k", value]) for value in values)), 2)
    assert [cell[1] for cell in masked] == [b"*" * len(value) for value in values]


def test_a_row_that_does_not_fit_its_description_ends_the_answer() -> None:
    with pytest.raises(UpstreamError):
        masker(PLAIN).mask(row([b"1", b"2"]))
    with pytest.raises(UpstreamError):
        masker(PLAIN).mask(row([b"1"])[:-1])


@pytest.mark.parametrize("length", [7, 200, 0x7FFFFFFF, 0xFFFFFFFE])
@pytest.mark.parametrize("behind", [b"", row([b"1", b"canary"])], ids=["alone", "before another"])
def test_a_cell_that_claims_more_than_its_row_has_costs_nothing_and_ends_the_answer(length: int, behind: bytes) -> None:
    """SECURITY: promise 6, a hostile upstream costs bounded memory: four gigabytes of stars were a row's work."""
    body = b"\0\x02\0\0\0\x011" + length.to_bytes(4) + b"canary"
    torn = b"D" + (len(body) + 4).to_bytes(4) + body
    tracemalloc.start()
    try:
        with pytest.raises(UpstreamError):
            masker(PLAIN, PROTECTED).mask(torn + behind)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def reference(data: bytes, columns: list[Column], strategy: str, detect: tuple[str, ...]) -> bytes:
    """What masking is, one cell after another."""
    rule = MaskRule("r", columns=("people.secret",), detect=detect, strategy=strategy)
    plan = Masks([rule], Identity("a", "agent"), Target("t", "postgres", ""), b"k" * 32).plan(columns)
    masked = []
    for cells in rows_of(data, len(columns)):
        for index, cell in enumerate(cells):
            if cell is None:
                continue
            action, detected = plan.columns[index], plan.detected[index]
            if action is not None:
                cells[index] = action.replace(cell)
            elif detected is not None and plan.detection is not None:
                text = replace_detected(cell.decode(errors="surrogateescape"), plan.detection, detected)[0]
                cells[index] = text.encode(errors="surrogateescape")
        masked.append(row(cells))
    return b"".join(masked)


VALUES = [
    b"ada@engines.example",
    b"4111 1111 1111 1111",
    b"078-05-1120",
    b"no 4111111111111112",
    "Zoë@exämple.org".encode(),
]
CELL = st.one_of(
    st.none(),
    st.binary(max_size=130),
    st.sampled_from(VALUES),
    st.builds(
        lambda before, value, after, size: (before + value + after).ljust(size, b"x"),
        st.sampled_from([b"", b" ", b"write to "]),
        st.sampled_from(VALUES),
        st.sampled_from([b"", b" ", b", please"]),
        st.integers(0, 122),
    ),
)
TURNED = st.builds(
    lambda cells, turns: [cells[turn:] + cells[:turn] for turn in turns],
    st.lists(CELL, min_size=3, max_size=3),
    st.one_of(st.lists(st.integers(0, 2), max_size=30), st.integers(1, 30).map(lambda times: [0] * times)),
)
"""Rows that are equally long, whether or not their cells are."""
ROWS = st.lists(TURNED, max_size=6).map(lambda parts: [row for part in parts for row in part])


@given(
    ROWS,
    st.permutations([PLAIN, PROTECTED, Column("number", frozenset(), is_text=False, has_text=False)]),
    st.sampled_from(["redact", "partial", "hash", "nullify"]),
    st.sampled_from([(), ("email", "credit_card", "us_ssn")]),
    st.lists(st.integers(1, 3000), max_size=8),
)
def test_runs_are_masked_as_cells_are_one_by_one(
    rows: list[Cells], columns: list[Column], strategy: str, detect: tuple[str, ...], cuts: list[int]
) -> None:
    data = b"".join(map(row, rows))
    framing, found, masked, position = answer_framing(), masker(*columns, strategy=strategy, detect=detect), b"", 0
    for cut in [*cuts, len(data)]:
        framing.receive_data(data[position : position + cut])
        position += cut
        while (frame := framing.next_frame()) is not None:
            masked += found.mask(frame[1])
    assert masked == reference(data, columns, strategy, detect)
    assert found.rows == len(rows)


@pytest.mark.parametrize("length", [-2, 5, 2_000_000_000])
def test_a_cell_that_reaches_beyond_its_row_ends_the_answer_where_all_rows_are_alike(length: int) -> None:
    torn = bytearray(row([b"1", b"four"]))
    torn[12:16] = length.to_bytes(4, signed=True)
    with pytest.raises(UpstreamError, match="does not fit"):
        masker(PLAIN, PROTECTED).mask(bytes(torn) * 100)
