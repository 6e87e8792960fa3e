import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import UpstreamError
from engine.masking.plan import MaskRule, Masks
from engine.model import Column, ColumnRef, Identity, Target
from engine.protocols.postgres.copyout import CopyMasker
from engine.protocols.postgres.rows import join_cells
from engine.protocols.postgres.statement import Statement

SECRET = ColumnRef("public", "people", "secret")
COLUMNS = (Column("id", frozenset()), Column("secret", frozenset({SECRET})), Column("note", frozenset()))
HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)


def masker(strategy: str = "redact", detect: tuple[str, ...] = (), **statement: object) -> CopyMasker:
    rule = MaskRule("r", columns=("people.secret",), detect=detect, strategy=strategy)
    masks = Masks([rule], Identity("a", "agent"), Target("t", "postgres", ""), b"k" * 32)
    return CopyMasker(masks.plan(COLUMNS), Statement("", "COPY", **statement))  # type: ignore[arg-type]  # by name


def test_text_rows_are_masked_and_nulls_stay_null() -> None:
    data = b"1\tcanary\tx\n2\t\\N\t\\N\n"
    assert masker().mask(data) == b"1\t******\tx\n2\t\\N\t\\N\n"


def test_escapes_in_text_hide_nothing() -> None:
    masked = masker().mask(b"1\tcan\\nary\\t\\\\x\ttab\\there\n")
    assert masked == b"1\t**********\ttab\\there\n"


def test_csv_with_quotes_newlines_and_a_header_is_masked() -> None:
    data = b'id,secret,note\n1,"can\nary,""x""",n\n2,,"a,b"\n'
    masked = masker(copy_format="csv", copy_header=True).mask(data)
    assert list(csv.reader(io.StringIO(masked.decode()))) == [
        ["id", "secret", "note"],
        ["1", "*" * len('can\nary,"x"'), "n"],
        ["2", "", "a,b"],
    ]


def test_binary_tuples_are_masked_wherever_the_chunks_break() -> None:
    data = HEADER + join_cells([b"1", b"canary", b"x"]) + join_cells([b"2", None, None]) + b"\xff\xff"
    expected = HEADER + join_cells([b"1", b"******", b"x"]) + join_cells([b"2", None, None]) + b"\xff\xff"
    whole, bytewise = masker(copy_format="binary"), masker(copy_format="binary")
    assert whole.mask(data) == expected
    assert b"".join(bytewise.mask(data[i : i + 1]) for i in range(len(data))) + bytewise.finish() == expected
    assert (whole.rows, whole.masked) == (2, 1)


def test_a_last_line_without_its_end_is_masked_too() -> None:
    found = masker()
    assert found.mask(b"1\tcanary\tx") == b""
    assert found.finish() == b"1\t******\tx"


def test_detectors_look_at_copied_fields() -> None:
    masked = masker(detect=("email",)).mask(b"1\ts\task ada@engines.example now\n")
    assert masked == b"1\t*\task ******************* now\n"


@given(st.lists(st.tuples(st.text(max_size=20), st.text(max_size=20)), max_size=8))
def test_csv_of_any_content_keeps_its_other_columns(rows: list[tuple[str, str]]) -> None:
    rows = [(one.replace("\0", ""), two.replace("\0", "").replace("\r", "")) for one, two in rows]
    out = io.StringIO()
    csv.writer(out, lineterminator="\n", quoting=csv.QUOTE_ALL).writerows([("1", one, two) for one, two in rows])
    data = out.getvalue().encode(errors="replace")
    masked = masker(copy_format="csv").mask(data).decode()
    assert [(row[0], row[2]) for row in csv.reader(io.StringIO(masked, newline=""))] == [
        ("1", two.encode(errors="replace").decode()) for _, two in rows
    ]


def test_rows_of_another_shape_end_the_copy() -> None:
    with pytest.raises(UpstreamError):
        masker().mask(b"1\t2\n")


def test_forced_quotes_do_not_tell_a_masked_value_from_null() -> None:
    """`nullif(email, 'a guess')` is NULL or masked to NULL: both rows must look alike."""
    data = b'"1","canary","x"\n"1",,"x"\n'
    masked = masker("nullify", copy_format="csv").mask(data).splitlines()
    assert masked[0] == masked[1]
