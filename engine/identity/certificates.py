"""What an OpenSSH certificate says, read from its wire form. It proves nothing: who signed it is checked elsewhere.

Source: PROTOCOL.certkeys of OpenSSH.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.identity.wireforms import Malformed, Reader

USER: Final = 1
HOST: Final = 2
FOREVER: Final = (1 << 64) - 1
"""`valid_before` of a certificate without an end."""

_KEY_FIELDS: Final[Mapping[str, int]] = {
    # How many strings the certified key is, behind the nonce.
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519": 2,
    "sk-ecdsa-sha2-nistp256": 3,
}
_SUFFIX: Final = "-cert-v01@openssh.com"


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate's fields. `key` and `authority` are public keys in their wire form, times seconds since 1970."""

    key: bytes
    serial: int
    kind: int
    id: str
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    critical: Mapping[str, bytes]
    extensions: Mapping[str, bytes]
    authority: bytes
    signature: str  # its algorithm


def read(blob: bytes) -> Certificate:
    """The certificate of these bytes; raises Malformed."""
    reader = Reader(blob)
    name = reader.text()
    bare = name.removesuffix(_SUFFIX)
    if bare == name or bare not in _KEY_FIELDS:
        raise Malformed("it is no certificate")
    reader.string()  # the nonce
    plain = f"{bare}@openssh.com" if bare.startswith("sk-") else bare
    key = b"".join(map(_string, (plain.encode(), *(reader.string() for _ in range(_KEY_FIELDS[bare])))))
    certificate = Certificate(
        key=key,
        serial=reader.number(8),
        kind=reader.number(4),
        id=reader.text(),
        principals=_texts(reader.string()),
        valid_after=reader.number(8),
        valid_before=reader.number(8),
        critical=_options(reader.string()),
        extensions=_options(reader.string()),
        authority=_after_reserved(reader),
        signature=Reader(reader.string()).text(),
    )
    reader.end()
    return certificate


def _after_reserved(reader: Reader) -> bytes:
    reader.string()
    return reader.string()


def _string(data: bytes) -> bytes:
    return len(data).to_bytes(4, "big") + data


def _texts(data: bytes) -> tuple[str, ...]:
    reader, found = Reader(data), list[str]()
    while reader:
        found.append(reader.text())
    return tuple(found)


def _options(data: bytes) -> dict[str, bytes]:
    """Options by their names; their values have a length of their own before them where they are not empty."""
    reader, found = Reader(data), dict[str, bytes]()
    while reader:
        name, value = reader.text(), Reader(reader.string())
        if name in found:
            raise Malformed(f"{name} is there twice")
        found[name] = value.string() if value else b""
        value.end()
    return found
