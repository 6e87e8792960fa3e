"""The engine behind an OpenSSH server: connections to its control socket are forwarded there (streamlocal).

Who one is, is who one logs in as: sshd opens the socket as that user, and the kernel tells the engine. Keys, agent,
`known_hosts` and `~/.ssh/config` are the user's own. A host whose key is not known is never talked to, whatever the
configuration says of `StrictHostKeyChecking`. (OpenSSH PROTOCOL, section 2.4.)
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import asyncssh
from aiohttp import BaseConnector

from hoopterm.errors import EngineUnreachable, Problem, Refused

if TYPE_CHECKING:
    from aiohttp import ClientRequest, ClientTimeout
    from aiohttp.client_proto import ResponseHandler
    from aiohttp.tracing import Trace

    from hoopterm.address import Remote

LOGIN_SECONDS = 20.0
SILENCE_SECONDS = 10.0  # between two signs of life that are asked for; three unanswered ones end the connection
GLOBAL_KNOWN_HOSTS = Path("/etc/ssh/ssh_known_hosts")


class BastionConnector(BaseConnector):
    """aiohttp's connections, each a channel of one SSH connection, which is made when the first is asked for."""

    def __init__(self, remote: Remote) -> None:
        super().__init__()
        self._remote = remote
        self._logging_in = asyncio.Lock()
        self._ssh: asyncssh.SSHClientConnection | None = None

    async def _create_connection(
        self, req: ClientRequest, traces: list[Trace], timeout: ClientTimeout
    ) -> ResponseHandler:
        ssh = await self._logged_in()
        protocol = self._factory()
        try:
            await ssh.create_unix_connection(lambda: _Channel(protocol), self._remote.socket)
        except (asyncssh.Error, OSError) as error:
            raise _not_forwarded(self._remote, error) from error
        return protocol

    async def _logged_in(self) -> asyncssh.SSHClientConnection:
        async with self._logging_in:
            if self._ssh is None or self._ssh.is_closed():
                self._ssh = await _log_in(self._remote)
            return self._ssh

    def close(self, *, abort_ssl: bool = False) -> Awaitable[None]:
        """Close every connection, then the one they all were channels of."""
        return self._ended(super().close(abort_ssl=abort_ssl))

    async def _ended(self, channels: Awaitable[None]) -> None:
        await channels
        if self._ssh is not None:
            self._ssh.close()
            await self._ssh.wait_closed()


class _Channel(asyncssh.SSHUNIXSession[bytes]):
    """One channel as the transport of an HTTP connection."""

    def __init__(self, protocol: ResponseHandler) -> None:
        self._protocol = protocol

    def connection_made(self, chan: asyncssh.SSHUNIXChannel[bytes]) -> None:
        # a channel writes, pauses, closes and tells of itself by the names of an asyncio transport
        self._protocol.connection_made(cast(asyncio.Transport, chan))

    def data_received(self, data: bytes, datatype: object) -> None:
        self._protocol.data_received(data)

    def eof_received(self) -> bool:
        self._protocol.eof_received()
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def pause_writing(self) -> None:
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        self._protocol.resume_writing()


async def _log_in(remote: Remote) -> asyncssh.SSHClientConnection:
    """A connection to the host; raises EngineUnreachable, and Refused for what trying again will not mend."""
    try:
        options = _options(remote)
        async with asyncio.timeout(LOGIN_SECONDS):
            return await asyncssh.connect(remote.host, options=options)
    except asyncssh.HostKeyNotVerifiable as error:
        raise _untrusted(remote, error) from error
    except asyncssh.PermissionDenied as error:
        raise Refused(
            "login",
            f"{remote.host} does not let {remote.user or 'you'} in: {error.reason}",
            f"`{remote.command} true` shows why; keys with a passphrase have to be in an agent (`ssh-add`)",
        ) from error
    except (asyncssh.ConfigParseError, asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError) as error:
        raise Refused("ssh", f"your SSH configuration cannot be used for {remote.host}: {error}") from error
    except TimeoutError as error:
        raise EngineUnreachable(
            f"{remote.host} does not answer within {LOGIN_SECONDS:.0f} seconds", f"try `{remote.command} true`"
        ) from error
    except (asyncssh.Error, OSError) as error:
        raise EngineUnreachable(
            f"{remote.host} cannot be reached over SSH: {_reason(error)}", f"try `{remote.command} true`"
        ) from error


def _options(remote: Remote) -> asyncssh.SSHClientConnectionOptions:
    given: dict[str, Any] = {
        "host": remote.host,
        "preferred_auth": "publickey",  # nobody is there to type a password when a console reconnects
        "password_auth": False,
        "kbdint_auth": False,
        "agent_forwarding": False,
        "keepalive_interval": SILENCE_SECONDS,
        "login_timeout": LOGIN_SECONDS,
    }
    if remote.user:
        given["username"] = remote.user
    if remote.port:
        given["port"] = remote.port
    configured = asyncssh.SSHClientConnectionOptions(**given)
    return asyncssh.SSHClientConnectionOptions(**given, known_hosts=_known_hosts(configured.known_hosts))


def _known_hosts(configured: Any) -> list[str]:
    """The files that exist of those in the configuration, else of the usual ones.

    asyncssh checks no host key at all where `UserKnownHostsFile none` is set; here nothing is known then.
    """
    if configured is None:
        return ["/dev/null"]
    names = configured or ["~/.ssh/known_hosts", GLOBAL_KNOWN_HOSTS]
    files = [Path(name).expanduser() for name in names]
    return [str(file) for file in files if file.is_file()] or ["/dev/null"]


def _untrusted(remote: Remote, error: asyncssh.HostKeyNotVerifiable) -> Problem:
    return Refused(
        "host-key",
        f"the host key of {remote.host} is not one that known_hosts has for it ({error.reason})",
        f"if it was known, find out why it changed; if it is new, `{remote.command} true` asks you to compare it",
    )


def _not_forwarded(remote: Remote, error: Exception) -> Problem:
    return EngineUnreachable(
        f"{remote.host} does not open {remote.socket} for {remote.user or 'you'}: {_reason(error)}",
        "is the engine running there, may that user open its socket, and does sshd allow AllowStreamLocalForwarding?",
    )


def _reason(error: Exception) -> str:
    return getattr(error, "reason", "") or getattr(error, "strerror", "") or str(error) or type(error).__name__
