from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.masking.keyblocks import KeyBlocks

_SOME = settings(max_examples=40, deadline=None)

BODY = b"b3BlbnNzaC1rZXktdjEAAAAABG5vbmUAAAAEbm9uZQAAAAAAAAAB\n" * 30
PEM = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n" + BODY + b"-----END RSA PRIVATE KEY-----"
KEYS = {
    "pem": PEM,
    "pkcs8": PEM.replace(b"RSA ", b""),
    "windows": PEM.replace(b"\n", b"\r\n"),
    "indented": PEM.replace(b"\n", b"\n    "),
    "quoted": PEM.replace(b"\n", b"\\n"),
    "openssh": PEM.replace(b"RSA", b"OPENSSH"),
    "pgp": PEM.replace(b"RSA PRIVATE KEY", b"PGP PRIVATE KEY BLOCK"),
    "ssh2": b"---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\n" + BODY + b"---- END SSH2 ENCRYPTED PRIVATE KEY ----",
    "putty": b"PuTTY-User-Key-File-3: ssh-ed25519\nPrivate-Lines: 1\n" + BODY + b"Private-MAC: " + b"0a" * 32,
    "a terminal's": PEM.replace(b"\n", b"\r\r\n"),
}


def split(blocks: KeyBlocks, chunks: Iterator[bytes]) -> list[tuple[bool, bytes]]:
    """Neighbouring pieces of one sort as one."""
    pieces = [*(piece for chunk in chunks for piece in blocks.split(chunk)), (False, blocks.rest())]
    joined: list[tuple[bool, bytes]] = []
    for is_key, piece in pieces:
        if joined and joined[-1][0] == is_key:
            joined[-1] = (is_key, joined[-1][1] + piece)
        elif piece:
            joined.append((is_key, piece))
    return joined


def stars(key: bytes) -> bytes:
    return bytes(byte if byte in b"\r\n" else ord("*") for byte in key)


@pytest.mark.parametrize("form", KEYS)
@pytest.mark.parametrize("size", [1, 7, 1 << 20])
def test_a_key_is_stars_from_its_first_line_to_its_last(form: str, size: int) -> None:
    """SECURITY 2."""
    key = KEYS[form]
    text = b"before\n" + key + b"\nbetween -----END\n" + key + b"\nbehind\n"
    blocks = KeyBlocks()
    found = split(blocks, (text[place : place + size] for place in range(0, len(text), size)))
    assert found == [
        (False, b"before\n"),
        (True, stars(key)),
        (False, b"\nbetween -----END\n"),
        (True, stars(key)),
        (False, b"\nbehind\n"),
    ]
    assert blocks.keys == 2


def test_a_key_that_does_not_end_is_stars_to_the_end() -> None:
    found = split(KeyBlocks(), iter([PEM[:500], b"\n-----END CERTIFICATE-----\n" * 5000]))
    assert [is_key for is_key, _ in found] == [True]
    assert set(found[0][1]) == set(b"*\n")


@pytest.mark.parametrize(
    "text", [b"-----BEGIN CERTIFICATE-----\n", b"-----BEGIN PUBLIC KEY-----\n", b"-" * 500 + b"\n", b"PRIVATE KEY\n"]
)
def test_what_is_no_key_goes_on_at_once(text: bytes) -> None:
    assert list(KeyBlocks().split(text)) == [(False, text)]


PIECES = st.sampled_from(
    [PEM[:300], PEM[-400:], PEM, KEYS["putty"], b"-----", b"BEGIN ", b"-----END RSA PRIVATE KEY", b"MAC: 0a", b"\n"]
)


@_SOME
@given(st.lists(PIECES).map(b"".join), st.lists(st.integers(1, 99), min_size=1))
def test_keys_are_the_same_however_the_stream_is_cut(text: bytes, sizes: list[int]) -> None:
    chunks: list[bytes] = []
    position = 0
    while position < len(text):
        size = sizes[len(chunks) % len(sizes)]
        chunks.append(text[position : position + size])
        position += size
    assert split(KeyBlocks(), iter(chunks)) == split(KeyBlocks(), iter([text]))
