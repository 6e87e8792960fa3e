"""Looks for a protected value in whatever a client was shown, in every form that it could have taken."""

from __future__ import annotations

import base64
import binascii
import hashlib
import quopri
import re
import urllib.parse
from collections.abc import Iterable, Iterator

import hyperscan

GRAM = 6
"""A part of a value as long as this is a leak too."""

_BASE64 = re.compile(rb"[A-Za-z0-9+/_\-\r\n]{8,}={0,2}")
_HEX = re.compile(rb"[0-9a-fA-F]{12,}")
_BITS = re.compile(rb"[01]{48,}")
_NUMBERS = re.compile(rb"(?:\b\d{2,3}\b[^0-9]{1,12}){5,}\d{2,3}\b")
_ESCAPES = re.compile(rb"\\([0-7]{3})")
_HASHES = ("md5", "sha1", "sha224", "sha256", "sha384", "sha512")
_SEPARATORS = re.compile(rb"[\s,;|\"'{}()\[\]\\:*_.=\-/<>]+")


class Canaries:
    """The values of one world, compiled."""

    def __init__(self, values: Iterable[str], gram: int = GRAM) -> None:
        patterns: set[bytes] = set()
        for value in values:
            for text in (value, value[::-1]):
                width = len(text) if text.isdigit() or "-" in text else gram
                for start in range(len(text) - width + 1):
                    patterns.add(text[start : start + width].encode())
            for name in _HASHES:
                digest = hashlib.new(name, value.encode()).digest()
                patterns |= {digest[:8], digest.hex()[:16].encode()}
        self._patterns = sorted(patterns)
        self._database = hyperscan.Database()
        self._database.compile(
            expressions=[b"".join(b"\\x%02x" % byte for byte in pattern) for pattern in self._patterns],
            ids=list(range(len(self._patterns))),
            flags=[hyperscan.HS_FLAG_CASELESS | hyperscan.HS_FLAG_SINGLEMATCH] * len(self._patterns),
        )
        self._database.scratch = hyperscan.Scratch(self._database)

    def found(self, content: bytes) -> str | None:
        """A canary that shows in some view of the content, and which view that is."""
        for name, view in views(content):
            hits: list[int] = []
            self._database.scan(view, match_event_handler=_collect, context=hits)
            if hits:
                return f"{name}: {self._patterns[hits[0]]!r}"
        return None


def _collect(identifier: int, _start: int, _end: int, _flags: int, hits: object) -> None:
    assert isinstance(hits, list)
    hits.append(identifier)


def views(content: bytes) -> Iterator[tuple[str, bytes]]:
    """The content as it is, and undone of every encoding it may hold."""
    yield "plain", content
    yield "without zeros", content.replace(b"\0", b"")
    yield "joined", _SEPARATORS.sub(b"", content)
    if b"%" in content:
        yield "url", urllib.parse.unquote_to_bytes(content)
    if b"=" in content:
        yield "quoted-printable", quopri.decodestring(content)
    if b"\\" in content:
        yield "octal", _ESCAPES.sub(lambda match: bytes([int(match.group(1), 8) & 255]), content)
    yield "base64", b"\xff".join(_base64(content))
    yield "hex", b"\xff".join(_hex(content))
    yield "bits", b"\xff".join(_bits(content))
    yield "codes", b"\xff".join(_codes(content))


def _base64(content: bytes) -> Iterator[bytes]:
    for match in _BASE64.finditer(content):
        text = re.sub(rb"[\r\n=]", b"", match.group()).replace(b"-", b"+").replace(b"_", b"/")
        for start in range(4):
            piece = text[start : start + (len(text) - start) // 4 * 4]
            yield base64.b64decode(piece)


def _hex(content: bytes) -> Iterator[bytes]:
    for match in _HEX.finditer(content):
        for start in range(2):
            piece = match.group()[start:]
            yield binascii.unhexlify(piece[: len(piece) // 2 * 2])


def _bits(content: bytes) -> Iterator[bytes]:
    for match in _BITS.finditer(content):
        for start in range(8):
            piece = match.group()[start:]
            yield bytes(int(piece[at : at + 8], 2) for at in range(0, len(piece) // 8 * 8, 8))


def _codes(content: bytes) -> Iterator[bytes]:
    for match in _NUMBERS.finditer(content):
        numbers = [int(number) for number in re.findall(rb"\d+", match.group())]
        yield bytes(number for number in numbers if number < 256)
