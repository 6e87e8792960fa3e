"""One request of one known person, as handlers see it."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
from aiohttp import web

from engine.api.auth import Caller
from engine.audit.events import EventName
from engine.errors import HooptermError

if TYPE_CHECKING:
    from engine.gateway import Gateway

T = TypeVar("T")


class Readings:
    """Which exact texts each person has been shown since the engine began: showing one again is no new event."""

    def __init__(self, most: int = 10_000) -> None:
        self._most = most
        self._known: OrderedDict[tuple[str, str], None] = OrderedDict()

    def has(self, person: str, what: str) -> bool:
        """Whether they have."""
        return (person, what) in self._known

    def add(self, person: str, shown: Iterable[str]) -> None:
        """Remember; the longest ago is forgotten first."""
        self._known.update(((person, what), None) for what in shown)
        while len(self._known) > self._most:
            self._known.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Call:
    """Who asks what of which gateway."""

    gateway: Gateway
    request: web.Request
    caller: Caller
    readings: Readings

    @property
    def id(self) -> str:
        """The `{id}` of the route's path."""
        return self.request.match_info["id"]

    def query(self, name: str) -> str | None:
        """One parameter of the query, None where it is absent."""
        return self.request.query.get(name)

    def number(self, name: str, *, most: int = 1 << 53) -> int | None:
        """A parameter that is a whole number, None where it is absent; raises HooptermError for what is none."""
        text = self.query(name)
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and len(text) < 17) or int(text) > most:
            raise HooptermError(f"`{name}` is no number up to {most}: {text[:20]!r}")
        return int(text)

    async def body(self, shape: type[T]) -> T:
        """The request's body; raises HooptermError where it is not of this shape."""
        content = await self.request.read()
        try:
            return msgspec.json.decode(content, type=shape)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise HooptermError("the request does not read", str(error)) from error

    async def evidence(
        self, what: str, *, session: str | None = None, operation: str | None = None, **data: object
    ) -> None:
        """Record that the caller reads evidence, and return when that is on stable storage; raises RecordError."""
        log = self.gateway.log
        sequence = log.append(
            EventName.EVIDENCE_READ,
            session=session,
            operation=operation,
            identity=self.caller.name,
            data={"what": what, **data},
        )
        await log.wait(sequence)
