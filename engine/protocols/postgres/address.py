"""Where a PostgreSQL server listens."""

from __future__ import annotations

from dataclasses import dataclass

from engine.loopback import is_loopback

DEFAULT_PORT = 5432


@dataclass(frozen=True, slots=True)
class Address:
    """A TCP host and port, or the path of a Unix socket."""

    host: str = ""
    port: int = DEFAULT_PORT
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return self.path
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether what is said to it never leaves the machine."""
        return bool(self.path) or is_loopback(self.host)


def parse_address(text: str) -> Address:
    """`host`, `host:port`, `[ipv6]:port`, `/directory`, `/directory:port` or the socket's own path.

    Raises ValueError saying what is wrong.
    """
    if text.startswith("/"):
        directory, _, port = text.partition(":")
        if directory.rpartition("/")[2].startswith(".s.PGSQL."):
            return Address(path=directory)
        return Address(path=f"{directory.rstrip('/')}/.s.PGSQL.{_port(port)}")
    if text.startswith("["):
        host, closing, rest = text[1:].partition("]")
        if not closing or (rest and not rest.startswith(":")):
            raise ValueError(f"{text!r} is not [host]:port")
        return Address(host, _port(rest[1:]))
    if text.count(":") > 1:
        raise ValueError(f"an IPv6 address stands in brackets: [{text}]:{DEFAULT_PORT}")
    host, _, port = text.partition(":")
    if not host:
        raise ValueError(f"{text!r} names no host")
    return Address(host, _port(port))


def _port(text: str) -> int:
    if not text:
        return DEFAULT_PORT
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65536):
        raise ValueError(f"{text!r} is not a port")
    return int(text)
