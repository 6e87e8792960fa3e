from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.masking.plan import MaskRule, Masks
from engine.masking.stream import pipe, terminal
from engine.model import Identity, Target

BOT, WEB = Identity("bot", "agent"), Target("web1", "ssh", "127.0.0.1:22")
VALUE = b"4111 1111 1111 1111"


def masks(*detect: str) -> Masks:
    return Masks([MaskRule("m", detect=detect)] if detect else [], BOT, WEB, b"k" * 32)


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    for start, end in itertools.pairwise(edges):
        yield data[start:end]


@given(st.lists(st.integers(min_value=0), max_size=40), st.binary(max_size=600), st.binary(max_size=600))
def test_a_value_is_never_shown_however_it_is_cut(places: list[int], before: bytes, after: bytes) -> None:
    masker = pipe(masks("credit_card"))
    out = b"".join(masker.mask(chunk) for chunk in cut(before + b"\n" + VALUE + b"\n" + after, places))
    assert VALUE not in out + masker.finish()


def test_text_without_values_comes_out_as_it_went_in_once_it_ends() -> None:
    masker = pipe(masks("credit_card", "email"))
    text = "no value här\n".encode() * 500 + b"\xff\xfe"
    assert b"".join([masker.mask(text), masker.finish()]) == text
    assert masker.masked == 0


def test_without_detectors_everything_goes_on_at_once() -> None:
    masker = pipe(masks())
    assert masker.mask(VALUE) == VALUE
    assert not masker.is_holding


def test_a_terminal_can_be_told_to_wait_no_longer() -> None:
    masker = terminal(masks("credit_card"))
    assert masker.mask(b"$ ") == b""
    assert masker.is_holding
    assert masker.release() == b"$ "


@pytest.mark.parametrize("length", [0, 100_000])
def test_a_pipe_waits_for_its_end_whatever_the_clock_says(length: int) -> None:
    masker = pipe(masks("credit_card"))
    out = masker.mask(b"-" * length + b"\n" + VALUE[:10])
    out += masker.mask(VALUE[10:])
    assert masker.release() == b""
    assert (out + masker.finish()).endswith(b"*" * 19)
