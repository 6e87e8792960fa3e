"""Reviews: listed, shown, decided.

The exact text goes to those who may decide a review while it is pending, everybody else gets the masked one. The first
time somebody is sent an exact text is an event.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.api.call import Call
from engine.api.schema import Reason, ReviewView
from engine.api.views import review_view
from engine.approvals.request import Review, State
from engine.errors import HooptermError


async def list_reviews(call: Call) -> list[ReviewView]:
    """Reviews in one state, or all that are kept; those that wait by their deadlines, others latest first."""
    asked = call.query("state")
    if asked == State.PENDING:
        return await pending(call)
    try:
        states = {State(asked)} if asked is not None else None
    except ValueError:
        raise HooptermError(f"reviews have no state {asked!r}", hint=f"one of {', '.join(State)}") from None
    return await _shown_all(call, await call.gateway.approvals.list(states))


async def pending(call: Call) -> list[ReviewView]:
    """Reviews that wait for people, oldest deadline first."""
    waiting = await call.gateway.approvals.list({State.PENDING})
    return await _shown_all(call, sorted(waiting, key=lambda review: (review.deadline, review.id)))


async def show_review(call: Call) -> ReviewView:
    """One review."""
    return await shown(call, await call.gateway.approvals.get(call.id))


async def approve(call: Call) -> ReviewView:
    """Vote for it."""
    return await _vote(call, "approve")


async def deny(call: Call) -> ReviewView:
    """Vote against it; a reason is asked for, since the client is told."""
    return await _vote(call, "deny")


async def revoke_review(call: Call) -> ReviewView:
    """Take back an approval that has not been used."""
    asked = await call.body(Reason)
    return await shown(call, await call.gateway.approvals.revoke(call.id, call.caller.name, asked.reason))


async def shown(call: Call, review: Review) -> ReviewView:
    """A review as the caller may see it."""
    (view,) = await _shown_all(call, [review])
    return view


async def _vote(call: Call, verdict: str) -> ReviewView:
    asked = await call.body(Reason)
    if verdict == "deny" and not asked.reason.strip():
        raise HooptermError("a denial needs a reason", hint="say in a few words what should be done instead")
    vote = call.gateway.approvals.vote(call.id, call.caller.person, verdict, asked.reason, call.caller.sign)
    return await shown(call, await vote)


async def _shown_all(call: Call, reviews: Iterable[Review]) -> list[ReviewView]:
    judged = [(review, call.gateway.approvals.why_not(review, call.caller.person)) for review in reviews]
    exact = [review.id for review, why_not in judged if not why_not and review.exact is not None]
    if new := [id for id in exact if not call.readings.has(call.caller.name, id)]:
        await call.evidence("review", reviews=new)
        call.readings.add(call.caller.name, new)
    return [review_view(review, why_not) for review, why_not in judged]
