import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum import luhn

from engine.masking.detect import DETECTORS, detection_of, passes_luhn

ALL = detection_of(frozenset(DETECTORS))

REAL = {
    "credit_card": ["4111111111111111", "4111 1111 1111 1111", "5555-5555-5555-4444", "378282246310005"],
    "email": ["ada@engines.example", "first.last+tag@sub.domain.example", "o'neil@example.org"],
    "iban": ["DE89370400440532013000", "GB82 WEST 1234 5698 7654 32", "fr1420041010050500013m02606"],
    "us_ssn": ["078-05-1120", "219-09-9999"],
    "phone": ["+1 650 253 0000", "+442083661177", "(650) 253-0000", "650-253-0000"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"],
    "aws_access_key": ["AKIAIOSFODNN7EXAMPLE", "ASIAIOSFODNN7EXAMPLE"],
    "private_key": ["-----BEGIN RSA PRIVATE KEY-----\nMIIB\n-----END RSA PRIVATE KEY-----"],
}
FALSE = {
    "credit_card": ["4111111111111112", "12345", "0000000000000000"],
    "email": ["ada at engines", "@handle", "a@b"],
    "iban": ["DE00370400440532013000", "AB12"],
    "us_ssn": ["000-12-3456", "666-12-3456", "123-00-4567", "2021-03-14"],
    "phone": ["2021-03-14", "12345678", "1.2.3.4"],
    "jwt": ["eyJhbGciOiJIUzI1NiJ9"],
    "aws_access_key": ["AKIA", "XAKIAIOSFODNN7EXAMPLE"],
    "private_key": ["-----BEGIN PUBLIC KEY-----"],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in REAL.items() for value in values])
def test_a_real_value_is_nominated_and_found_whole(name: str, value: str) -> None:
    detection = detection_of(frozenset({name}))
    text = f"before {value} after"
    assert detection.nominated(text.encode())
    assert [text[start:end].strip() for start, end, _ in detection.find(text)] == [value]


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in FALSE.items() for value in values])
def test_what_only_resembles_one_is_not_found(name: str, value: str) -> None:
    assert list(detection_of(frozenset({name})).find(f"before {value} after")) == []


@pytest.mark.parametrize("value", ["1 4111111111111111", "4111111111111111 17"])
def test_a_card_beside_other_digits_is_found(value: str) -> None:
    found = [value[start:end] for start, end, _ in detection_of(frozenset({"credit_card"})).find(value)]
    assert any("4111111111111111" in text for text in found)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "cp1252", "koi8-r"])
def test_an_address_is_found_whole_in_every_encoding(encoding: str) -> None:
    """A session chooses its client_encoding: what it cannot read must not hide what it can."""
    letters = "я" if encoding == "koi8-r" else "é"
    value = f"jos{letters}@caf{letters}.exampl{letters}"
    text = f"before {value} after".encode(encoding).decode(errors="surrogateescape")
    detection = detection_of(frozenset({"email"}))
    assert detection.nominated(text.encode(errors="surrogateescape"))
    found = [text[start:end] for start, end, _ in detection.find(text)]
    assert [each.encode(errors="surrogateescape").decode(encoding) for each in found] == [value]


@given(st.text(), st.sampled_from([value for values in REAL.values() for value in values]), st.text(), st.binary())
def test_everything_found_was_nominated_inside_it(before: str, value: str, after: str, noise: bytes) -> None:
    """By its own detector, and by a scan over raw bytes with anything around it."""
    text = f"{before} {value} {after}"
    encoded = text.encode(errors="surrogatepass")
    nominated = ALL.nominated(noise + encoded + noise)
    for start, end, name in ALL.find(text):
        first = len(noise) + len(text[:start].encode(errors="surrogatepass"))
        last = len(noise) + len(text[:end].encode(errors="surrogatepass"))
        numbers = {number for stop, number in nominated if first < stop <= last}
        assert name in {ALL.detectors[number].name for number in numbers}


def test_detectors_that_are_not_asked_find_nothing() -> None:
    card = next(number for number, detector in enumerate(ALL.detectors) if detector.name == "credit_card")
    assert [name for _, _, name in ALL.find("4111111111111111 ada@engines.example", {card})] == ["credit_card"]


def test_a_long_run_of_one_character_costs_linear_time() -> None:
    """A value of a million characters beside an address must not stall the engine."""
    assert list(detection_of(frozenset({"email"})).find("a" * 1_000_000 + " a@b")) == []


@pytest.mark.parametrize(("beginning", "found"), [("eyJ", 0), ("eyJaaaaaa.", 16_667), ("-----BEGIN PRIVATE KEY", 1)])
def test_a_long_run_of_beginnings_costs_linear_time(beginning: str, found: int) -> None:
    """SECURITY 6: what a client has a server repeat must not stall the engine."""
    detection = detection_of(frozenset({"jwt", "private_key"}))
    assert len(list(detection.find(beginning * 50_000))) == found


@given(st.text(alphabet="0123456789", min_size=1, max_size=19))
def test_check_digits_are_told_as_others_tell_them(digits: str) -> None:
    assert passes_luhn(digits) == luhn.is_valid(digits)


SNIPPETS = st.sampled_from(
    ["4111", "1", "12", "0" * 9, " ", "-", ".", "(", ")", "+", "@", "a", "Z", "DE", "gb", "89", "eyJ", "hbG", "AKIA",
     "ASIA", "IOSFODNN7EXAMPLE", "-----BEGIN", " RSA PRIVATE KEY", "650", "253", "0000", "é", "\n", "\0", ","]
)  # fmt: skip


@given(st.lists(SNIPPETS, max_size=20).map("".join) | st.text(max_size=60))
def test_what_has_no_trace_is_never_nominated(text: str) -> None:
    """A glance may say "look", and never "nothing there" where the scanner would find something."""
    for name in DETECTORS:
        detection = detection_of(frozenset({name}))
        far = text.encode(errors="replace") + b"\x01" * 2048  # large enough to be scanned without a glance
        if detection.nominated(far):
            assert detection.nominated(text.encode(errors="replace"))
