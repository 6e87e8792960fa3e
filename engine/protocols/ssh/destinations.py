"""Where a forward leads: the operation it is, and the destinations that no rule can give.

The control socket is the engine's own door: who holds it is told by the kernel, and a connection that a target's sshd
makes for a client would be somebody else's.
"""

from __future__ import annotations

import asyncio
import os
import posixpath
import re
from ipaddress import IPv6Address
from pathlib import Path
from typing import TYPE_CHECKING

from engine.model import Access, Effect, Operation, Resource
from engine.protocols.ssh.requests import new_id

if TYPE_CHECKING:
    from engine.session import Session

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}(?:%[A-Za-z0-9._-]{1,32})?\]):[0-9]{1,5}")
_LAST_PORT = 65535
_LONGEST_PATH = 4096
_HANDLES = ("/proc", "/dev/fd")  # paths there are other paths, and whose depends on who looks


class Forbidden(ValueError):
    """A destination that no rule can give; says why."""


def tcp(session: Session, verb: str, host: str, port: int) -> Operation:
    """Connecting to a port of a host (CONNECT), listening on one (LISTEN), or what came in there (ACCEPT).

    All addresses of a machine are `0.0.0.0`."""
    return _operation(session, verb, Resource("host", f"{_plain(host or '0.0.0.0')}:{port}"))


def unix(session: Session, verb: str, path: str) -> Operation:
    """The same of a Unix socket (SOCKET, LISTEN, ACCEPT)."""
    plain = path if _is_astray(path) else posixpath.normpath(path).replace("//", "/")
    return _operation(session, verb, Resource("path", plain))


def lent(session: Session, verb: str) -> Operation:
    """The client's agent (AGENT) or display (X11), lent to what runs upstream."""
    return _operation(session, verb, Resource("agent" if verb == "AGENT" else "display", ""))


async def require_possible(operation: Operation, socket: Path) -> None:
    """Raise Forbidden where it leads nowhere that can be told, or by whatever name to the engine's control socket."""
    resource = operation.accesses[0].resource
    if resource.kind == "host":
        if not _HOST.fullmatch(resource.name) or int(resource.name.rpartition(":")[2]) > _LAST_PORT:
            raise Forbidden("it is no host and port")
    elif resource.kind == "path":
        if _is_astray(resource.name):
            raise Forbidden("it is no absolute path without `..`")
        if any(f"{resource.name}/".startswith(f"{handle}/") for handle in _HANDLES):
            raise Forbidden("it leads through what a process has open")
        await asyncio.to_thread(_require_other, Path(resource.name), socket)


def _is_astray(path: str) -> bool:
    return not path.startswith("/") or "\0" in path or ".." in path.split("/") or len(path) > _LONGEST_PATH


def _require_other(path: Path, socket: Path) -> None:
    """Paths are looked at on this machine. What is no socket of this machine is some other one of the target's; what
    may be one and cannot be looked at is refused."""
    if path in (socket, Path(os.path.realpath(socket))):
        raise Forbidden("it is the engine's control socket")
    try:
        found, own = os.stat(path), os.stat(socket)
    except (FileNotFoundError, NotADirectoryError):
        if os.path.realpath(path) == os.path.realpath(socket):
            raise Forbidden("it is the engine's control socket") from None
    except OSError:
        raise Forbidden("the engine cannot tell what it is") from None
    else:
        if (found.st_dev, found.st_ino) == (own.st_dev, own.st_ino):
            raise Forbidden("it is the engine's control socket")


def _operation(session: Session, verb: str, resource: Resource) -> Operation:
    return Operation(
        id=new_id(session),
        session=session.id,
        kind="forward",
        verb=verb,
        text=f"{verb} {resource.name}" if resource.name else verb,
        accesses=(Access(Effect.NETWORK, resource),),
    )


def _plain(host: str) -> str:
    """As rules have it: lower case, IPv6 addresses in brackets and compressed."""
    if ":" not in host:
        return host.lower()
    address, percent, scope = host.partition("%")
    try:
        return f"[{IPv6Address(address).compressed}{percent}{scope}]"
    except ValueError:
        return f"[{host}]"
