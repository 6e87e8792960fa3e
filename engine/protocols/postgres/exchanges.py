"""One submission of the client, as the pipeline sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from engine.errors import Denied
from engine.model import Operation
from engine.protocols.base import Hold
from engine.protocols.postgres.answers import NoticeResponse
from engine.protocols.postgres.denial import Fields, error_fields, fields_of

Tell = Callable[[NoticeResponse], None]


class Submission:
    """One Query's statements, or one Bind's portal, or what a start-up asked for: decided together.

    `before_waiting` runs once it turns out that people must decide: what precedes it goes upstream then. `again` reads
    the operations anew; without it their meaning hangs on nothing that may change.
    """

    def __init__(
        self,
        operations: Sequence[Operation],
        *,
        tell: Tell,
        before_waiting: Callable[[], None] = lambda: None,
        again: Callable[[], Awaitable[Sequence[Operation]]] | None = None,
        estimate: Callable[[Operation], Awaitable[int | None]] | None = None,
    ) -> None:
        self._operations = operations
        self._estimate = estimate
        self._again = again
        self._was_analysed = False
        self._tell = tell
        self._before_waiting = before_waiting
        self.withdrawn = asyncio.Event()
        self.is_held = False

    def __repr__(self) -> str:
        return f"<Submission of {len(self._operations)}{', held' if self.is_held else ''}>"

    async def analyse(self) -> Sequence[Operation]:
        """The operations; the adapter has analysed them already, for the first time that this asks."""
        if self._was_analysed and self._again is not None:
            return await self._again()
        self._was_analysed = True
        return self._operations

    async def estimate(self, operation: Operation) -> int | None:
        """What the server's planner guesses."""
        return None if self._estimate is None else await self._estimate(operation)

    async def hold(self, hold: Hold) -> None:
        """Tell the client that it waits, in a notice."""
        self._before_waiting()
        self.is_held = True
        self._tell(notice_of(hold))

    def withdraw(self) -> None:
        """The client cancelled, or is gone."""
        self.withdrawn.set()

    def refusal(self, denied: Denied) -> Fields:
        """The error of its denial; one the client asked for reads as any cancelled statement does."""
        if self.is_held and self.withdrawn.is_set():
            return error_fields("57014", "canceling statement due to user request", denied.why, denied.hint)
        return fields_of(denied)


def notice_of(hold: Hold) -> NoticeResponse:
    """What a client is told while it waits."""
    people = "one of them" if hold.quorum == 1 else f"{hold.quorum} of them"
    return NoticeResponse(
        {
            "S": "NOTICE",
            "V": "NOTICE",
            "C": "00000",
            "M": f"waiting for approval: review {hold.review}",
            "D": f"rule {hold.rule}: {hold.reason}\n"
            f"reviewers: {', '.join(hold.reviewers)} ({people}); decided until {hold.deadline}",
            "H": f"it waits here for {hold.hold:g} s; cancelling it withdraws the review",
        }
    )


Step = Awaitable[None]
"""What has to be waited for before the client's next message can be looked at."""
