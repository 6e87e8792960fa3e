"""The engine's own keys, made once under `keys/` of the state directory."""

from __future__ import annotations

import secrets
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.errors import HooptermError
from engine.files import write_private
from replay.note import NoteError, SigningKey

_BYTES = 32


def load_or_make(directory: Path, name: str) -> bytes:
    """The 32-byte key of that name; a new one is durable before it is used. Raises HooptermError for a torn one."""
    path = directory / name
    if path.exists():
        key = path.read_bytes()
        if len(key) != _BYTES:
            raise _unusable(path, f"it has {len(key)} bytes instead of {_BYTES}")
        return key
    key = secrets.token_bytes(_BYTES)
    write_private(path, key)
    return key


def load_or_make_signing_key(directory: Path, name: str) -> SigningKey:
    """The key that signs the log's checkpoints; its name is the log's origin. Raises HooptermError for a torn one."""
    path = directory / name
    if path.exists():
        try:
            return SigningKey.parse(path.read_text(errors="replace"))
        except NoteError as error:
            raise _unusable(path, str(error)) from None
    key = SigningKey.generate(f"hoopterm-{secrets.token_hex(4)}/0")
    write_private(path, f"{key.private_text()}\n".encode())
    return key


def load_or_make_host_key(directory: Path) -> bytes:
    """The private key that SSH listeners show, as OpenSSH writes it. Raises HooptermError for a torn one."""
    return _load_or_make_ssh_key(directory / "ssh_host_ed25519_key")


def load_or_make_ssh_ca(directory: Path) -> bytes:
    """The private key that signs the engine in at SSH targets, as OpenSSH writes it. Raises HooptermError for a torn
    one."""
    return _load_or_make_ssh_key(directory / "ssh_user_ca_key")


def public_line(private: bytes) -> str:
    """The public half of such a key, as `KIND BASE64`."""
    public = serialization.load_ssh_private_key(private, password=None).public_key()
    return public.public_bytes(serialization.Encoding.OpenSSH, serialization.PublicFormat.OpenSSH).decode()


def _load_or_make_ssh_key(path: Path) -> bytes:
    if path.exists():
        key = path.read_bytes()
        try:
            serialization.load_ssh_private_key(key, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm):  # whose words may quote what they read
            raise _unusable(path, "it is no private key of SSH without a passphrase") from None
        return key
    key = Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.OpenSSH, serialization.NoEncryption()
    )
    write_private(path, key)
    return key


def _unusable(path: Path, why: str) -> HooptermError:
    return HooptermError(f"the key {path} cannot be used", why, "restore it: what was made with it needs the same key")
