"""Where the engine is: `--engine`, HOOPTERM_ENGINE, the `hoopterm.yaml` at hand, then the usual places.

A console that the engine itself opened has no address to find: it was given its end of a pair.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, unquote, urlsplit

from hoopterm.errors import EngineUnreachable, Misused

if TYPE_CHECKING:
    from aiohttp import BaseConnector

    from hoopterm.pair import Pair

VARIABLE = "HOOPTERM_ENGINE"
CONFIG_NAME = "hoopterm.yaml"
SERVICE_SOCKET = Path("/run/hoopterm/control.sock")
SOCKET_NAME = "control.sock"
DEFAULT_STATE = "state"
NO_ENGINE = "no engine was found"
_SSH_FORM = "the form is ssh://user@host:port/path/to/control.sock; only the host is needed"

_CONFIG_LIMIT = 1 << 20  # bytes of a configuration that are looked at
_ENGINE_SECTION = re.compile(r"^engine[ \t]*:[ \t]*(?P<rest>.*)$", re.MULTILINE)
_SETTING = re.compile(
    r"""(?:^|[{,\s])(?P<key>state|socket)\s*:\s+(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'|(?P<plain>[^\s,{}#"'][^,}#\n]*))"""
)


@dataclass(frozen=True, slots=True)
class Address:
    """The engine's control socket, and what named it."""

    socket: Path
    named_by: str

    def __str__(self) -> str:
        return str(self.socket)

    @property
    def advice(self) -> str:
        """What to do where nobody answers there."""
        return f"`hoopterm engine start --config FILE` starts it (found by {self.named_by})"

    def connector(self) -> BaseConnector:
        """How connections are made; inside a running loop."""
        from aiohttp import UnixConnector

        return UnixConnector(str(self.socket))


@dataclass(frozen=True, slots=True)
class Remote:
    """The control socket of an engine on another host, reached through its OpenSSH.

    `host` may be a name of `~/.ssh/config`, which then says what `user` ("") and `port` (0) leave open.
    """

    host: str
    socket: str
    user: str = ""
    port: int = 0

    def __str__(self) -> str:
        return f"ssh://{f'{self.user}@' if self.user else ''}{self.place}{self.socket}"

    @property
    def place(self) -> str:
        """The host, and its port where one is named."""
        name = f"[{self.host}]" if ":" in self.host else self.host
        return f"{name}:{self.port}" if self.port else name

    @property
    def command(self) -> str:
        """The OpenSSH client's command that logs in there."""
        port = f" -p {self.port}" if self.port else ""
        return f"ssh{port} {f'{self.user}@' if self.user else ''}{self.host}"

    @property
    def advice(self) -> str:
        """What to do where nobody answers there."""
        return f"is the engine running there? `{self.command} hoopterm engine status` tells"

    def connector(self) -> BaseConnector:
        """How connections are made; inside a running loop."""
        from hoopterm.bastion import BastionConnector

        return BastionConnector(self)


@dataclass(frozen=True, slots=True)
class Handed:
    """The engine that opened this console, at the other end of a pair."""

    pair: Pair
    advice = "log in again"

    def __str__(self) -> str:
        return "the other end"

    def connector(self) -> BaseConnector:
        """How connections are made; inside a running loop."""
        from hoopterm.pair import PairConnector

        return PairConnector(self.pair)


def find(
    engine: str | None = None, *, environ: Mapping[str, str] = os.environ, directory: Path | None = None
) -> Address | Remote:
    """The engine to talk to.

    Raises Misused for an address of a kind this version does not speak, EngineUnreachable when nothing names an
    engine and no usual place has one.
    """
    if engine:
        return _parse(engine, "--engine")
    if named := environ.get(VARIABLE):
        return _parse(named, f"--engine or {VARIABLE}")  # the command line hands its --engine on in it
    places = tuple(_places(environ, directory or Path.cwd()))
    for address in places:
        if address.named_by.endswith("engine.socket") or address.socket.exists():
            return address
    looked = ", ".join(str(address.socket) for address in places)
    raise EngineUnreachable(
        NO_ENGINE,
        f"start one with `hoopterm engine start --config FILE`, or name its socket; looked for {looked}",
    )


