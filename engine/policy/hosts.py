"""Patterns over `host:port`: names in any letter case, addresses however they are spelled.

`*` stays within one part of a dotted name, `**` crosses them and is any host, alone. A name and the address it stands
for are not told apart here: who answers for a name is known where it is looked up, which is upstream.
"""

from __future__ import annotations

import re
import socket
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

from engine.policy.globs import MAX_LENGTH, BadGlob, path_glob

_LONGEST_HOST = 300  # a name has 253 characters
_EXAMPLE = "for example db.internal:5432, *.internal:*, [fd00::1]:22"
_NAME = re.compile(r"(?:[A-Za-z0-9_*-]+\.)*[A-Za-z0-9_*-]+")
_PORT = re.compile(r"\*|[0-9]{1,5}")
_DIGITS = re.compile(r"[0-9]{1,5}")
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class HostGlob:
    """A pattern over hosts and ports; `port` None is any."""

    text: str
    host: re.Pattern[str]
    port: int | None

    def matches(self, name: str, *, broadly: bool) -> bool:
        """Whether it means this `host:port`.

        Narrowly the host is spelled as in the pattern, letter case aside. Broadly it is also read as the address that
        it spells another way (`127.1`, `::ffff:10.0.0.1`, a dot at its end), and this machine by all its names; a host
        that was not told may be any.
        """
        host, _, port = name.rpartition(":")
        if len(name) > _LONGEST_HOST or "/" in name or not _DIGITS.fullmatch(port):
            return broadly
        if self.port is not None and self.port != int(port):
            return False
        return any(self.host.fullmatch(_as_path(spelling)) for spelling in _spellings(host, broadly=broadly))


def host_glob(pattern: str) -> HostGlob:
    """The pattern of a host and its port; raises BadGlob."""
    if not pattern or len(pattern) > MAX_LENGTH:
        raise BadGlob("an empty pattern" if not pattern else "a pattern this long", _EXAMPLE)
    host, colon, port = pattern.rpartition(":")
    if not colon or port.endswith("]"):
        raise BadGlob(f"{pattern!r} says no port", _EXAMPLE)
    if not _PORT.fullmatch(port) or (port != "*" and not 0 <= int(port) <= 65535):
        raise BadGlob(f"{port!r} is no port", f"a number or *, {_EXAMPLE}")
    return HostGlob(pattern, _host_pattern(host), None if port == "*" else int(port))


def _host_pattern(host: str) -> re.Pattern[str]:
    if host.startswith("[") and host != "[*]":
        host = f"[{_address(host)}]"
    elif host not in ("**", "[*]") and (not _NAME.fullmatch(host) or "***" in host):
        raise BadGlob(f"{host!r} is no host", _EXAMPLE)
    return path_glob(_as_path(host.lower())).regex


def _as_path(host: str) -> str:
    """The host with its parts as those of a path; no `*` crosses into the brackets of an address."""
    return host.replace(".", "/").replace("[", "[/")


def _address(host: str) -> str:
    try:
        return IPv6Address(host.removeprefix("[").removesuffix("]")).compressed
    except ValueError:
        raise BadGlob(f"{host!r} is no IPv6 address", _EXAMPLE) from None


@lru_cache(maxsize=1024)
def _spellings(host: str, *, broadly: bool) -> tuple[str, ...]:
    written = host.lower()
    if written.startswith("["):
        written = _compressed(written)
    if not broadly:
        return (written,)
    plain = written.rstrip(".") or written
    address = _read(plain)
    found = {written, plain}
    if address is not None:
        found.add(f"[{address}]" if address.version == 6 else str(address))
    if plain == "localhost" or plain.endswith(".localhost") or (address is not None and _is_here(address)):
        found.update(_LOOPBACK)
    return tuple(found)


def _compressed(host: str) -> str:
    try:
        return f"[{IPv6Address(host[1:-1]).compressed}]"
    except ValueError:
        return host


def _read(host: str) -> IPv4Address | IPv6Address | None:
    """The address that a host spells, as inet_aton(3) and IPv6 read it: `127.1`, `0x7f000001`, `::ffff:127.0.0.1`."""
    try:
        address = ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        try:
            return IPv4Address(socket.inet_aton(host))
        except (OSError, ValueError):
            return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _is_here(address: IPv4Address | IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified
