from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation, RecordError, SessionRefused, UpstreamError
from engine.protocols.postgres import startup
from engine.protocols.postgres.startup import StartupMessage

TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"))
NAME = TEXT.filter(lambda name: bool(name) and not name.startswith("_pq_."))
V3 = startup.MAJOR << 16


@given(st.dictionaries(NAME, TEXT), st.integers(0, 0xFFFF))
def test_a_startup_message_survives_the_round_trip(parameters: dict[str, str], minor: int) -> None:
    packet = startup.write_startup(parameters, minor)
    length, code = startup.read_header(packet[:8])
    assert length == len(packet) - 8
    assert startup.read_startup(code, packet[8:]) == StartupMessage(minor, parameters)


@given(
    st.integers(0, 0xFFFF), st.binary() | st.lists(st.sampled_from([b"user", b"\xff", b"_pq_.x", b""])).map(b"\0".join)
)
def test_any_bytes_give_a_startup_message_or_a_violation(minor: int, rest: bytes) -> None:
    try:
        opening = startup.read_startup(V3 | minor, rest)
    except ProtocolViolation:
        return
    assert all(opening.parameters)
    assert opening.agreed_minor <= startup.LATEST_MINOR


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b"\0\0",
        b"user\0bot\0",
        b"user\0bot\0\0\0",
        b"user\0bot\0\0x",
        b"user\0",
        b"user\0\0",
        b"user\0bot\0database\0\0",
    ],
)
def test_a_layout_that_does_not_end_in_one_terminator_is_refused(rest: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="terminator"):
        startup.read_startup(V3, rest)


def test_an_empty_option_name_ends_the_packet_instead_of_spinning() -> None:
    """CVE-2026-107349."""
    with pytest.raises(ProtocolViolation, match="terminator"):
        startup.read_startup(V3, b"user\0bot\0\0value\0\0")


@pytest.mark.parametrize("rest", [b"user\0bot\0user\0root\0\0", b"_pq_.a\0001\0_pq_.a\0002\0\0"])
def test_a_parameter_given_twice_is_refused(rest: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="twice"):
        startup.read_startup(V3, rest)


@pytest.mark.parametrize("rest", [b"user\0b\xff\0\0", b"us\xe9r\0bot\0\0", b"database\0\xc0\x80\0\0"])
def test_names_that_are_not_utf8_are_refused(rest: bytes) -> None:
    with pytest.raises(ProtocolViolation, match="UTF-8"):
        startup.read_startup(V3, rest)


def test_an_application_name_that_is_not_utf8_is_shown_as_postgresql_shows_it() -> None:
    opening = startup.read_startup(V3, b"user\0bot\0application_name\0caf\xe9\0\0")
    assert opening.parameters["application_name"] == r"caf\xe9"


@pytest.mark.parametrize(("major", "minor"), [(2, 0), (4, 0), (0, 0), (1234, 5678), (0xFFFF, 0xFFFF)])
def test_another_major_version_is_refused(major: int, minor: int) -> None:
    with pytest.raises(ProtocolViolation, match="unsupported frontend protocol"):
        startup.read_startup(major << 16 | minor, b"\0")


@pytest.mark.parametrize(
    ("minor", "option", "negotiation"),
    [
        (0, b"", None),
        (2, b"", None),
        (9999, b"", b"v\0\0\0\x0c\0\x03\0\x02\0\0\0\0"),
        (0, b"_pq_.command_tag\0on\0", b"v\0\0\0\x1d\0\x03\0\0\0\0\0\x01_pq_.command_tag\0"),
    ],
)
def test_newer_minors_and_unknown_protocol_options_are_negotiated_down(
    minor: int, option: bytes, negotiation: bytes | None
) -> None:
    opening = startup.read_startup(V3 | minor, b"user\0bot\0" + option + b"\0")
    assert opening.parameters == {"user": "bot"}
    assert opening.needs_negotiation == (negotiation is not None)
    if negotiation is not None:
        assert startup.write_negotiation(opening) == negotiation


@pytest.mark.parametrize("length", [-1, -(2**31), 0, 4, 7, startup.MAX_STARTUP + 5, 2**31 - 1])
def test_lengths_no_opening_has_are_refused_before_anything_is_read(length: int) -> None:
    """CVE-2026-6668, CVE-2026-107348, CVE-2026-6664."""
    with pytest.raises(ProtocolViolation, match="length"):
        startup.read_header(length.to_bytes(4, "big", signed=True) + b"\0\x03\0\0")


@pytest.mark.parametrize("size", [4, 32, 256])
def test_cancel_keys_of_every_length_survive_the_round_trip(size: int) -> None:
    packet = startup.write_cancel(-7, b"k" * size)
    length, code = startup.read_header(packet[:8])
    assert (length, code) == (len(packet) - 8, startup.CANCEL_REQUEST)
    request = startup.read_cancel(packet[8:])
    assert (request.pid, request.key) == (-7, b"k" * size)
    assert "kkkk" not in repr(request)


@pytest.mark.parametrize("size", [0, 3, 257])
def test_cancel_keys_that_are_too_short_or_too_long_are_refused(size: int) -> None:
    with pytest.raises(ProtocolViolation, match="cancel"):
        startup.read_cancel(b"\0\0\0\x01" + b"k" * size)


@pytest.mark.parametrize("parameters", [{"user": "a\0b"}, {"": "x"}, {"a\0": "x"}])
def test_a_startup_message_that_would_say_something_else_is_not_written(parameters: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="NUL"):
        startup.write_startup(parameters, 0)


@pytest.mark.parametrize(
    ("error", "sqlstate"),
    [
        (ProtocolViolation("w", "y", "h"), b"08P01"),
        (SessionRefused("w", "y", "h"), b"28000"),
        (UpstreamError("w", "y", "h"), b"08001"),
        (RecordError("w", "y", "h"), b"58030"),
    ],
)
def test_each_error_has_its_sqlstate_and_says_what_why_and_what_next(error: SessionRefused, sqlstate: bytes) -> None:
    body = b"SFATAL\0VFATAL\0C" + sqlstate + b"\0Mw\0Dy\0Hh\0\0"
    assert startup.fatal_for(error) == b"E" + (len(body) + 4).to_bytes(4, "big") + body


def test_a_nul_in_an_error_does_not_end_it_early() -> None:
    assert startup.write_fatal("XX000", "a\0b").endswith(b"Mab\0\0")
