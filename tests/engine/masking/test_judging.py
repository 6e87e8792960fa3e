from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.masking.detect import DETECTORS, detection_of
from engine.masking.judging import judge
from engine.masking.transform import make
from tests.engine.masking.test_detect import REAL

_SOME = settings(max_examples=100, deadline=None)

NAMES = frozenset(DETECTORS) - {"private_key"}
DETECTION = detection_of(NAMES)
REDACT, HASH = make("redact", b"k"), make("hash", b"k")
DETECTED = dict.fromkeys(NAMES, REDACT)
VALUES = [value for name, values in REAL.items() if name != "private_key" for value in values]


@_SOME
@given(st.lists(st.sampled_from(VALUES) | st.text(alphabet="a1 -+.@DE\n", max_size=60), max_size=12).map("".join))
def test_near_nominations_is_found_what_a_look_at_all_of_it_finds(text: str) -> None:
    spans = judge(text.encode(), 0, DETECTION, DETECTED)
    for start, end, name in DETECTION.find(text):
        if end - start <= 64:
            assert any(first <= start and end <= last for first, last, _ in spans), (text[start:end], name)


@pytest.mark.parametrize("value", VALUES)
def test_far_apart_values_are_found_where_they_stand(value: str) -> None:
    gap = b"; " * 5000
    data = gap + value.encode() + gap + value.encode() + gap
    found = [data[start:end] for start, end, _ in judge(data, 0, DETECTION, DETECTED)]
    assert found == [value.encode()] * 2


def test_what_stands_before_the_beginning_is_looked_at_and_not_found() -> None:
    card = b"4111111111111111"
    assert judge(b"1" + card, 1, DETECTION, DETECTED) == []
    assert [span[:2] for span in judge(b"a" + card, 1, DETECTION, DETECTED)] == [(1, 17)]
    assert [span[:2] for span in judge(b"bob@x.example", 1, DETECTION, DETECTED)] == [(1, 13)]


def test_overlapping_values_are_one_by_the_strongest_strategy() -> None:
    found = judge(b"x 4111111111111111@x.example y", 0, DETECTION, {**DETECTED, "email": HASH})
    assert found == [(2, 28, REDACT)]


def test_offsets_are_bytes() -> None:
    data = "für josé@café.example da".encode()
    ((start, end, _),) = judge(data, 0, DETECTION, DETECTED)
    assert data[start:end].decode() == "josé@café.example"
