"""The engine's values as the API shows them. A stranger's text stays as it is: showing it safely is for clients."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from engine.api.schema import (
    AccessView,
    AppliedView,
    CheckView,
    FrameView,
    IdentityView,
    LockView,
    OutcomeView,
    ProblemView,
    ReviewView,
    SessionView,
    SpaceView,
    TargetView,
    TokenView,
    VoteView,
)
from engine.approvals.request import Review
from engine.config.diagnosis import Diagnosis, Placed
from engine.config.problems import printable
from engine.identity.locks import Lock, Locked, Locks
from engine.identity.tokens import Token
from engine.model import Access, Identity, Target
from engine.room import Space
from engine.session import Session
from engine.store.sessions import PastSession, listed
from replay.format import SUFFIX, Frame, RowBatch

if TYPE_CHECKING:
    from engine.config.revision import Credential, Revision
    from engine.policy_files import Applied


def moment(time: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def moment_or_none(time: datetime | None) -> str | None:
    """The same, where there may be none."""
    return moment(time) if time is not None else None


def identity_view(identity: Identity) -> IdentityView:
    """Who asks; the token's id stays inside."""
    return IdentityView(
        subject=identity.subject,
        kind=identity.kind,
        groups=sorted(identity.groups),
        sponsor=identity.sponsor,
        purpose=identity.purpose,
        on_behalf_of=identity.on_behalf_of,
        authenticated=identity.authenticated,
    )


def access_views(accesses: Iterable[Access]) -> list[AccessView]:
    """What an operation does to what."""
    return [
        AccessView(access.effect.value, f"{access.resource.kind}:{access.resource.name}", list(access.resource.columns))
        for access in accesses
    ]


def review_view(review: Review, why_not: str) -> ReviewView:
    """A review for somebody who may decide it (with its exact text), or may not because of `why_not`."""
    texts = review.exact if review.exact is not None and not why_not else review.masked
    return ReviewView(
        id=review.id,
        state=review.state.value,
        session=review.session,
        operation=review.operation,
        identity=identity_view(review.identity),
        target=review.target,
        verb=review.verb,
        text=texts.text,
        rule=review.rule,
        reason=review.reason,
        reviewers=sorted(review.terms.reviewers),
        quorum=review.terms.quorum,
        requested=moment(review.requested),
        deadline=moment(review.deadline),
        database=review.database,
        role=review.role,
        parameters=list(texts.parameters),
        accesses=access_views(texts.accesses),
        has_where=review.has_where,
        in_transaction=review.in_transaction,
        is_held=review.is_held,
        held_until=moment_or_none(review.held_until),
        estimated_rows=review.estimated_rows,
        votes=[VoteView(vote.person, vote.verdict, vote.reason, moment(vote.time)) for vote in review.votes],
        may_decide=not why_not,
        why_not=why_not,
        similar_before=review.similar_before,
        outcome=_outcome_view(review),
    )


def _outcome_view(review: Review) -> OutcomeView | None:
    status, outcome = review.outcome_status, review.outcome
    if outcome is None:
        return OutcomeView(status) if status else None
    return OutcomeView(status, outcome.tag, outcome.rows, outcome.changed, outcome.error)


def session_view(session: Session, locks: Locks, closed: datetime | None = None) -> SessionView:
    """One session, live unless it was `closed`."""
    return _session_view(listed(session, closed), locks, "live" if closed is None else "closed")


def past_session_view(session: PastSession, locks: Locks) -> SessionView:
    """One session of the store; without its end where the engine ended before it."""
    return _session_view(session, locks, "closed")


def _session_view(session: PastSession, locks: Locks, state: str) -> SessionView:
    return SessionView(
        id=session.id,
        state=state,
        identity=identity_view(session.identity),
        target=session.target,
        protocol=session.protocol,
        client=session.client,
        opened=moment(session.opened),
        closed=moment_or_none(session.closed),
        mode=session.mode,
        operations=session.operations,
        denied=session.denied,
        held=session.held,
        masked=session.masked,
        rows=session.rows,
        last_verb=session.last_verb,
        recording=f"recordings/{session.id}{SUFFIX}",
        locked=locks.on(session.identity, session.target) is not None,
    )


def token_view(token: Token) -> TokenView:
    """One token, without its secret."""
    return TokenView(
        id=token.id,
        subject=token.subject,
        minted_by=token.minted_by,
        created=moment(token.created),
        expires=moment(token.expires),
        revoked=moment_or_none(token.revoked),
        last_used=moment_or_none(token.last_used),
    )


def lock_view(lock: Lock, revision: Revision, ended: int = 0) -> LockView:
    """One lock, and what it means for the configuration in force."""
    is_target = lock.kind is Locked.TARGET
    names = revision.targets.keys() if is_target else revision.people.keys() | revision.agents.keys()
    sponsored = () if is_target else (agent.name for agent in revision.agents.values() if agent.sponsor == lock.name)
    return LockView(
        kind=lock.kind.value,
        name=lock.name,
        by=lock.by,
        reason=lock.reason,
        since=moment(lock.since),
        is_known=lock.name in names,
        covers=sorted(sponsored),
        ended=ended,
    )


def target_view(
    target: Target, credential: Credential | None, sessions: int, *, is_locked: bool, is_failing: bool = False
) -> TargetView:
    """One target; of its credential only the kind."""
    return TargetView(
        name=target.name,
        protocol=target.protocol,
        address=target.address,
        database=target.database,
        mode=target.mode.value,
        labels=dict(target.labels),
        credential=credential.kind if credential is not None else "none",
        sessions=sessions,
        locked=is_locked,
        failing=is_failing,
    )


def space_view(space: Space) -> SpaceView:
    """One filesystem as it was last seen."""
    return SpaceView(
        path=str(space.path.absolute()),
        level=space.level.value,
        free=space.free,
        total=space.total,
        warn=space.warn,
        floor=space.floor,
        rate=space.rate,
        days_left=space.days_left,
    )


def frame_view(frame: Frame) -> FrameView:
    """One frame of a recording or of a live session; the bytes of rows in base64."""
    data = frame.data
    if isinstance(data, RowBatch):
        return FrameView(
            frame.at,
            frame.code,
            {
                "operation": data.operation,
                "rows": data.rows,
                "cells": base64.b64encode(data.cells).decode(),
                "kind": data.kind,
                "before": data.before,
                "continues": data.continues,
            },
        )
    return FrameView(frame.at, frame.code, data)


def applied_view(applied: Applied, author: str) -> AppliedView:
    """What is in force now."""
    return AppliedView(
        revision=applied.revision.digest,
        previous=applied.previous.digest,
        rules=len(applied.revision.policy.rules),
        author=author,
        files=[str(path) for path in applied.revision.files],
        changes=list(applied.changes),
        merged=applied.merged,
        warnings=list(applied.revision.warnings),
    )


def check_view(found: Diagnosis) -> CheckView:
    """What was found of files."""
    return CheckView(
        ok=found.revision is not None,
        problems=[_problem_view(each) for each in found.problems],
        warnings=[_problem_view(each) for each in found.warnings],
        revision=found.revision.digest if found.revision is not None else None,
    )


def _problem_view(placed: Placed) -> ProblemView:
    problem = placed.problem
    file, what, hint = printable(str(problem.file)), printable(problem.what), printable(problem.hint)
    return ProblemView(file, problem.line, problem.column, what, hint, placed.rule)
