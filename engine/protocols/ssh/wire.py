"""asyncssh's server side, narrowed: what a client may ask is a list, in numbers that are bounded.

Left to itself asyncssh opens sockets of the engine's for an agent, a display and what listens; here all of that is
asked of the upstream, by `forwards`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, AnyStr, Final

import asyncssh
from asyncssh.constants import (
    MSG_CHANNEL_REQUEST,
    MSG_GLOBAL_REQUEST,
    OPEN_RESOURCE_SHORTAGE,
    OPEN_UNKNOWN_CHANNEL_TYPE,
)
from asyncssh.packet import SSHPacket

from engine.protocols.ssh.transport import Terse

if TYPE_CHECKING:
    from engine.protocols.ssh.channels import Channel
    from engine.protocols.ssh.console import ConsoleChannel
    from engine.protocols.ssh.door import Door

MOST_SESSIONS = 100  # open at a time, of one connection
MOST_CHANNELS = 500
MOST_LISTENERS = 100
MOST_WAITING = 256  # requests behind one that is being decided
MOST_VARIABLES = 100
LONGEST_VARIABLES = 64 << 10  # bytes of all their names and values

_REQUESTS: Final = frozenset(
    (
        *("pty-req", "x11-req", "auth-agent-req@openssh.com", "env", "shell", "exec", "subsystem"),
        *("window-change", "signal", "break", "keepalive@openssh.com", "eow@openssh.com"),
    )
)
"""What a channel may be asked; `eow` is refused, but every OpenSSH client sends it."""


class SessionChannel(asyncssh.SSHServerChannel[bytes]):
    """A client's session channel."""

    _conn: Wire
    _session: Channel | ConsoleChannel
    _env: dict[bytes, bytes]
    _request_queue: list[tuple[str, SSHPacket, bool]]

    def _bounded_request(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        if len(self._request_queue) >= MOST_WAITING:
            raise asyncssh.ProtocolError("too many requests at once")
        self._process_request(pkttype, pktid, packet)

    def _service_next_request(self) -> None:
        request = self._request_queue[0][0]
        if request in _REQUESTS:
            super()._service_next_request()
        else:
            self._conn.refuse(f"channel request {request}")
            self._report_response(False)

    def _process_env_request(self, packet: SSHPacket) -> bool:
        taken = sum(len(name) + len(value) for name, value in self._env.items())
        if len(self._env) >= MOST_VARIABLES or taken + len(packet.get_remaining_payload()) > LONGEST_VARIABLES:
            return False
        return super()._process_env_request(packet)

    def _process_auth_agent_req_at_openssh_dot_com_request(self, packet: SSHPacket) -> None:
        packet.check_end()
        self._conn.create_task(self._lend_agent(), self.logger)

    async def _lend_agent(self) -> None:
        may = self._conn.check_certificate_permission("agent-forwarding")
        self._report_response(may and await self._session.agent_lent())

    _packet_handlers = {  # noqa: RUF012 (asyncssh's, which changes none of it)
        **asyncssh.SSHServerChannel._packet_handlers,
        MSG_CHANNEL_REQUEST: _bounded_request,
    }


class Wire(Terse, asyncssh.SSHServerConnection):
    """A client's connection."""

    _owner: Door
    _local_listeners: dict[Any, asyncssh.SSHListener]
    _global_request_queue: list[tuple[Any, SSHPacket, bool]]
    _takes_sessions = True

    def refuse(self, what: str) -> None:
        """Count something that nobody here does."""
        self._owner.unknown(what)

    def create_server_channel(
        self, encoding: str | None = "", errors: str = "", window: int = 0, max_pktsize: int = 0
    ) -> SessionChannel:
        """A session channel, always of bytes."""
        options = (self._allow_pty, False, False, 0, 0)  # no line editor
        self._update_recv_pktlen(max_pktsize or self._max_pktsize)
        return SessionChannel(
            self, self._loop, *options, None, "strict", window or self._window, max_pktsize or self._max_pktsize
        )

    async def attach_x11_listener(
        self, chan: asyncssh.SSHServerChannel[AnyStr], auth_proto: bytes, auth_data: bytes, screen: int
    ) -> str | None:
        """Whether the client's display is lent to what runs in the channel, which has its name from the upstream."""
        assert isinstance(chan, SessionChannel)
        if not self.check_certificate_permission("X11-forwarding"):
            return None
        return "lent" if await chan._session.display_lent(auth_proto, auth_data, screen) else None

    async def create_agent_listener(self) -> bool:
        """None is made here."""
        return False

    def send_channel_open_failure(self, send_chan: int, code: int, reason: str, lang: str) -> None:
        """Refuse a channel."""
        if code == OPEN_UNKNOWN_CHANNEL_TYPE:
            self.refuse("channel type")
        super().send_channel_open_failure(send_chan, code, reason, lang)

    def _bounded_global_request(self, pkttype: int, pktid: int, packet: SSHPacket) -> None:
        if len(self._global_request_queue) >= MOST_WAITING:
            raise asyncssh.ProtocolError("too many requests at once")
        self._process_global_request(pkttype, pktid, packet)

    def _service_next_global_request(self) -> None:
        if self._global_request_queue[0][0] is None:
            self.refuse("request")
        super()._service_next_global_request()

    def _process_session_open(self, packet: SSHPacket) -> Any:
        sessions = sum(isinstance(channel, SessionChannel) for channel in self._channels.values())
        if not self._takes_sessions or sessions >= MOST_SESSIONS:
            raise asyncssh.ChannelOpenError(OPEN_RESOURCE_SHORTAGE, "no more sessions on this connection")
        self._require_room()
        return super()._process_session_open(packet)

    def _process_direct_tcpip_open(self, packet: SSHPacket) -> Any:
        self._require_room()
        return super()._process_direct_tcpip_open(packet)

    def _process_direct_streamlocal_at_openssh_dot_com_open(self, packet: SSHPacket) -> Any:
        self._require_room()
        return super()._process_direct_streamlocal_at_openssh_dot_com_open(packet)

    def _process_tun_at_openssh_dot_com_open(self, packet: SSHPacket) -> Any:
        raise asyncssh.ChannelOpenError(OPEN_UNKNOWN_CHANNEL_TYPE, "no tunnel devices here")

    def _process_no_more_sessions_at_openssh_dot_com_global_request(self, packet: SSHPacket) -> None:
        packet.check_end()
        self._takes_sessions = False
        self._report_global_response(True)

    def _process_hostkeys_prove_00_at_openssh_dot_com_global_request(self, packet: SSHPacket) -> None:
        self.refuse("hostkeys-prove")  # the engine offers no other host key
        self._report_global_response(False)

    def _process_cancel_tcpip_forward_global_request(self, packet: SSHPacket) -> None:
        host, port = packet.get_string().decode(errors="replace").lower(), packet.get_uint32()
        self._close_listener((host, port))

    def _process_cancel_streamlocal_forward_at_openssh_dot_com_global_request(self, packet: SSHPacket) -> None:
        self._close_listener(packet.get_string().decode(errors="replace"))

    async def _finish_port_forward(self, listen_host: str, listen_port: int) -> None:
        if self._has_listener((listen_host, listen_port)):
            self._report_global_response(False)
        else:
            await super()._finish_port_forward(listen_host, listen_port)

    async def _finish_path_forward(self, listen_path: str) -> None:
        if self._has_listener(listen_path):
            self._report_global_response(False)
        else:
            await super()._finish_path_forward(listen_path)

    def _has_listener(self, key: object) -> bool:
        return key in self._local_listeners or len(self._local_listeners) >= MOST_LISTENERS

    def _close_listener(self, key: object) -> None:
        listener = self._local_listeners.pop(key, None)
        if listener is not None:
            listener.close()
        self._report_global_response(listener is not None)

    def _require_room(self) -> None:
        if len(self._channels) >= MOST_CHANNELS:
            raise asyncssh.ChannelOpenError(OPEN_RESOURCE_SHORTAGE, "no more channels on this connection")

    _packet_handlers = {  # noqa: RUF012 (asyncssh's, which changes none of it)
        **asyncssh.SSHServerConnection._packet_handlers,
        MSG_GLOBAL_REQUEST: _bounded_global_request,
    }
