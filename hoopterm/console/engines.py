"""The engines of one console: each with a link and a picture of its own, one of them in front.

Every link is followed all the time, so that what waits elsewhere is told; what a person does goes to the engine in
front.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hoopterm.address import VARIABLE, Address, find, named
from hoopterm.console.lines import BLANK, Line, line
from hoopterm.console.link import Engine, Link, Road
from hoopterm.console.palette import Entry
from hoopterm.console.phrases import plural
from hoopterm.console.store import LinkState, Store

if TYPE_CHECKING:
    from hoopterm.console.app import Console


_WORDS_FROM = 100  # columns of a header with room for words


@dataclass(frozen=True, slots=True)
class Attached:
    """One engine: what a person calls it, the road to it, what it said. Without a link only a file is read."""

    name: str
    store: Store
    link: Link | None


def attach(roads: Iterable[tuple[str, Road]], changed: Callable[[], None]) -> list[Attached]:
    """A link and a picture for each."""
    found = []
    for name, road in roads:
        store = Store()
        found.append(Attached(name, store, Link(store, road, changed)))
    return found


def roads(addresses: Sequence[str]) -> list[tuple[str, Road]]:
    """The roads to engines that the command line names, with their names; without any, to the one that is found.

    Raises Misused for what cannot be an address, before anything is on the screen.
    """
    if not addresses:
        return [(named(os.environ.get(VARIABLE)) or socket.gethostname(), _road(None))]
    names = [_name(address, is_alone=len(addresses) == 1) for address in addresses]
    return [
        (name if names.count(name) == 1 else address, _road(address))
        for name, address in zip(names, addresses, strict=True)
    ]


def _name(address: str, is_alone: bool) -> str:
    found = find(address)
    if not isinstance(found, Address):
        return found.place
    return socket.gethostname() if is_alone else found.socket.parent.name


def _road(address: str | None) -> Road:
    def open_road() -> AbstractAsyncContextManager[Engine]:
        from hoopterm.client import Client

        return Client.at(address)

    return open_road


def note(engines: Sequence[Attached], front: int, cells: int) -> Line:
    """Which of several is in front, and what waits at the others; nothing for one alone."""
    if len(engines) < 2:
        return BLANK
    waiting = sum(len(engine.store.waiting) for place, engine in enumerate(engines) if place != front)
    told = line((f" {front + 1}/{len(engines)}", "dim"))
    said = f" ▲ {waiting} elsewhere" if cells >= _WORDS_FROM else f" ▲+{waiting}"
    return told + line((said, "waiting")) if waiting else told


def entries(engines: Sequence[Attached], front: int) -> Iterator[Entry]:
    """What the picker lists."""
    for place, engine in enumerate(engines):
        told = f"{_state(engine.store)}{' · in front' if place == front else ''}"
        yield Entry("engine", engine.name, told, _brings(place), str(place + 1))


def _state(store: Store) -> str:
    if store.link is LinkState.CONNECTING:
        return "◌ connecting"
    if store.link is LinkState.LOST:
        return f"✗ away · {store.cause}"
    live = sum(session.state == "live" for session in store.sessions.values())
    return f"● live · {len(store.waiting)} waiting · {plural(live, 'session')}"


def _brings(place: int) -> Callable[[Console], object]:
    return lambda console: console.bring(place)
