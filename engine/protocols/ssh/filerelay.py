"""A channel that carries SFTP: the relay of one whose bytes are understood."""

from __future__ import annotations

from typing import TYPE_CHECKING

import asyncssh

from engine.errors import HooptermError
from engine.protocols.ssh.commands.telling import tell
from engine.protocols.ssh.files import Ends, Files
from engine.protocols.ssh.relay import STDERR, Relay

if TYPE_CHECKING:
    from engine.gateway import Gateway
    from engine.passage import Passage
    from engine.protocols.ssh.requests import Request

SUBSYSTEM = "sftp"


def carries_sftp(request: Request) -> bool:
    """Whether what is asked for speaks SFTP: the subsystem, or a server that is run as a command and nothing else."""
    if request.kind == "subsystem":
        return request.text == SUBSYSTEM
    return request.kind == "exec" and request.terminal is None and tell(request.text).is_sftp


class FileRelay(Relay):
    """Its passage is that of the channel; what happens in it are operations of their own."""

    def __init__(
        self,
        gateway: Gateway,
        passage: Passage,
        client: asyncssh.SSHServerChannel[bytes],
        principal: str | None = None,
    ) -> None:
        super().__init__(gateway, passage, client)
        self._stops: set[str] = set()  # why the client is not read
        ends = Ends(
            to_client=lambda data: self._deliver(data, None),
            to_upstream=self._send_upstream,
            say=lambda words: self._deliver(words.encode(), STDERR),
            pause=lambda waits: self._stop("requests", waits),
            fail=self.fail,
            end=super().send_eof,
            spawn=gateway.spawn,
        )
        self._files = Files(passage.session, gateway.pipeline, ends, principal)

    def send(self, data: bytes) -> None:
        """Bytes of the client."""
        if self._upstream is not None and self._failure is None:
            self._files.client_sent(data)
            self._keep_pace()

    def send_eof(self) -> None:
        """The client sends no more; what it asked for is done first."""
        self._files.client_ended()

    def pause_output(self) -> None:
        """The client does not keep up."""
        self._files.flows(False)
        super().pause_output()

    def resume_output(self) -> None:
        """It does again."""
        self._files.flows(True)
        super().resume_output()

    def close(self) -> None:
        """The client's channel is gone."""
        self._over()
        super().close()

    def data_received(self, data: bytes, datatype: int | None) -> None:
        """Bytes of the upstream."""
        if datatype == STDERR:
            super().data_received(data, datatype)
        elif self._failure is None:
            self._files.upstream_sent(data)
            self._keep_pace()

    def pause_writing(self) -> None:
        """The upstream does not keep up."""
        self._stop("upstream", True)

    def resume_writing(self) -> None:
        """It does again."""
        self._stop("upstream", False)

    def connection_lost(self, exc: Exception | None) -> None:
        """The upstream's channel is closed."""
        self._over()
        super().connection_lost(exc)

    def _over(self) -> None:
        try:
            self._files.over()
        except HooptermError as error:
            self._failure = self._failure or error

    def _send_upstream(self, data: bytes) -> None:
        if self._upstream is not None and not self._upstream.is_closing():
            self._upstream.write(data)

    def _stop(self, why: str, stops: bool) -> None:
        was_stopped = bool(self._stops)
        (self._stops.add if stops else self._stops.discard)(why)
        if was_stopped is bool(self._stops):
            return
        if self._stops:
            self._client.pause_reading()
        else:
            self._client.resume_reading()
