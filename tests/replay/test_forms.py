"""JSON with holes says the same as JSON written at once."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from replay.forms import NUMBER, TEXT, escaped, form, inside, nested

TEXTS = st.text() | st.sampled_from(["100%", "%b", '"', "\\", "%%s", "\0"])


@given(constant=TEXTS, text=TEXTS, number=st.integers())
def test_a_filled_form_is_what_encoding_the_value_would_give(constant: str, text: str, number: int) -> None:
    shape = form(msgspec.json.encode({"constant": constant, "text": TEXT, "number": NUMBER, "again": [TEXT]}))
    filled = shape % (escaped(text), str(number).encode(), escaped(text))
    assert msgspec.json.decode(filled) == {"constant": constant, "text": text, "number": number, "again": [text]}


@given(constant=TEXTS, text=TEXTS, number=st.integers())
def test_a_form_inside_a_string_reads_back_as_the_value(constant: str, text: str, number: int) -> None:
    line = b'["x","%b"]' % form(nested({"constant": constant, "text": TEXT, "number": NUMBER}))
    filled = line % (inside(text), str(number).encode())
    code, inner = msgspec.json.decode(filled, type=tuple[str, str])
    assert code == "x"
    assert msgspec.json.decode(inner) == {"constant": constant, "text": text, "number": number}
