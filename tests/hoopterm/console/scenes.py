"""An engine that exists only in memory, and what it has to show: the console's tests look at it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import msgspec

from engine.api.schema import (
    AccessView,
    ChangesView,
    ChangeView,
    EntryDetailView,
    EntryView,
    FrameView,
    IdentityView,
    LiveView,
    OutcomeView,
    RecordingView,
    ReviewView,
    SearchView,
    SessionView,
    StatusView,
    TargetView,
    VoteView,
)
from hoopterm.console.searching import ROUTINE
from hoopterm.errors import EngineUnreachable, Refused
from tests.hoopterm.console.policies import Policies
from tests.hoopterm.console.record import detail
from tests.hoopterm.console.registers import Registers

NOW = datetime(2026, 11, 22, 21, 41, 7, tzinfo=UTC)

STALE_ORDERS = """DELETE FROM orders
 WHERE status = 'stale'
   AND created < now() - interval '30 days'"""


def stamp(seconds: float = 0.0) -> str:
    """An API time some seconds after the scenes' fixed now."""
    return (NOW + timedelta(seconds=seconds)).isoformat().replace("+00:00", "Z")


REPORTS = IdentityView(
    "report-bot", "agent", ["agents"], sponsor="carol", purpose="nightly reports", on_behalf_of="alice"
)
SHOP = TargetView("shop", "postgres", "10.4.0.2:5432", "shop", "enforce", {"env": "prod"}, "password")
ETL = IdentityView("etl-bot", "agent", ["agents"], sponsor="erin", purpose="import of supplier prices")


def held(id: str = "rv_1", **changes: object) -> ReviewView:
    """A DELETE that waits, with these fields changed."""
    review = ReviewView(
        id=id,
        state="pending",
        session="se_7f3a",
        operation="op_14",
        identity=REPORTS,
        target="shop",
        verb="DELETE",
        text=STALE_ORDERS,
        rule="deletes-need-a-human",
        reason="agents may delete only with a person's approval",
        reviewers=["dba"],
        quorum=1,
        requested=stamp(-46),
        deadline=stamp(134),
        database="shop",
        role="app",
        accesses=[
            AccessView("delete", "public.orders"),
            AccessView("read", "public.orders", ["status", "created"]),
        ],
        has_where=True,
        is_held=True,
        held_until=stamp(14),
        estimated_rows=412,
        may_decide=True,
        similar_before=6,
    )
    return msgspec.structs.replace(review, **changes)


def queue() -> list[ReviewView]:
    """Three that wait, two that are past."""
    return [
        held(),
        held(
            "rv_2",
            identity=ETL,
            verb="UPDATE",
            text="UPDATE customers SET tier = $1 WHERE id = ANY($2)",
            parameters=["gold", "{17,18,23}"],
            accesses=[
                AccessView("write", "public.customers", ["tier"]),
                AccessView("read", "public.customers", ["id"]),
            ],
            deadline=stamp(590),
            session="se_81c0",
            estimated_rows=3,
            is_held=False,
            similar_before=0,
            in_transaction=True,
        ),
        held(
            "rv_3",
            identity=ETL,
            verb="DELETE",
            text="DELETE FROM sessions",
            accesses=[AccessView("delete", "public.sessions")],
            has_where=False,
            deadline=stamp(842),
            session="se_81c0",
            estimated_rows=18_204,
            may_decide=False,
            why_not="you sponsor etl-bot",
            similar_before=0,
        ),
        held(
            "rv_0",
            state="used",
            deadline=stamp(-500),
            votes=[VoteView("dan", "approve", "checked with carol, OPS-114", stamp(-620))],
            outcome=OutcomeView("completed", "DELETE 397", 0, 397),
        ),
        held(
            "rv_00",
            state="denied",
            identity=ETL,
            verb="UPDATE",
            text="UPDATE customers SET email = lower(email)",
            accesses=[AccessView("write", "public.customers", ["email"])],
            deadline=stamp(-3000),
            votes=[VoteView("bob", "deny", "not during the sale", stamp(-3600))],
        ),
    ]


def sessions() -> list[SessionView]:
    """Two live, two past."""
    return [
        SessionView(
            "se_7f3a",
            "live",
            REPORTS,
            "shop",
            "postgres",
            "10.4.0.17:51422 psql",
            stamp(-250),
            operations=14,
            denied=1,
            held=1,
            masked=240,
            rows=1204,
            last_verb="DELETE",
            recording="recordings/se_7f3a.hoop",
        ),
        SessionView(
            "se_81c0",
            "live",
            ETL,
            "shop",
            "postgres",
            "10.4.0.9:40022 asyncpg",
            stamp(-3900),
            operations=18_204,
            denied=0,
            held=2,
            masked=0,
            rows=5_120_000,
            last_verb="UPDATE",
            recording="recordings/se_81c0.hoop",
        ),
        SessionView(
            "se_2b11",
            "closed",
            REPORTS,
            "shop",
            "postgres",
            "10.4.0.17:50110 psql",
            stamp(-90_000),
            stamp(-86_000),
            operations=31,
            denied=4,
            held=0,
            masked=1012,
            rows=220,
            last_verb="SELECT",
            recording="recordings/se_2b11.hoop",
        ),
        SessionView(
            "se_0a09",
            "closed",
            ETL,
            "warehouse",
            "postgres",
            "10.4.0.9:40001 asyncpg",
            stamp(-7000),
            stamp(-6400),
            mode="observe",
            operations=88,
            last_verb="COPY",
            rows=88_000,
            recording="recordings/se_0a09.hoop",
        ),
    ]


