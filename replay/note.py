"""Signed notes and checkpoints: https://c2sp.org/signed-note, https://c2sp.org/tlog-checkpoint. Ed25519 only."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from replay.tlog import HASH_SIZE

MAX_NOTE_SIZE = 64 * 1024
_ED25519 = b"\x01"
_SIGNATURE_LINE = re.compile(r"— (\S+) (\S+)")
_SIZE = re.compile(r"0|[1-9][0-9]{0,18}")


class NoteError(ValueError):
    """A note, checkpoint or key is malformed, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A public key under a name; its text form `name+id+base64` is what an auditor keeps elsewhere."""

    name: str
    public: bytes

    def __post_init__(self) -> None:
        if not self.name or "+" in self.name or any(c.isspace() or ord(c) < 0x20 for c in self.name):
            raise NoteError(f"a key's name has neither spaces nor '+': {self.name!r}")
        if len(self.public) != 32:
            raise NoteError("an Ed25519 public key has 32 bytes")

    @classmethod
    def parse(cls, text: str) -> VerifierKey:
        """Read `name+id+base64`; raises NoteError unless every part agrees."""
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise NoteError("a verifier key reads name+id+base64")
        body = _decode(parts[2])
        if body[:1] != _ED25519:
            raise NoteError("only Ed25519 verifier keys are understood")
        key = cls(parts[0], body[1:])
        if parts[1] != key.id.hex():
            raise NoteError("the verifier key's id does not belong to its name and key")
        return key

    @property
    def id(self) -> bytes:
        """The four bytes that name this key beside its name."""
        return hashlib.sha256(self.name.encode() + b"\n" + _ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(_ED25519 + self.public).decode()}"

    def has_signed(self, text: str, signature: bytes) -> bool:
        """Whether the 64 bytes are this key's signature of the text."""
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, text.encode())
        except InvalidSignature:
            return False
        return True


class SigningKey:
    """A private key under a name; it never shows itself except through `private_text`."""

    def __init__(self, name: str, seed: bytes) -> None:
        if len(seed) != 32:
            raise NoteError("an Ed25519 seed has 32 bytes")
        self._seed = seed
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.verifier = VerifierKey(name, self._key.public_key().public_bytes_raw())

    @classmethod
    def generate(cls, name: str) -> SigningKey:
        """A new random key."""
        return cls(name, Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def parse(cls, text: str) -> SigningKey:
        """Read `PRIVATE+KEY+name+id+base64`, the form other tools for signed notes use."""
        parts = text.strip().split("+", 4)
        if len(parts) != 5 or parts[:2] != ["PRIVATE", "KEY"]:
            raise NoteError("a signing key reads PRIVATE+KEY+name+id+base64")
        body = _decode(parts[4])
        if body[:1] != _ED25519:
            raise NoteError("only Ed25519 signing keys are understood")
        key = cls(parts[2], body[1:])
        if parts[3] != key.verifier.id.hex():
            raise NoteError("the signing key's id does not belong to its name and key")
        return key

    def __repr__(self) -> str:
        return f"<SigningKey {self.verifier}>"

    @property
    def name(self) -> str:
        """The name it signs under."""
        return self.verifier.name

    def private_text(self) -> str:
        """The secret's text form, for its file only."""
        secret = base64.b64encode(_ED25519 + self._seed).decode()
        return f"PRIVATE+KEY+{self.name}+{self.verifier.id.hex()}+{secret}"

    def sign(self, text: str) -> str:
        """The signed note of a text that ends in a newline."""
        if not text.endswith("\n") or _has_control_characters(text):
            raise NoteError("a note's text ends in a newline and has no control characters")
        signature = base64.b64encode(self.verifier.id + self._key.sign(text.encode())).decode()
        return f"{text}\n— {self.name} {signature}\n"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature line of a note, not verified by being here."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """A parsed note. Its text proves nothing before `require` has passed."""

    text: str
    signatures: tuple[Signature, ...]

    @classmethod
    def parse(cls, data: bytes) -> Note:
        """Split text and signature lines; raises NoteError."""
        if len(data) > MAX_NOTE_SIZE:
            raise NoteError(f"a note has at most {MAX_NOTE_SIZE} bytes")
        try:
            whole = data.decode("utf-8")
        except UnicodeDecodeError as error:
            raise NoteError("a note is UTF-8") from error
        text, blank, tail = whole.rpartition("\n\n")
        if not blank or not tail.endswith("\n") or _has_control_characters(whole):
            raise NoteError("a note is text, a blank line and signature lines")
        return cls(text + "\n", tuple(_signature(line) for line in tail[:-1].split("\n")))

    def require(self, key: VerifierKey) -> None:
        """Raise NoteError unless this key has signed the text, and every line that names it is good."""
        mine = [line for line in self.signatures if (line.name, line.key_id) == (key.name, key.id)]
        if not mine:
            raise NoteError(f"not signed by {key.name}+{key.id.hex()}")
        if not all(key.has_signed(self.text, line.signature) for line in mine):
            raise NoteError(f"the signature of {key.name}+{key.id.hex()} does not hold")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A tree head: which log, how many entries, and the root hash over them."""

    origin: str
    size: int
    root: bytes

    @classmethod
    def parse(cls, text: str) -> Checkpoint:
        """Read a note's text; raises NoteError."""
        lines = text.split("\n")
        if len(lines) < 4 or not all(lines[:-1]) or lines[-1]:
            raise NoteError("a checkpoint has an origin, a size and a root hash, each on its line")
        if not _SIZE.fullmatch(lines[1]):
            raise NoteError("a checkpoint's size is a plain decimal number")
        root = _decode(lines[2])
        if len(root) != HASH_SIZE:
            raise NoteError("a checkpoint's root hash has 32 bytes")
        return cls(lines[0], int(lines[1]), root)

    @classmethod
    def open(cls, data: bytes, key: VerifierKey) -> Checkpoint:
        """Parse a signed note and verify it with a trusted key; raises NoteError."""
        note = Note.parse(data)
        note.require(key)
        return cls.parse(note.text)

    def __str__(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def _signature(line: str) -> Signature:
    match = _SIGNATURE_LINE.fullmatch(line)
    if match is None or "+" in match[1]:
        raise NoteError("a signature line reads: em dash, key name, base64")
    body = _decode(match[2])
    if len(body) < 5:
        raise NoteError("a signature is a key id and at least one byte")
    return Signature(match[1], body[:4], body[4:])


def _decode(text: str) -> bytes:
    try:
        body = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("not base64") from error
    if base64.b64encode(body).decode() != text:
        raise NoteError("base64 with stray bits")
    return body


def _has_control_characters(text: str) -> bool:
    return any(ord(c) < 0x20 and c != "\n" for c in text)
