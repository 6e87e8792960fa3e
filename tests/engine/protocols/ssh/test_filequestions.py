from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from engine.protocols.base import Hold
from engine.protocols.ssh import sftp
from engine.protocols.ssh.filequestions import Question
from engine.protocols.ssh.fileturns import Turns
from engine.protocols.ssh.sftp import Code, Kind, Packet
from engine.protocols.ssh.sftp_calls import Failed
from engine.protocols.ssh.sftp_fields import Flag, Request


class Target:
    """Says where paths lead: as `leads` has it, else that nothing is there."""

    def __init__(self) -> None:
        self.leads = {b"link": b"/srv/one"}

    async def real_path(self, path: bytes) -> bytes:
        if path not in self.leads:
            raise Failed(Packet(Kind.STATUS, 0, sftp.status(0, Code.NO_SUCH_FILE)[4:]))
        return self.leads[path]


def question(target: Any, path: bytes, said: list[str] | None = None) -> Question:
    session: Any = SimpleNamespace(id="s-1")
    request = Request(Kind.OPEN, path=path, flags=Flag.READ)
    say = said.append if said is not None else lambda _: None
    return Question(session, request, Turns().take([path]), b"/home/a", target, say)


async def test_asked_again_it_is_what_it_is_now_and_the_same_operation() -> None:
    target = Target()
    asked = question(target, b"link")
    first = await asked.operation()
    assert list(await asked.analyse()) == [first]
    target.leads[b"link"] = b"/etc/shadow"
    (now,) = await asked.analyse()
    assert (now.id, now.text) == (first.id, "READ /etc/shadow (read)")
    assert first.text == "READ /srv/one (read)"


async def test_where_the_target_does_not_say_its_answer_is_kept() -> None:
    asked = question(Target(), b"nowhere")
    operation = await asked.operation()
    assert operation.text == "READ /home/a/nowhere (read)"
    assert asked.failure is not None


async def test_a_client_is_told_that_it_waits() -> None:
    said: list[str] = []
    await question(Target(), b"link", said).hold(Hold("r-1", "ask", "look", ("dba",), 1, "soon", 60.0))
    assert "review r-1" in said[0]
