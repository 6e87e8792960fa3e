"""Denials as the engine words them: what, why, and what to do next. Adapters put them into their protocol's words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from engine.errors import Denied
from engine.model import Decision, Excess, Operation, Verdict

if TYPE_CHECKING:
    from engine.approvals.request import Review


def denied(operation: Operation, decision: Decision) -> Denied:
    """Policy or masking decided against it."""
    return Denied(
        f"{operation.verb} denied",
        _because(decision),
        _next(decision),
        decision=decision,
        operation=operation.id,
    )


def _next(decision: Decision) -> str:
    """What to do after it: a path that may be any is decided as any, which the client can mend."""
    access = decision.access
    if access is not None and access.resource.kind == "path" and (path := access.resource.name):
        if not path.startswith("/"):
            return "a relative path may be any, since where it starts is not known here: give it from the root"
        if ".." in path.split("/"):
            return "a path with `..` may be any, since links are not known here: give it without `..`"
    return "ask for a rule that allows it, or for another way to do this"


def locked(operation: Operation, why: str) -> Denied:
    """Its session was stopped while it was on its way."""
    return Denied(
        f"{operation.verb} denied",
        why,
        "ask an administrator",
        decision=Decision(Verdict.DENY, None, why),
        operation=operation.id,
    )


def changed(operation: Operation, decision: Decision) -> Denied:
    """It means something else than when it was decided."""
    return Denied(
        f"{operation.verb} denied",
        "what it touches has changed since it was decided",
        "send it again, to have it decided as it is now",
        decision=decision,
        operation=operation.id,
        retry=True,
    )


def uncounted(decision: Decision, why: str) -> Decision:
    """Against an operation that is limited in the rows it changes, when nobody will tell how many those are."""
    assert decision.limit is not None
    limit = decision.limit
    return Decision(Verdict.DENY, limit.changed_by, f"it may change at most {limit.changed} rows, and {why}")


def exceeded(operation: Operation, decision: Decision, excess: Excess) -> Denied:
    """It went past a limit, and is undone."""
    seen = f"it changed {excess.seen}" if excess.kind == "changed" else "there are more"
    reason = f"at most {excess.most} rows may be {excess.kind}, and {seen}"
    return Denied(
        f"{operation.verb} undone: more than {excess.most} rows {excess.kind}",
        f"rule {excess.rule}: {reason}",
        "nothing of it is kept; do it in smaller parts, or ask for a higher limit",
        decision=replace(decision, verdict=Verdict.DENY, rule=excess.rule, reason=reason),
        operation=operation.id,
    )


def waiting(operation: Operation, decision: Decision, review: Review, why: str) -> Denied:
    """People have not decided yet, and it is not held until they do."""
    return Denied(
        f"{operation.verb} is waiting for approval: review {review.id}",
        f"{why}; {_because(decision)}",
        f"send the identical statement again once it is approved (until {review.deadline_text})",
        decision=decision,
        operation=operation.id,
        review=review.id,
        retry=True,
    )


def turned_down(operation: Operation, decision: Decision, review: Review) -> Denied:
    """Its review ended without an approval that could be used."""
    votes = [f"{vote.person}: {vote.reason}" if vote.reason else vote.person for vote in review.votes]
    by = f" by {', '.join(votes)}" if votes else ""
    return Denied(
        f"{operation.verb} was not approved",
        f"review {review.id} is {review.state.value}{by}; {_because(decision)}",
        "talk to the reviewers, or do this another way",
        decision=decision,
        operation=operation.id,
        review=review.id,
    )


def _because(decision: Decision) -> str:
    return f"rule {decision.rule}: {decision.reason}" if decision.rule else decision.reason
