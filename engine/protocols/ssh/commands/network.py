"""Programs that talk to other hosts: which ones, and which files go along.

Options: curl(1), wget(1), nc(1) of OpenBSD, scp(1) of OpenSSH.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from engine.model import Access, Effect, Resource
from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.options import given, options
from engine.protocols.ssh.commands.paths import into, reads, writes

# Neither user names nor brackets, braces and backslashes before the path: what they name depends on who reads them.
_URL = re.compile(r"(?:(https?|ftps?)://)?([A-Za-z0-9.-]+)(?::([0-9]{1,5}))?(?:[/?#][!-~]*)?", re.IGNORECASE)
_REMOTE = re.compile(r"(?:[A-Za-z0-9._-]+@)?([A-Za-z0-9.-]+):(.*)", re.DOTALL)
_PORTS: Final = {"http": 80, "https": 443, "ftp": 21, "ftps": 990}
_CURL: Final = options(
    "sSfLIkvigGN46",
    "XHAeumod",
    "silent show-error fail location insecure verbose include head get compressed globoff no-progress-meter "
    "http1.1 ipv4 "
    "ipv6 fail-with-body no-buffer",
    "request header user-agent referer user max-time connect-timeout retry retry-delay output data data-raw "
    "data-binary url",
)
_WGET: Final = options(
    "qcS46",
    "OTtU",
    "quiet continue server-response no-verbose",
    "output-document timeout tries user-agent header",
)
_SCP: Final = options("346BCpqrTvO", "Pli")


def host(name: str, port: str | int) -> Access:
    """Talking to one port of one host; an empty name is any host."""
    return Access(Effect.NETWORK, Resource("host", f"{name.lower()}:{port}" if name else ""))


_ANY_HOST: Final = host("", 0)


def _url(url: str) -> Access:
    found = _URL.fullmatch(url)
    if found is None:
        raise Untold("an address that is not plain")
    return host(found[2], found[3] or _PORTS[(found[1] or "http").lower()])


def _curl(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _CURL)
    urls = [*told.operands, *told.values("url")]
    if not urls:
        raise Untold("it does not say where to")
    if not told.has("g", "globoff") and any(set(url) & set("{}[]") for url in urls):
        raise Untold("an address that stands for several")
    found = [_url(url) for url in urls]
    if told.has("L", "location"):
        found.append(_ANY_HOST)  # wherever the answer sends it
    for value in told.values("d", "data", "data-binary", "H", "header"):
        found += reads([value[1:]]) if value.startswith("@") else []
    return found + writes(name for name in told.values("o", "output") if name != "-")


def _wget(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _WGET)
    if not told.operands:
        raise Untold("it does not say where to")
    outputs = told.values("O", "output-document")
    # Without a name the server's answer may choose it.
    written = (
        writes(name for name in outputs if name != "-") if outputs else [Access(Effect.WRITE, Resource("path", ""))]
    )
    return [*(_url(url) for url in told.operands), _ANY_HOST, *written]


def _netcat(argv: Sequence[str]) -> list[Access]:
    operands = given(argv, options("46nNuvz", "w")).operands
    if len(operands) != 2 or not re.fullmatch(r"[A-Za-z0-9.:-]+", operands[0]) or not operands[1].isdigit():
        raise Untold("it does not say which host and port")
    return [host(operands[0], operands[1])]


def _scp(argv: Sequence[str]) -> list[Access]:
    told = given(argv, _SCP)
    if len(told.operands) < 2:
        raise Untold("it does not say what goes where")
    is_tree = told.has("r")
    port = (told.values("P") or ["22"])[-1]
    if not port.isdigit():
        raise Untold("a port that is no number")
    found, local = reads(told.values("i")), []
    *sources, destination = told.operands
    for source in sources:
        if remote := _remote(source):
            found.append(host(remote[1], port))
            local.append(remote[2])
        else:
            found += reads([source], is_tree=is_tree)
            local.append(source)
    if remote := _remote(destination):
        return [*found, host(remote[1], port)]
    return found + into(destination, local, is_tree=True)  # what comes over is named by the other side


def _remote(operand: str) -> re.Match[str] | None:
    """`[user@]host:path`, or None for a path here."""
    colon, slash = operand.find(":"), operand.find("/")
    if colon < 0 or 0 <= slash < colon:
        return None
    found = _REMOTE.fullmatch(operand)
    if found is None or found[2].startswith("//"):
        raise Untold("a host that is not plain")
    return found


PROGRAMS: Final[Mapping[str, Callable[[Sequence[str]], list[Access]]]] = {
    "curl": _curl,
    "wget": _wget,
    "nc": _netcat,
    "netcat": _netcat,
    "scp": _scp,
}
