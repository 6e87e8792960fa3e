"""An SFTP client that keeps to no manners, through the bastion to a real sshd."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from engine.protocols.ssh import sftp
from engine.protocols.ssh.sftp import Code, Kind, Packet, Wire
from engine.protocols.ssh.sftp_fields import Flag, Request, announced, code_of, encoded
from tests.servers.bastion import Bastion, StartBastion

NOTHING = bytes(4)
MASKING = "masking: [{name: pii, detect: [credit_card]}]"
CARD = b"4111 1111 1111 1111"


class RawSftp:
    """Packets to and from OpenSSH's ssh, which asked for the subsystem."""

    def __init__(self, client: subprocess.Popen[bytes]) -> None:
        assert client.stdin is not None
        assert client.stdout is not None
        assert client.stderr is not None
        self.words = client.stderr
        self._in, self._out = client.stdin, client.stdout
        self._wire = Wire(sftp.ANSWERS)
        self.send(sftp.init())
        self.hello = self.answer()

    def send(self, *packets: bytes) -> None:
        self._in.write(b"".join(packets))
        self._in.flush()

    def answer(self) -> Packet:
        """The next answer, whatever it answers."""
        while (packet := self._wire.next_packet()) is None:
            if not (data := os.read(self._out.fileno(), 65536)):
                raise EOFError
            self._wire.receive_data(data)
        return packet

    def review(self) -> str:
        """The review that its ssh tells of on standard error."""
        for line in self.words:
            if b"waiting for approval: review" in line:
                return line.split()[-1].decode()
        raise EOFError

    def code(self) -> int:
        packet = self.answer()
        assert packet.kind == Kind.STATUS
        return code_of(packet)[0]

    def open(self, path: Path, flags: int = Flag.READ, id: int = 1) -> bytes:
        """The handle."""
        self.send(opening(path, flags, id))
        answer = self.answer()
        assert answer.kind == Kind.HANDLE
        return answer.payload[9:]


def opening(path: Path, flags: int = Flag.READ, id: int = 1) -> bytes:
    return encoded(Request(Kind.OPEN, path=bytes(path), flags=flags, attributes=NOTHING), id)


def reading(handle: bytes, offset: int, length: int, id: int = 1) -> bytes:
    body = sftp.string(handle) + offset.to_bytes(8, "big") + length.to_bytes(4, "big")
    return sftp.packet(Kind.READ, id, body)


