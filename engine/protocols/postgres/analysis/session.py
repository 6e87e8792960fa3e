"""Which catalog a session's names are looked up in, and along which path as the server walks it.

Where a session has changed the schema without committing, or has temporary objects, only the session itself can tell
what names mean: then the catalog is loaded through it, and compared with it again like the shared one.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import msgspec

from engine.protocols.postgres.catalog.queries import IDENTITY
from engine.protocols.postgres.catalog.snapshot import Fetch, Snapshot, Surroundings, load_users
from engine.protocols.postgres.catalog.source import INTERVAL, CatalogSource
from engine.protocols.postgres.catalog.stamps import STAMPS, decode
from engine.protocols.postgres.statement import OwnCatalog, Probe, SessionState

_LOOK = f"""select stamped.stamps, placed.identity
from ({STAMPS.replace("$1", "''")}) stamped(transactions, stamps), ({IDENTITY}) placed(identity)"""


class SessionCatalogs:
    """Finds the catalog and the path for a state."""

    def __init__(self, source: CatalogSource, clock: Callable[[], float] = monotonic) -> None:
        self._source = source
        self._clock = clock

    async def shared(self, state: SessionState) -> tuple[Snapshot, tuple[str, ...]]:
        """What everybody sees. Raises UpstreamError."""
        usable = self._source.usable_now(state.role)
        snapshot = self._source.current
        if usable is None or snapshot is None:
            usable = await self._source.usable(state.role)
            snapshot = await self._source.fresh()
        path = tuple(schema for schema in state.search_path if schema in usable or schema.startswith("pg_temp"))
        return snapshot, path

    async def own(self, state: SessionState) -> tuple[Snapshot, tuple[str, ...]]:
        """What this session sees. Raises LookupError where it cannot be asked, UpstreamError."""
        probe = _probe(state)
        known = state.own_catalog
        now = self._clock()
        announced = self._source.announced
        seen = (state.version, announced)
        if known is None or (known.version, known.announced) != seen or now - known.compared >= INTERVAL:
            known = await self._compare(state, probe, known, now, announced)
            state.own_catalog = known
        snapshot = known.catalog
        assert isinstance(snapshot, Snapshot)
        return snapshot, snapshot.surroundings.search_path

    async def _compare(
        self, state: SessionState, probe: Probe, known: OwnCatalog | None, now: float, announced: int
    ) -> OwnCatalog:
        version = state.version
        ((told, placed),) = await probe(_LOOK)
        stamps, surroundings = decode(told or ""), msgspec.json.decode(placed or "", type=Surroundings)
        if known is not None and stamps == known.stamps:
            snapshot = known.catalog
            if isinstance(snapshot, Snapshot) and snapshot.surroundings == surroundings:
                return OwnCatalog(version, snapshot, stamps, now, announced)
        shared = await self._source.fresh()
        if stamps == self._source.stamps and not shared.has_unreadable:  # it sees what everybody sees
            snapshot = Snapshot(shared.builtin, shared.users, surroundings)
        else:
            users = await load_users(_fetch(probe))
            snapshot = Snapshot(shared.builtin, users, surroundings, printed_path=surroundings.search_path)
        return OwnCatalog(version, snapshot, stamps, now, announced)


def _probe(state: SessionState) -> Probe:
    if state.probe is None:
        raise LookupError("the session cannot be asked")
    if "pg_catalog" in state.search_path[1:]:
        # then operators of somebody's making come before the built-in ones, in our questions too
        raise LookupError("pg_catalog does not come first on the session's search_path")
    return state.probe


def _fetch(probe: Probe) -> Fetch:
    async def fetch(query: str) -> list[str]:
        return [row[0] or "" for row in await probe(query)]

    return fetch