def status(**changes: object) -> StatusView:
    """An engine in good health, asked by bob, an approver."""
    view = StatusView(
        pid=4711,
        version="0.1.0",
        started=stamp(-90_000),
        state="/var/lib/hoopterm",
        listeners=[],
        targets=[],
        sessions=2,
        pending_reviews=3,
        operations=18_341,
        denied=5,
        masked=1252,
        log_size=48_113,
        checkpoint=stamp(-1),
        policy="b2f0",
        you="bob",
        permissions=["approver"],
    )
    return msgspec.structs.replace(view, **changes)


def _apart(query: str) -> tuple[str, bool]:
    """The query as it was typed, and whether routine is wanted too."""
    typed = query.removesuffix(f"!event:{ROUTINE}")
    return typed.rstrip(), typed == query


class FakeEngine(Registers, Policies):
    """The client's methods over plain lists. `away` makes every call fail; `feed` is the live stream."""

    def __init__(self) -> None:
        super().__init__()
        self.feed: asyncio.Queue[LiveView | None] = asyncio.Queue()
        self.frames: asyncio.Queue[FrameView | None] = asyncio.Queue()
        self.kept = {review.id: review for review in queue()}
        self.open = {session.id: session for session in sessions()}
        self.view = status()
        self.away = False
        self.refusal: Refused | None = None
        self.files: dict[str, bytes] = {}
        self.entries: list[EntryView] = []
        self.news: asyncio.Queue[EntryView | None] = asyncio.Queue()
        self.recent: list[ChangeView] = []
        self.recent_refusal: Refused | None = None
        self.size = 48_113

    @asynccontextmanager
    async def road(self) -> AsyncGenerator[FakeEngine, None]:
        """What the link opens."""
        self._answer()
        yield self

    def _answer(self) -> None:
        if self.away:
            raise EngineUnreachable("the engine is unreachable at /run/hoopterm/control.sock", "is it running?")
        if self.refusal is not None:
            raise self.refusal

    async def status(self) -> StatusView:
        """How it is."""
        self._answer()
        return self.view

    async def reviews(self) -> list[ReviewView]:
        """All reviews."""
        self._answer()
        return list(self.kept.values())

    async def sessions(self) -> list[SessionView]:
        """All sessions."""
        self._answer()
        return list(self.open.values())

    async def live(self) -> AsyncGenerator[LiveView, None]:
        """What was put on `feed`, until None."""
        while (view := await self.feed.get()) is not None:
            yield view
        self._answer()

    async def approve(self, review: str, reason: str = "") -> ReviewView:
        """Approve as bob."""
        return self._vote("approve", review, reason)

    async def deny(self, review: str, reason: str) -> ReviewView:
        """Deny as bob."""
        return self._vote("deny", review, reason)

    def _vote(self, verdict: str, review: str, reason: str) -> ReviewView:
        self._answer()
        self.calls.append((verdict, review, reason))
        state = "approved" if verdict == "approve" else "denied"
        votes = [VoteView("bob", verdict, reason, stamp())]
        self.kept[review] = msgspec.structs.replace(self.kept[review], state=state, votes=votes)
        return self.kept[review]

    async def kill(self, session: str, reason: str = "") -> None:
        """End a session."""
        self._answer()
        self.calls.append(("kill", session, reason))

    async def watch(self, session: str) -> AsyncGenerator[FrameView, None]:
        """What was put on `frames`, until None."""
        self._answer()
        while (frame := await self.frames.get()) is not None:
            yield frame

    async def changes(self, since: int | None = None) -> ChangesView:
        """What was put into `news`, from an entry on."""
        self._answer()
        self.calls.append(("changes", str(since)))
        if self.recent_refusal is not None:
            raise self.recent_refusal
        first = min(since or 0, self.size)
        kept = [change for change in self.recent if change.sequence >= first]
        return ChangesView(self.size, first, stamp(-11_000), first, kept)

    async def search(
        self, query: str = "", *, limit: int = 100, before: int | None = None, after: int | None = None
    ) -> SearchView:
        """Those of `entries`, the newest last, whose text has the query; less routine where that was left out."""
        self._answer()
        query, has_all = _apart(query)
        self.calls.append(("search", query, str(before), str(after)))
        if query.startswith("colour:"):
            raise Refused("error", "there is no field 'colour'", "fields are identity, target")
        if operation := re.search(r"operation:(\S+)", query):
            found = [entry for entry in self.entries if entry.operation == operation[1].strip('"')]
        else:
            found = [entry for entry in self.entries if query in entry.text]
        found = [entry for entry in found if has_all or entry.event != ROUTINE]
        if after is not None:
            kept = [entry for entry in found if entry.sequence > after]
        else:
            kept = [entry for entry in reversed(found) if before is None or entry.sequence < before]
        return SearchView(kept[:limit], len(kept) > limit, len(self.entries), len(self.entries))

    async def follow_search(
        self, query: str = "", *, limit: int = 100, after: int | None = None
    ) -> AsyncGenerator[EntryView, None]:
        """What was put on `news`, until None."""
        self._answer()
        self.calls.append(("follow", _apart(query)[0]))
        while (entry := await self.news.get()) is not None:
            yield entry

    async def entry(self, sequence: int) -> EntryDetailView:
        """One of `entries` with a proof that holds."""
        self._answer()
        self.calls.append(("entry", str(sequence)))
        return detail(self.entries[sequence], has_recording=bool(self.files))

    async def recordings(self) -> list[RecordingView]:
        """What can be replayed."""
        self._answer()
        return [RecordingView(id, f"recordings/{id}.hoop", len(data), stamp(-60)) for id, data in self.files.items()]

    async def download(self, session: str) -> AsyncGenerator[bytes, None]:
        """A recording's bytes."""
        self._answer()
        yield self.files[session]
