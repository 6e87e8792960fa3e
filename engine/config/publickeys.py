"""Public keys of SSH as the YAML has them: the line of a `.pub` file, kept without its comment."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Annotated, Any, Final

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key
from pydantic import BeforeValidator, Field, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from engine.config.fields import path_of
from engine.identity import krl
from engine.identity.krl import KRL
from engine.identity.wireforms import Malformed

KINDS: Final = (
    "ssh-ed25519",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "ssh-rsa",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
LEAST_RSA: Final = 2048
"""Bits below which an RSA key is not believed."""
_MOST_CHARACTERS: Final = 16 * 1024
_MOST_REVOKED: Final = 16 << 20  # bytes of a revocation list
_EXAMPLE: Final = 'for example "ssh-ed25519 AAAA…", the line of a .pub file'


def _refuse(what: str, hint: str = _EXAMPLE) -> PydanticCustomError:
    return PydanticCustomError("value", "{what}", {"what": what, "hint": hint})


def public_key(value: Any) -> str:
    """The key as `KIND BASE64`. What is refused is never quoted: it may be a private key, pasted by mistake."""
    if not isinstance(value, str):
        raise _refuse("a public key is text")
    if "PRIVATE KEY" in value:
        raise _refuse("this is a private key, which belongs in no configuration", "give the line of its .pub file")
    words = value.split()
    kind = words[0] if words else ""
    if kind.removesuffix("@openssh.com").endswith("-cert-v01"):
        raise _refuse("this is a certificate", "list its authority under identity.ssh.cas, or the key it is for")
    if kind == "ssh-dss":
        raise _refuse("DSA keys are not believed", "make one with ssh-keygen -t ed25519")
    if kind not in KINDS or len(words) < 2 or len(value) > _MOST_CHARACTERS or "\n" in value.strip():
        raise _refuse("this is no public key", _EXAMPLE)
    text = f"{kind} {words[1]}"
    try:
        blob = base64.b64decode(words[1], validate=True)
        key = load_ssh_public_key(text.encode())
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        raise _refuse("this is no public key", f"what follows {kind} does not read") from None
    if isinstance(key, RSAPublicKey) and key.key_size < LEAST_RSA:
        raise _refuse(f"an RSA key of {key.key_size} bits is not believed", f"at least {LEAST_RSA}; ed25519 is shorter")
    return f"{kind} {base64.b64encode(blob).decode()}"


def fingerprint(key: str) -> str:
    """A key's name for people, as `ssh-keygen -l` writes it."""
    digest = hashlib.sha256(base64.b64decode(key.split()[1])).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _revocation_list(value: Any, info: ValidationInfo) -> KRL:
    """The list in a file, read when the configuration is."""
    path = path_of(value, info)
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_REVOKED + 1)
        if len(data) > _MOST_REVOKED:
            raise Malformed(f"it is larger than {_MOST_REVOKED >> 20} MB")
        return krl.read(data)
    except OSError as error:
        raise _refuse("the revocation list cannot be read", f"{path}: {error.strerror}") from None
    except Malformed as error:
        raise _refuse("the revocation list does not read", f"{path}: {error}") from None


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


PublicKey = Annotated[
    str,
    PlainValidator(public_key),
    WithJsonSchema({"type": "string", "pattern": f"^({'|'.join(KINDS)}) \\S+", "maxLength": _MOST_CHARACTERS}),
]
PublicKeys = Annotated[tuple[PublicKey, ...], Field(max_length=1000)]
RevocationList = Annotated[KRL, PlainValidator(_revocation_list), WithJsonSchema({"type": "string"})]
OneOrMoreKeys = Annotated[
    PublicKeys,
    Field(min_length=1),
    BeforeValidator(_listed, json_schema_input_type=PublicKey | PublicKeys),
]