def named(engine: str | None) -> str:
    """What a person calls an engine: its host where it is another one; "" for one of this host, or of none."""
    return _remote(engine, "--engine").place if engine and engine.startswith("ssh://") else ""


def settings(config: Path) -> dict[str, str]:
    """`engine.state` and `engine.socket` of a configuration, by a tolerant scan of its lines.

    The base install has no YAML parser; what the scan does not understand it leaves out, and the usual places follow.
    """
    try:
        with config.open(encoding="utf-8", errors="replace") as file:
            text = file.read(_CONFIG_LIMIT)
    except OSError:
        return {}
    section = _ENGINE_SECTION.search(text)
    if section is None:
        return {}
    rest = section["rest"].strip()
    if rest.startswith("{"):
        body = text[section.start("rest") :].partition("}")[0]
    else:
        body = "\n".join(_indented(text[section.end() :]))
    found: dict[str, str] = {}
    for setting in _SETTING.finditer(body):
        value = setting["double"] or setting["single"] or (setting["plain"] or "").strip()
        if value:
            found.setdefault(setting["key"], value)
    return found


def _indented(text: str) -> Iterator[str]:
    """The lines of a block's first level, comments left out; deeper levels belong to other keys."""
    depth = 0
    for line in text.splitlines():
        content = line.lstrip(" ")
        if not content or content.startswith("#"):
            continue
        indent = len(line) - len(content)
        if indent == 0:
            return
        depth = depth or indent
        if indent == depth:
            yield content


def _places(environ: Mapping[str, str], directory: Path) -> Iterator[Address]:
    config = directory / CONFIG_NAME
    if config.is_file():
        found = settings(config)
        if "socket" in found:
            yield Address((directory / found["socket"]).resolve(), f"{config}: engine.socket")
        state = directory / found.get("state", DEFAULT_STATE)
        yield Address((state / SOCKET_NAME).resolve(), f"{config}: engine.state")
    yield Address(SERVICE_SOCKET, "the service's socket")
    if runtime := environ.get("XDG_RUNTIME_DIR"):
        yield Address(Path(runtime) / "hoopterm" / SOCKET_NAME, "XDG_RUNTIME_DIR")


def _parse(engine: str, named_by: str) -> Address | Remote:
    scheme, separator, rest = engine.partition("://")
    if not separator:
        return Address(Path(engine).expanduser().absolute(), named_by)
    if scheme == "unix" and rest.startswith("/"):
        return Address(Path(rest), named_by)
    if scheme == "ssh":
        return _remote(engine, named_by)
    if scheme == "https":
        raise Misused(
            f"{named_by} names https://, which this version does not speak yet",
            "give the path of the engine's control socket, or ssh://user@host",
        )
    raise Misused(
        f"{named_by} names no engine: {engine!r}", "give a path, unix:///path/to/control.sock, or ssh://user@host"
    )


def _remote(engine: str, named_by: str) -> Remote:
    try:
        parts: SplitResult = urlsplit(engine)
        host, port = parts.hostname or "", parts.port or 0
    except ValueError as error:
        raise Misused(f"{named_by} names no engine: {engine!r}: {error}", _SSH_FORM) from error
    # what begins with a dash would be an option to the commands that the advice names
    if not host or host.startswith("-") or parts.password or parts.query or parts.fragment:
        raise Misused(f"{named_by} names no engine: {engine!r}", _SSH_FORM)
    path = unquote(parts.path)
    return Remote(host, path if path not in ("", "/") else str(SERVICE_SOCKET), unquote(parts.username or ""), port)
