"""A client's own agent, asked over the client's connection to sign what its person decides, and for nothing else.

No socket is made of it, so that nobody else on this machine can ask it anything (draft-ietf-sshm-ssh-agent).
"""

from __future__ import annotations

import asyncio
import base64
from typing import Final, Protocol

import asyncssh
from asyncssh.packet import Byte, PacketDecodeError, SSHPacket, String, UInt32
from asyncssh.stream import SSHReader, SSHWriter

from engine.errors import Forbidden
from engine.identity import sshsig
from engine.identity.ssh import SIGNATURES, fingerprint

_SIGN, _SIGNED = 13, 14  # SSH_AGENTC_SIGN_REQUEST, SSH_AGENT_SIGN_RESPONSE
_RSA_SHA2_512 = 4
_LARGEST: Final = 16_384  # bytes of an answer
_PATIENCE: Final = 45.0  # seconds: a person may have to touch a key, or to say yes
_HINT: Final = "add the key you log in with to your agent, or log in without -A to vote unsigned"


class Wire(Protocol):
    """A connection whose client forwarded its agent."""

    async def open_agent_connection(self) -> tuple[SSHReader[bytes], SSHWriter[bytes]]:
        """A channel to the agent."""


async def signature(wire: Wire, key: str, text: bytes) -> str:
    """The text signed with a key (`KIND BASE64`) that the client's agent holds; raises Forbidden where it does not."""
    blob = base64.b64decode(key.split()[1])
    data = sshsig.to_sign(text)
    try:
        async with asyncio.timeout(_PATIENCE):
            signed = await _ask(wire, blob, data)
    except TimeoutError:
        raise Forbidden("your agent did not sign it in time", "", _HINT) from None
    except (asyncssh.Error, EOFError, OSError, PacketDecodeError) as error:
        raise Forbidden("your agent did not sign it", str(error), _HINT) from None
    kind = signed[4 : 4 + int.from_bytes(signed[:4], "big")].decode("ascii", "replace")
    if kind not in SIGNATURES or not asyncssh.import_public_key(key).verify(data, signed):
        raise Forbidden("your agent did not sign it", "its signature is not that of the key you logged in with", _HINT)
    return sshsig.armored(blob, signed)


async def _ask(wire: Wire, blob: bytes, data: bytes) -> bytes:
    reader, writer = await wire.open_agent_connection()
    try:
        flags = _RSA_SHA2_512 if blob.startswith(b"\0\0\0\7ssh-rsa") else 0
        writer.write(String(Byte(_SIGN) + String(blob) + String(data) + UInt32(flags)))
        size = int.from_bytes(await reader.readexactly(4), "big")
        if not 0 < size <= _LARGEST:
            raise PacketDecodeError("its answer is too long")
        answer = SSHPacket(await reader.readexactly(size))
        if answer.get_byte() != _SIGNED:
            raise EOFError(f"it does not have the key {fingerprint(blob)}, or was told not to use it")
        return answer.get_string()
    finally:
        writer.close()
