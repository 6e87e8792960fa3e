from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from engine.masking.detect import DETECTORS
from engine.masking.plan import MaskRule, Masks
from engine.masking.stream import MOST_HELD, StreamMasker, lines, pipe, terminal
from engine.masking.transform import STRENGTH
from engine.model import Identity, Target
from tests.engine.masking.test_detect import REAL

_SOME = settings(max_examples=60, deadline=None)

BOT, WEB = Identity("bot", "agent"), Target("web1", "ssh", "127.0.0.1:22")
VALUE = b"4111 1111 1111 1111"
KEY = (
    b"-----BEGIN OPENSSH PRIVATE KEY-----\n"
    b"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n" * 5 + b"-----END OPENSSH PRIVATE KEY-----\n"
)
VALUES = sorted({value.encode() for values in REAL.values() for value in values} - {b"4111111111111111"})

Maker = Callable[[Masks], StreamMasker]


def masks(*detect: str, strategy: str = "redact") -> Masks:
    return Masks([MaskRule("m", detect=detect, strategy=strategy)] if detect else [], BOT, WEB, b"k" * 32)


EVERYTHING = masks(*DETECTORS)


def cut(data: bytes, places: list[int]) -> Iterator[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    for start, end in itertools.pairwise(edges):
        yield data[start:end]


def through(masker: StreamMasker, chunks: Iterator[bytes]) -> bytes:
    return b"".join([*map(masker.mask, chunks), masker.finish()])


def bytewise(data: bytes) -> Iterator[bytes]:
    return (data[index : index + 1] for index in range(len(data)))


PLACES = st.lists(st.integers(min_value=0, max_value=1 << 16), max_size=40)
NOISE = st.binary(max_size=80) | st.text(max_size=40).map(str.encode) | st.sampled_from(
    [b" ", b"\n", b"1", b"a", b"-", b"@", b".", b"+1 ", b"eyJ", b"DE", b"-----BEGIN ", b"\x1b[31m", b"\x1b", b"\r\n",
     b"a" * 300, b"1" * 60, "\u65e5\u672c".encode("shift-jis"), "\u4e2d\u6587".encode("gbk"), b"=" * 70 + b"@x.example"]
)  # fmt: skip
TEXTS = st.lists(NOISE | st.sampled_from([*VALUES, KEY[:200], KEY]), max_size=6).map(b"".join)


@_SOME
@given(TEXTS, PLACES, st.sampled_from(sorted(STRENGTH)))
@example(b"a@b.co@d.com x", [3, 5, 6, 7, 8], "hash")
@example(b"4111 \r1111 1111 1111", [5, 6], "redact")
def test_it_does_not_matter_how_a_stream_is_cut(text: bytes, places: list[int], strategy: str) -> None:
    each = masks(*DETECTORS, strategy=strategy)
    whole = through(pipe(each), iter([text]))
    assert through(pipe(each), cut(text, places)) == whole
    assert through(pipe(each), bytewise(text)) == whole
    assert through(lines(each), cut(text, places)) == whole


@_SOME
@given(
    st.lists(st.sampled_from([b"\n", b" \n", b"|", b"\x00", b"\xff"]) | st.sampled_from(VALUES)).map(b"|".join), PLACES
)
def test_a_planted_value_is_never_shown_however_it_is_cut(text: bytes, places: list[int]) -> None:
    """SECURITY 2."""
    for maker in (pipe, lines):
        out = through(maker(EVERYTHING), cut(text, places))
        assert not any(value in out for value in VALUES)


@_SOME
@given(TEXTS, PLACES)
def test_where_no_detector_finds_anything_the_bytes_are_as_they_were(text: bytes, places: list[int]) -> None:
    masker = pipe(EVERYTHING)
    out = through(masker, cut(text, places))
    assume(not masker.masked)
    assert out == text


@_SOME
@given(
    st.lists(st.sampled_from(VALUES) | st.text(alphabet="ab1 ,;\n", max_size=20).map(str.encode)).map(b" , ".join),
    PLACES,
)
def test_a_stream_is_masked_as_an_answer_is(text: bytes, places: list[int]) -> None:
    assume(b"PRIVATE KEY" not in text)
    assert through(pipe(EVERYTHING), cut(text, places)) == EVERYTHING.text(text.decode()).encode()


@pytest.mark.parametrize("maker", [pipe, terminal, lines])
def test_without_detectors_everything_goes_on_at_once(maker: Maker) -> None:
    masker = maker(masks())
    assert masker.mask(VALUE) == VALUE
    assert not masker.is_holding
    assert masker.release() + masker.finish() == b""


@pytest.mark.parametrize(
    "text",
    [b"$ ", b"root@web1:~# ", b"Password: ", b"Continue? [y/N] ", b"line\n", b"\x1b[2J\x1b[H", b"a, b;", b"\0\1",
     "日本。".encode()],
)  # fmt: skip
@pytest.mark.parametrize("maker", [pipe, terminal, lines])
def test_what_cannot_become_a_value_goes_on_at_once(maker: Maker, text: bytes) -> None:
    assert maker(masks("credit_card", "email", "us_ssn", "private_key", "jwt")).mask(text) == text


@pytest.mark.parametrize(
    ("text", "waits"),
    [
        (b"total 4111", b"4111"), (b"mail bob", b"bob"), (b"mail bob@x.org ", b""), (b"x eyJhbGci", b"eyJhbGci"),
        (b"--- -----BEG", b"-----BEG"), (b"a\x1b[3", b"a\x1b[3"), (b"key ASIAIO", b"ASIAIO"),
    ],
)  # fmt: skip
def test_what_could_become_a_value_waits_and_nothing_else(text: bytes, waits: bytes) -> None:
    masker = pipe(masks("credit_card", "email", "private_key", "jwt", "aws_access_key"))
    assert masker.mask(text) == (
        text.removesuffix(waits) if b"@" not in text else b"mail ***@***** ".replace(b"@", b"*")
    )
    assert masker.release() == b""


def test_a_terminal_can_be_told_to_wait_no_longer() -> None:
    masker = terminal(masks("credit_card"))
    assert masker.mask(b"$ 4111") == b"$ "
    assert masker.is_holding
    assert masker.release() == b"4111"
    assert not masker.is_holding


@pytest.mark.parametrize("length", [0, 100_000])
def test_a_pipe_waits_for_its_end_whatever_the_clock_says(length: int) -> None:
    masker = pipe(masks("credit_card"))
    out = masker.mask(b"-" * length + b"\n" + VALUE[:10])
    out += masker.mask(VALUE[10:])
    assert masker.release() == b""
    assert (out + masker.finish()).endswith(b"*" * 19)


def test_a_strict_terminal_shows_a_line_with_a_value_once_it_ends() -> None:
    masker = lines(masks("credit_card"))
    assert masker.mask(b"one\n$ ") == b"one\n$ "
    assert masker.mask(b"cat 4111 1111 1111 1111, and") == b""
    assert masker.release() == b""
    assert masker.mask(b"\r\n# ") == b"cat " + b"*" * 19 + b", and\r\n# "


@pytest.mark.parametrize(
    "piece",
    [b"x" * 70, b"1", b"a", b"eyJ", b"eyJabcde.ab.", b"4111 1111 1111 1111 ", b"\x1b[", b"1\x1b[m", b"\xe4", b"a@b.",
     b"a@b.c4111 1111 1111 1111x@b.", b"-----BEGIN ", b"-----BEGIN PRIVATE KEY"],
)  # fmt: skip
@pytest.mark.parametrize("maker", [pipe, terminal, lines])
def test_no_more_is_held_than_a_bound_and_a_long_line_streams_through(maker: Maker, piece: bytes) -> None:
    """SECURITY 6."""
    masker = maker(EVERYTHING)
    given, out = 0, 0
    for _ in range(100):
        chunk = piece * (3000 // len(piece))
        given += len(chunk)
        out += len(masker.mask(chunk))
        assert given - out <= MOST_HELD + 1024
    assert out + len(masker.finish()) == given


@pytest.mark.parametrize("strategy", sorted(STRENGTH))
def test_every_strategy_works_in_a_stream(strategy: str) -> None:
    each = masks("email", strategy=strategy)
    masker = pipe(each)
    text = b"to ada@engines.example, and on\n"
    assert through(masker, bytewise(text)).decode() == each.text(text.decode())
    assert masker.masked == 1


@pytest.mark.parametrize(
    ("coloured", "shown"),
    [
        (b"4111\x1b[01;31m1111\x1b[m\x1b[K11111111", b"****\x1b[01;31m****\x1b[m\x1b[K********"),
        (b"4111 1111 \r1111 1111", b"********* \r*********"),
        (b"4111\x1b[5C1111\x1b]0;title\x07 1111 1111", b"****\x1b[5C****\x1b]0;title\x07**********"),
    ],
)
def test_a_value_with_a_terminals_sequences_in_it_is_caught_and_they_stay(coloured: bytes, shown: bytes) -> None:
    for maker in (pipe, terminal, lines):
        for chunks in (bytewise, lambda data: iter([data])):
            assert through(maker(masks("credit_card")), chunks(b"x " + coloured + b"\n")) == b"x " + shown + b"\n"
    out = through(pipe(masks("credit_card", strategy="hash")), bytewise(coloured + b"\n"))
    assert re.fullmatch(rb"[0-9a-f]{32}(\x1b[^a-zA-Z]+[a-zA-Z\a]+|[ ]\r)+\n", out)


@pytest.mark.parametrize(
    "value",
    [each for each in VALUES if b"@" not in each and b"-----" not in each],
    ids=lambda value: value[:12].decode(),
)
def test_a_value_beside_text_in_another_encoding_is_caught_and_the_text_stays(value: bytes) -> None:
    for around in ("残高：".encode("shift-jis"), "余额：".encode("gbk"), b"\xff\xfe"):
        text = around + b" " + value + b" " + around + b"\n"
        out = through(pipe(EVERYTHING), bytewise(text))
        assert out == text.replace(value, b"*" * len(value))


@pytest.mark.parametrize("before", [b"V\x1b[m", b"7\x1b[m", b"7" * 40 + b"\x1b[1;2H", b"V \r", b"7 \r"])
def test_what_stands_before_an_escape_sequence_hides_nothing(before: bytes) -> None:
    """SECURITY 2."""
    for value in (b"AKIAIOSFODNN7EXAMPLE", b"4111111111111111"):
        for chunks in (bytewise, lambda data: iter([data])):
            assert value not in through(pipe(EVERYTHING), chunks(before + value + b"\n"))


@pytest.mark.parametrize("maker", [pipe, terminal, lines])
def test_a_fork_goes_on_by_itself(maker: Maker) -> None:
    masker = maker(EVERYTHING)
    begun = masker.mask(b"x 4111 1111\n" + KEY[:80])
    other = masker.fork()
    assert masker.mask(KEY[80:] + b"4111 1111") != other.mask(b"not the end")
    assert set(other.mask(KEY[80:-40]) + other.finish()) <= set(b"*\n")
    assert begun.count(b"*") + masker.mask(b"").count(b"*") < 81
    assert masker.finish().endswith(b"4111 1111")
    assert maker(masks()).fork().mask(VALUE) == VALUE