@contextmanager
def talking(bastion: Bastion) -> Iterator[RawSftp]:
    line = ["ssh", *bastion.options(), "-p", str(bastion.port), "-s", "web1@127.0.0.1", "sftp"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as client:
        yield RawSftp(client)
        client.kill()


def approve(bastion: Bastion, review: str) -> None:
    async def vote() -> None:
        async with bastion.client() as control:
            await control.approve(review)

    asyncio.run(vote())


def test_what_nobody_knows_is_turned_down_and_the_session_goes_on(start_bastion: StartBastion, tmp_path: Path) -> None:
    """SECURITY promise 5."""
    with talking(start_bastion()) as client:
        client.send(sftp.packet(99, 1))
        assert client.code() == Code.OP_UNSUPPORTED
        client.send(sftp.packet(Kind.EXTENDED, 2, sftp.string(b"format-disk@example.com")))
        assert client.code() == Code.OP_UNSUPPORTED
        client.send(sftp.packet(Kind.REMOVE, 3, b"\0\0\0\xffshort"))
        assert client.code() == Code.BAD_MESSAGE
        client.send(sftp.packet(Kind.READ, 4, b"\0\0\0\xffshort"))
        assert client.code() == Code.BAD_MESSAGE
        assert client.open(tmp_path, Flag.READ, 5)


def test_a_handle_that_was_not_given_reaches_nothing(start_bastion: StartBastion, tmp_path: Path) -> None:
    """SECURITY: a handle guessed, used after it was closed, or before it was given."""
    (tmp_path / "file").write_bytes(b"content")
    with talking(start_bastion()) as client:
        handle = client.open(tmp_path / "file")
        guessed = (int.from_bytes(handle, "big") + 1).to_bytes(len(handle), "big")
        client.send(opening(tmp_path / "file", id=1), reading(guessed, 0, 7, id=2))
        answers = {each.id: each.kind for each in (client.answer(), client.answer())}
        assert answers == {1: Kind.HANDLE, 2: Kind.STATUS}
        client.send(sftp.packet(Kind.CLOSE, 3, sftp.string(handle)), reading(handle, 0, 7, id=4))
        codes = {each.id: code_of(each)[0] for each in (client.answer(), client.answer())}
        assert codes == {3: Code.OK, 4: Code.FAILURE}


def test_many_requests_under_one_identifier_each_get_an_answer(start_bastion: StartBastion, tmp_path: Path) -> None:
    content = bytes(range(256)) * 64
    (tmp_path / "file").write_bytes(content)
    with talking(start_bastion()) as client:
        handle = client.open(tmp_path / "file")
        client.send(*(reading(handle, 256 * number, 256, id=7) for number in range(64)))
        answers = [client.answer() for _ in range(64)]
        assert b"".join(sorted(answer.payload[9:] for answer in answers)) == content
        assert {answer.id for answer in answers} == {7}


def test_a_held_open_stalls_only_what_is_about_its_file(start_bastion: StartBastion, tmp_path: Path) -> None:
    """Answers come in another order than was asked; of one file they do not."""
    (tmp_path / "held").write_bytes(b"held")
    (tmp_path / "file").write_bytes(b"content")
    rules = f"""
    rules:
      - {{name: all, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read, write, delete]}}}}
      - name: ask
        decide: review
        what: {{paths: ["{tmp_path.resolve()}/held"], verbs: [READ]}}
        review: {{reviewers: {{groups: [dba]}}, hold: 60s}}
    """
    bastion = start_bastion(rules)
    with talking(bastion) as client:
        client.send(
            opening(tmp_path / "held", id=1),
            encoded(Request(Kind.REMOVE, path=bytes(tmp_path / "held")), 2),
            opening(tmp_path / "file", id=3),
        )
        answer = client.answer()
        assert (answer.id, answer.kind) == (3, Kind.HANDLE)
        assert (tmp_path / "held").exists()
        client.send(reading(answer.payload[9:], 0, 7, id=4))
        assert client.answer().id == 4

        approve(bastion, client.review())
        held, removed = client.answer(), client.answer()
        assert (held.id, held.kind, removed.id, code_of(removed)[0]) == (1, Kind.HANDLE, 2, Code.OK)
        client.send(reading(held.payload[9:], 0, 9, id=5))
        assert client.answer().payload[9:] == b"held"


def test_a_link_that_is_changed_while_people_are_asked_opens_nothing(
    start_bastion: StartBastion, tmp_path: Path
) -> None:
    """SECURITY promise 4: what they approved is where it led then."""
    tmp_path = tmp_path.resolve()
    (tmp_path / "harmless").write_bytes(b"harmless")
    (tmp_path / "secret").write_bytes(b"secret")
    (tmp_path / "link").symlink_to(tmp_path / "harmless")
    rules = """
    rules:
      - {name: all, decide: allow, who: {groups: [agents]}, what: {effects: [read]}, except: {what: {verbs: [READ]}}}
      - {name: ask, decide: review, what: {verbs: [READ]}, review: {reviewers: {groups: [dba]}, hold: 60s}}
    """
    bastion = start_bastion(rules)
    with talking(bastion) as client:
        client.send(opening(tmp_path / "link"))

        review = client.review()
        (tmp_path / "link").unlink()
        (tmp_path / "link").symlink_to(tmp_path / "secret")
        approve(bastion, review)
        assert client.code() == Code.PERMISSION_DENIED


@pytest.mark.parametrize("length", [1, 3, 19, 40])
def test_no_offset_and_no_length_shows_a_value(start_bastion: StartBastion, tmp_path: Path, length: int) -> None:
    """SECURITY promise 2."""
    content = b"card " + CARD + b" end"
    (tmp_path / "file").write_bytes(content)
    with talking(start_bastion(masking=MASKING)) as client:
        assert b"copy-data" not in client.hello.payload
        handle = client.open(tmp_path / "file")
        offsets = [*range(len(content)), *reversed(range(len(content)))]
        client.send(*(reading(handle, offset, length, id=offset) for offset in offsets))
        masked = content.replace(CARD, b"*" * len(CARD))
        for offset in offsets:
            answer = client.answer()
            assert (answer.id, answer.payload[9:]) == (offset, masked[offset : offset + length])
        copying = sftp.string(b"copy-data") + sftp.string(handle) + bytes(16) + sftp.string(handle) + bytes(8)
        client.send(sftp.packet(Kind.EXTENDED, 1, copying))
        assert client.code() == Code.OP_UNSUPPORTED


def test_a_client_hears_of_the_extensions_that_are_known(start_bastion: StartBastion) -> None:
    with talking(start_bastion()) as client:
        told = announced(client.hello)
        assert {"posix-rename@openssh.com", "limits@openssh.com", "copy-data"} <= set(told)


def test_garbage_ends_the_channel(start_bastion: StartBastion) -> None:
    """SECURITY promise 6."""
    with talking(start_bastion()) as client:
        client.send(b"\xff" * 64)
        with pytest.raises(EOFError):
            client.answer()
