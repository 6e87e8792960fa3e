"""Keys, certificates and revocation lists of SSH, made by OpenSSH's own `ssh-keygen`."""

from __future__ import annotations

import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


def keygen(path: Path, *options: str, kind: str = "ed25519", comment: str | None = None) -> Path:
    """A new key pair without a passphrase, commented with its file's name; the path of its private half."""
    _ssh_keygen("-t", kind, "-N", "", "-C", path.name if comment is None else comment, "-f", str(path), *options)
    return path


def private(number: int) -> Ed25519PrivateKey:
    """The same key for the same number, always."""
    return Ed25519PrivateKey.from_private_bytes(number.to_bytes(32, "big"))


def sample(number: int) -> str:
    """The public half of that, as the configuration has it."""
    public_key = private(number).public_key()
    return public_key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()


def line(key: Path) -> str:
    """The public half, or a certificate, as its file has it."""
    return (key if key.suffix == ".pub" else key.with_name(f"{key.name}.pub")).read_text().strip()


def blob(path: Path) -> bytes:
    """A public key or certificate in its wire form."""
    return base64.b64decode(line(path).split()[1])


def public(key: Path) -> str:
    """The public half, as the engine keeps it: without a comment."""
    return " ".join(line(key).split()[:2])


@dataclass
class Authority:
    """One that signs certificates. Each names a file of its own, so that one key may have many."""

    key: Path
    signed: int = 0

    @property
    def public(self) -> str:
        """Its public key, as the engine keeps it."""
        return public(self.key)

    def sign(
        self, key: Path, *principals: str, serial: int = 0, validity: str = "-1m:+1h", options: tuple[str, ...] = ()
    ) -> Path:
        """A certificate for a key; the path of its file. `options` are further ones of ssh-keygen."""
        self.signed += 1
        named = key.with_name(f"{key.name}-{self.signed}")
        named.with_name(f"{named.name}.pub").write_text(line(key))
        names = ("-n", ",".join(principals)) if principals else ()
        what = ("-s", str(self.key), "-I", f"{key.name} {self.signed}", "-z", str(serial), "-V", validity)
        _ssh_keygen(*what, *names, *options, f"{named}.pub")
        return named.with_name(f"{named.name}-cert.pub")


def _ssh_keygen(*words: str) -> None:
    subprocess.run(["ssh-keygen", "-q", *words], check=True, stdin=subprocess.DEVNULL, capture_output=True)
