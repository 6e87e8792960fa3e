from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import ProtocolViolation
from engine.protocols.ssh import sftp, sftp_fields
from engine.protocols.ssh.sftp import Kind, Packet, string
from engine.protocols.ssh.sftp_fields import EXTENSIONS, LAYOUTS, Flag, Malformed, Name, Request, encoded, request_of

NOTHING = bytes(4)  # attributes that say nothing
MODE = b"\0\0\0\x04\0\0\x81\xa4"


def as_packet(raw: bytes) -> Packet:
    return Packet(raw[4], int.from_bytes(raw[5:9], "big"), raw[4:])


def asked(kind: int, *fields: bytes) -> Packet:
    return as_packet(sftp.packet(kind, 5, b"".join(fields)))


paths = st.binary(max_size=50).filter(lambda path: b"\0" not in path)


@given(st.sampled_from(sorted(LAYOUTS)), paths, paths, st.binary(max_size=8), st.integers(0, 63))
def test_a_request_is_decoded_as_it_was_encoded(
    kind: int, path: bytes, other: bytes, handle: bytes, flags: int
) -> None:
    layout = LAYOUTS[kind]
    request = Request(
        kind,
        path=path if "path" in layout else b"",
        other=other if "other" in layout else b"",
        handle=handle if "handle" in layout else b"",
        flags=flags if "flags" in layout else 0,
        attributes=MODE if "attributes" in layout else b"",
    )
    assert request_of(as_packet(encoded(request, 5))) == request


@pytest.mark.parametrize("name", [name for name, each in EXTENSIONS.items() if "path" in each.layout])
def test_an_extension_is_decoded_as_it_was_encoded(name: str) -> None:
    layout = EXTENSIONS[name].layout
    request = Request(
        Kind.EXTENDED,
        name,
        path=b"/a",
        other=b"/b" if "other" in layout else b"",
        attributes=MODE if "attributes" in layout else b"",
    )
    assert request_of(as_packet(encoded(request, 5))) == request


def test_a_symbolic_link_names_what_it_says_first_as_openssh_has_it() -> None:
    request = request_of(asked(Kind.SYMLINK, string(b"/etc/shadow"), string(b"x")))
    assert request == Request(Kind.SYMLINK, path=b"x", other=b"/etc/shadow")


def test_an_extension_nobody_knows_is_no_request() -> None:
    """SECURITY promise 5."""
    assert request_of(asked(Kind.EXTENDED, string(b"format-disk@example.com"))) is None


@pytest.mark.parametrize(
    "packet",
    [
        asked(Kind.REMOVE),
        asked(Kind.REMOVE, b"\0\0\0\5abc"),
        asked(Kind.REMOVE, b"\xff\xff\xff\xffabc"),
        asked(Kind.REMOVE, string(b"a"), b"more"),
        asked(Kind.REMOVE, string(b"a\0b")),
        asked(Kind.REMOVE, string(b"a" * 4097)),
        asked(Kind.OPEN, string(b"a"), b"\0\0\1\1", NOTHING),
        asked(Kind.OPEN, string(b"a"), b"\0\0\0\1", b"\0\1\0\0"),
        asked(Kind.OPEN, string(b"a"), b"\0\0\0\1", b"\x80\0\0\0\xff\xff\xff\xff"),
        asked(Kind.FSETSTAT, string(b"h" * 257), NOTHING),
        asked(Kind.EXTENDED, b"\xff\xff\xff\xff"),
    ],
)
def test_a_request_that_is_not_as_its_type_says_is_malformed(packet: Packet) -> None:
    """SECURITY promise 5."""
    with pytest.raises(Malformed):
        request_of(packet)


@given(st.sampled_from([*LAYOUTS, Kind.EXTENDED]), st.binary(max_size=200))
def test_whatever_a_stranger_puts_into_a_request_it_is_one_or_malformed(kind: int, body: bytes) -> None:
    """SECURITY promise 6."""
    with contextlib.suppress(Malformed):
        request_of(asked(kind, body))


def test_attributes_are_told_in_words() -> None:
    everything = b"\0\0\0\x0f" + (7).to_bytes(8, "big") + b"\0\0\0\1\0\0\0\2" + b"\0\0\x81\xa4" + b"\0\0\0\3\0\0\0\4"
    assert sftp_fields.words_of(everything) == "size 7, owner 1:2, mode 0644, times 3 4"
    assert sftp_fields.words_of(NOTHING) == ""
    assert sftp_fields.words_of(b"\0\0\0\x04\0\0\x8f\xff") == "mode 7777"


def test_what_does_not_say_what_it_is_counts_as_a_directory() -> None:
    assert sftp_fields.is_directory(NOTHING)
    assert sftp_fields.is_directory(b"\0\0\0\x06" + bytes(8) + b"\0\0\x41\xed")
    assert not sftp_fields.is_directory(b"\0\0\0\x05" + bytes(8) + b"\0\0\x81\xa4")


def test_names_are_read_and_written() -> None:
    names = [Name(b"a", b"-rw a", MODE), Name(b"\xff", b"", NOTHING)]
    assert sftp_fields.names_of(as_packet(sftp_fields.name_packet(3, names))) == names


def test_the_count_of_names_is_not_believed() -> None:
    """SECURITY promise 6."""
    with pytest.raises(Malformed):
        sftp_fields.names_of(asked(Kind.NAME, b"\xff\xff\xff\xff"))


def test_of_a_servers_extensions_only_known_ones_in_known_versions_are_told() -> None:
    """SECURITY promise 5."""
    told = {"posix-rename@openssh.com": b"1", "statvfs@openssh.com": b"9", "format-disk@example.com": b"1"}
    hello = as_packet(sftp.version({**told, "copy-data": b"1"}))
    assert sftp_fields.announced(hello) == {"posix-rename@openssh.com": b"1", "copy-data": b"1"}
    assert sftp_fields.announced(hello, ("copy-data",)) == {"posix-rename@openssh.com": b"1"}


@pytest.mark.parametrize("raw", [sftp.packet(Kind.VERSION, 2), sftp.packet(Kind.VERSION, 3, b"\0\0\0\x09abc")])
def test_a_server_of_another_version_is_not_talked_to(raw: bytes) -> None:
    with pytest.raises(ProtocolViolation):
        sftp_fields.announced(as_packet(raw))


def test_flags_are_those_of_the_third_version() -> None:
    assert int(sum(Flag)) == 0x3F
