"""OpenSSH's key revocation lists, as `ssh-keygen -k` writes them.

Source: PROTOCOL.krl of OpenSSH. A signature on a list is not looked at: whoever may write the file may write another.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from engine.identity.wireforms import Malformed, Reader

_MAGIC: Final = b"SSHKRL\n\0"
_VERSION: Final = 1
_CERTIFICATES, _KEYS, _SHA1, _SIGNATURE, _SHA256, _EXTENSION = 1, 2, 3, 4, 5, 255
_SERIAL_LIST, _SERIAL_RANGE, _SERIAL_BITMAP, _KEY_ID, _CERT_EXTENSION = 0x20, 0x21, 0x22, 0x23, 0x39
_MOST_BITS: Final = 1 << 20


@dataclass(slots=True)
class Revoked:
    """What of one authority's certificates is revoked. `ranges` have first and last."""

    ranges: list[tuple[int, int]] = field(default_factory=list)
    ids: set[str] = field(default_factory=set)


@dataclass(slots=True)
class KRL:
    """What a list revokes: keys in their wire form or by their digest, and certificates by the authority that signed
    them (b"": whichever did)."""

    keys: set[bytes] = field(default_factory=set)
    digests: set[bytes] = field(default_factory=set)
    certificates: dict[bytes, Revoked] = field(default_factory=dict)

    def revokes_key(self, key: bytes) -> bool:
        """Whether a public key, in its wire form, is on it."""
        if key in self.keys:
            return True
        return bool(self.digests) and not self.digests.isdisjoint((hashlib.sha1(key).digest(), _sha256(key)))

    def revokes_certificate(self, authority: bytes, serial: int, id: str) -> bool:
        """Whether a certificate is on it. One without a serial number (0) is not found by that."""
        for revoked in (self.certificates.get(authority), self.certificates.get(b"")):
            if revoked is None:
                continue
            if id in revoked.ids or (serial and any(first <= serial <= last for first, last in revoked.ranges)):
                return True
        return False


def read(data: bytes) -> KRL:
    """The list of these bytes; raises Malformed, also for what this engine does not know: it may revoke something."""
    reader, krl = Reader(data), KRL()
    if reader.take(len(_MAGIC)) != _MAGIC or reader.number(4) != _VERSION:
        raise Malformed("it is no revocation list of version 1")
    reader.take(3 * 8)  # its number, when it was made, flags
    reader.string()
    reader.string()  # a comment
    while reader:
        kind = reader.number(1)
        if kind == _SIGNATURE:
            return krl  # nothing but signatures may follow
        _section(krl, kind, Reader(reader.string()))
    return krl


def _section(krl: KRL, kind: int, section: Reader) -> None:
    if kind == _CERTIFICATES:
        _certificates(krl, section)
    elif kind in (_KEYS, _SHA1, _SHA256):
        while section:
            (krl.keys if kind == _KEYS else krl.digests).add(section.string())
    elif kind == _EXTENSION:
        _extension(section)
    else:
        raise Malformed(f"it has a section of the unknown kind {kind}")


def _certificates(krl: KRL, section: Reader) -> None:
    revoked = krl.certificates.setdefault(section.string(), Revoked())
    section.string()  # reserved
    while section:
        kind, part = section.number(1), Reader(section.string())
        reading = _PARTS.get(kind)
        if reading is None:
            raise Malformed(f"it revokes certificates in the unknown manner {kind}")
        reading(revoked, part)


def _serial_list(revoked: Revoked, part: Reader) -> None:
    while part:
        serial = part.number(8)
        revoked.ranges.append((serial, serial))


def _serial_range(revoked: Revoked, part: Reader) -> None:
    first, last = part.number(8), part.number(8)
    part.end()
    if first > last:
        raise Malformed("a range of serial numbers in it ends before it begins")
    revoked.ranges.append((first, last))


def _serial_bitmap(revoked: Revoked, part: Reader) -> None:
    offset, bits = part.number(8), int.from_bytes(part.string(), "big")
    part.end()
    if bits.bit_length() > _MOST_BITS:
        raise Malformed("its bitmap is too large")
    first: int | None = None
    for position, bit in enumerate(reversed(f"0{bits:b}")):  # the zero ends the last run
        if bit == "1" and first is None:
            first = position
        elif bit == "0" and first is not None:
            revoked.ranges.append((offset + first, offset + position - 1))
            first = None


def _key_ids(revoked: Revoked, part: Reader) -> None:
    while part:
        revoked.ids.add(part.text())


def _cert_extension(revoked: Revoked, part: Reader) -> None:
    _extension(part)


def _extension(part: Reader) -> None:
    name, is_critical = part.text(), part.number(1)
    if is_critical:
        raise Malformed(f"it has the unknown extension {name}")


def _sha256(key: bytes) -> bytes:
    return hashlib.sha256(key).digest()


_PARTS: Final[dict[int, Callable[[Revoked, Reader], None]]] = {
    _SERIAL_LIST: _serial_list,
    _SERIAL_RANGE: _serial_range,
    _SERIAL_BITMAP: _serial_bitmap,
    _KEY_ID: _key_ids,
    _CERT_EXTENSION: _cert_extension,
}
