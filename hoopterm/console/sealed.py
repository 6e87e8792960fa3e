"""Which entries of the audit log are about an operation, and whether the one that decided it is proven."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Protocol

from engine.api.schema import EntryDetailView, EntryView, SearchView
from hoopterm.console import proof
from hoopterm.console.proof import Proven
from hoopterm.console.searching import quoted
from hoopterm.errors import Problem

_MOST = 100  # entries of one operation that are looked at
_KEPT = 256  # operations that are remembered


class Log(Protocol):
    """What is asked of an engine."""

    async def search(
        self, query: str = "", *, limit: int = 100, before: int | None = None, after: int | None = None
    ) -> SearchView:
        """Entries that a query finds."""
        ...

    async def entry(self, sequence: int) -> EntryDetailView:
        """One entry whole, with its proof."""
        ...


@dataclass(frozen=True, slots=True)
class Sealed:
    """What the log has of an operation: the entry that opened it, its proof, how many follow; or why it has not."""

    entry: EntryView | None = None
    proven: Proven | None = None
    others: int = 0
    cause: str = ""


class Seals:
    """The log's entries of a session's operations: each is asked for once, since every search is an entry itself."""

    def __init__(self, session: str) -> None:
        self._session = session
        self._known: OrderedDict[str, Sealed] = OrderedDict()

    def of(self, operation: str) -> Sealed | None:
        """What is known of an operation; None where it was not asked yet."""
        return self._known.get(operation)

    async def ask(self, log: Log, operation: str) -> Sealed:
        """Find its entries and check the proof of the first. What may come later is not kept."""
        known = self._known.get(operation)
        if known is not None:
            return known
        try:
            page = await log.search(f"session:{quoted(self._session)} operation:{quoted(operation)}", limit=_MOST)
        except Problem as problem:
            return Sealed(cause=problem.message)
        entries = sorted((each for each in page.entries if each.operation == operation), key=lambda it: it.sequence)
        if not entries:
            return Sealed(cause="the log has no entry of it that is indexed")
        try:
            proven = proof.check(await log.entry(entries[0].sequence))
        except Problem as problem:
            return Sealed(entries[0], None, len(entries) - 1, problem.message)
        found = self._known[operation] = Sealed(entries[0], proven, len(entries) - 1)
        if len(self._known) > _KEPT:
            self._known.popitem(last=False)
        return found
