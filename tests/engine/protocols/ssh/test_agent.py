"""A client's agent that does not do what it is asked; one that does: `tests/e2e/test_ssh_console.py`."""

from __future__ import annotations

from typing import Any, cast

import asyncssh
import pytest
from asyncssh.packet import Byte, String

from engine.errors import Forbidden
from engine.identity.ssh import line_of
from engine.protocols.ssh.agent import signature

KEY = asyncssh.generate_private_key("ssh-ed25519")
OTHER = asyncssh.generate_private_key("ssh-ed25519")


class Agent:
    """A wire whose agent answers with these bytes, whatever it is asked."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer

    async def open_agent_connection(self) -> Any:
        return self, self

    def write(self, data: bytes) -> None:
        assert data[4] == 13

    async def readexactly(self, size: int) -> bytes:
        taken, self.answer = self.answer[:size], self.answer[size:]
        if len(taken) < size:
            raise EOFError
        return taken

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (b"", ""),
        (b"\xff\xff\xff\xff", "its answer is too long"),
        (b"\0\0\0\0", "its answer is too long"),
        (String(Byte(5)), "it does not have the key SHA256:"),
        (String(Byte(14)), ""),
        (String(Byte(14) + String(b"nothing")), "its signature is not that"),
        (String(Byte(14) + String(OTHER.sign(b"text", b"ssh-ed25519"))), "its signature is not that"),
        (String(Byte(14) + String(KEY.sign(b"another text", b"ssh-ed25519"))), "its signature is not that"),
    ],
    ids=["nothing", "endless", "empty", "refused", "cut", "no-signature", "another-key", "another-text"],
)
async def test_what_is_no_signature_of_that_key_counts_for_nothing(answer: bytes, why: str) -> None:
    """SECURITY 4: approvals cannot be borrowed."""
    with pytest.raises(Forbidden, match=f"your agent did not sign it.*{why}"):
        await signature(cast(Any, Agent(answer)), line_of(KEY.public_data), b"text")
