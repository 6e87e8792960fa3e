from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.masking.detect import DETECTORS, Detector, detection_of
from engine.masking.tails import Tails

_SOME = settings(max_examples=60, deadline=None)

TAILS = {name: Tails(detection_of(frozenset({name}))) for name in DETECTORS}
BOUNDED = [detector for detector in DETECTORS.values() if detector.opens]


def candidates(detector: Detector) -> st.SearchStrategy[str]:
    """What the detector's own pattern matches, alone."""
    return st.from_regex(re.compile(detector.shape.pattern, re.ASCII), fullmatch=True)


@pytest.mark.parametrize("detector", BOUNDED, ids=lambda detector: detector.name)
@_SOME
@given(data=st.data())
def test_every_beginning_of_a_candidate_is_open_and_no_candidate_is_longer_than_said(
    detector: Detector, data: st.DataObject
) -> None:
    text = data.draw(candidates(detector))
    assert len(text) <= detector.longest
    for end in range(1, len(text) + 1):
        assert TAILS[detector.name].open(b"; " + text[:end].encode()) >= end


@pytest.mark.parametrize(
    ("name", "longest"),
    [
        ("credit_card", "4-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1-1"),
        ("iban", "DE89 3704 0044 0532 0130 0000 0000 0000 000"),
        ("us_ssn", "078-05-1120"),
        ("phone", "+1" + " (6" * 14),
        ("aws_access_key", "AKIAIOSFODNN7EXAMPLE"),
    ],
)
def test_a_detector_has_candidates_as_long_as_it_says(name: str, longest: str) -> None:
    assert len(longest) == DETECTORS[name].longest
    assert DETECTORS[name].shape.fullmatch(longest)


@_SOME
@given(st.from_regex(r"[\wé.+-]{1,64}@(?:[\wé-]{1,20}\.){1,3}[\wé-]{2,20}", fullmatch=True), st.binary(max_size=20))
def test_every_beginning_of_an_address_is_open(address: str, before: bytes) -> None:
    for end in range(1, len(address) + 1):
        value = address[:end].encode()
        assert TAILS["email"].open(before + b"\n" + value) >= len(value)


@_SOME
@given(st.from_regex(r"eyJ[A-Za-z0-9_-]{5,40}\.[A-Za-z0-9_-]{2,40}\.[A-Za-z0-9_-]{0,40}", fullmatch=True))
def test_every_beginning_of_a_token_is_open(token: str) -> None:
    for end in range(1, len(token) + 1):
        assert TAILS["jwt"].open(b"{" + token[:end].encode()) >= end


@pytest.mark.parametrize(
    ("name", "text", "held"),
    [
        ("email", b"a" * 5000, 64), ("email", b"a@" + b"b" * 5000, 64), ("email", "é".encode() * 5000, 128),
        ("credit_card", b"1" * 5000, 0), ("jwt", b"a" * 5000, 0), ("jwt", b"eyJ" + b"a" * 100_000, 0),
        ("iban", b"a" * 5000, 0), ("iban", b"word to", 2), ("phone", b"call (650", 4), ("us_ssn", b"1-2-3", 0),
    ],
)  # fmt: skip
def test_a_long_run_holds_no_more_than_a_value_could_have(name: str, text: bytes, held: int) -> None:
    assert TAILS[name].open(text) == held


def test_nothing_is_open_where_nothing_is() -> None:
    assert Tails(detection_of(frozenset(DETECTORS))).open(b"") == 0
