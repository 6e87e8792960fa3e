"""Who may have a session, and whether they still may: pure questions to a policy revision."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Final

from engine.errors import NotFound, SessionRefused
from engine.identity import ssh
from engine.model import Identity, Target, Vouched

if TYPE_CHECKING:
    from engine.config.revision import Revision
    from engine.identity.locks import Locks
    from engine.identity.tokens import Token
    from engine.session import Session

MAX_SESSIONS: Final = 1000
"""Sessions of one identity at a time: a quarter of what all of them may have."""


def authenticated(revision: Revision, token: Token) -> Identity:
    """The identity a live token stands for; raises SessionRefused when its subject is not registered any more."""
    identity = _registered(revision, token.subject)
    return replace(
        identity,
        authenticated="token",
        token=token.id,
        token_minted_by=token.minted_by,
        on_behalf_of=token.on_behalf_of,
        expires=_earlier(token.expires, identity.expires),
    )


def vouched(revision: Revision, user: str, word: Vouched, until: datetime) -> Identity:
    """The identity that an issuer's token stands for, where it is this user; raises SessionRefused."""
    name = revision.name_of_login(word.login)
    if name is None:
        raise SessionRefused(
            "the token does not let in",
            f"nobody of the configuration is its subject at {word.issuer}",
            "have it registered: `oidc: ISSUER/SUBJECT` at an agent or a person",
        )
    if name != user:
        raise SessionRefused("the token is another user's", f"{word.issuer} does not know its subject as this user")
    identity = _registered(revision, name)
    return replace(
        identity,
        groups=identity.groups | word.groups,
        authenticated=f"oidc:{word.issuer}",
        vouched=word,
        expires=_earlier(until, identity.expires),
    )


def permitted(revision: Revision, locks: Locks, identity: Identity, target_name: str, now: datetime) -> Target:
    """The target, if this identity may open a session there; raises SessionRefused."""
    if identity.expires is not None and identity.expires <= now:
        raise SessionRefused(
            "the identity has expired", f"{identity.subject} ended at {identity.expires:%Y-%m-%d %H:%M}"
        )
    target = revision.targets.get(target_name)
    if target is None or not revision.policy.covers(identity, target):
        # The same words for both: who may not use a target does not learn that it exists.
        raise SessionRefused(
            f"no access to target {target_name}",
            f"no rule allows or reviews anything there for {identity.subject}",
            "ask for a rule that covers this identity and target",
        )
    if (why := locks.why_not(identity, target.name)) is not None:
        raise SessionRefused(why, hint="ask an administrator")
    return target


def require_place(sessions: Iterable[Session], identity: Identity) -> None:
    """One identity leaves room for the others; raises SessionRefused."""
    if sum(session.identity.subject == identity.subject for session in sessions) >= MAX_SESSIONS:
        raise SessionRefused(
            "too many sessions", f"{identity.subject} has {MAX_SESSIONS} open", "close some, or share them in a pool"
        )


def require_guest(revision: Revision, locks: Locks, identity: Identity, before: Revision, now: datetime) -> None:
    """Raise SessionRefused unless this is a person who may have a console: known, not locked, with a permission, and
    with a login that is still theirs as it was `before`."""
    subject = identity.subject
    if identity.expires is not None and identity.expires <= now:
        ended = f"it ended at {identity.expires:%Y-%m-%d %H:%M} UTC"
        raise SessionRefused("the login has expired", ended, "log in again")
    person = revision.people.get(subject)
    if person is None:
        raise SessionRefused(f"{subject} may not open the console", "it is for people of the configuration")
    if (why := locks.why_not(identity)) is not None:
        raise SessionRefused(why, hint="ask an administrator")
    if not revision.permissions_of(person):
        why = "none of the permissions admin, approver, operator, auditor is theirs"
        hint = "an administrator can give one to one of your groups under permissions"
        raise SessionRefused(f"{subject} may not open the console", why, hint)
    if (why := ssh.why_not_any_more(identity, before, revision)) is not None:
        raise SessionRefused(why, hint="log in with another")
    word = identity.vouched
    if word is not None and not _still_vouched(identity, before, revision, word):
        raise SessionRefused("its login is not registered any more", hint="log in with another")


def follow(session: Session, revision: Revision) -> str | None:
    """Put a live session under a new revision; the reason why it must end when it could not open any more."""
    before, target = session.target, revision.targets.get(session.target.name)
    if target is None or (target.address, target.database, target.protocol) != (
        before.address,
        before.database,
        before.protocol,
    ):
        return "its target has changed"
    if not set(before.host_keys) <= set(target.host_keys):
        return "a host key of its target was taken back"
    try:
        current = _registered(revision, session.identity.subject)
    except SessionRefused:
        return "its identity is not registered any more"
    if (why := ssh.why_not_any_more(session.identity, session.revision, revision)) is not None:
        return why
    word = session.identity.vouched
    if word is not None and not _still_vouched(session.identity, session.revision, revision, word):
        return "its login is not registered any more"
    session.identity = replace(
        session.identity,
        groups=current.groups | (word.groups if word is not None else frozenset()),
        sponsor=current.sponsor,
        purpose=current.purpose,
        expires=_earlier(session.identity.expires, current.expires),
    )
    session.target = target
    session.use(revision)
    return None if revision.policy.covers(session.identity, target) else "no rule covers it any more"


def _still_vouched(identity: Identity, before: Revision, revision: Revision, word: Vouched) -> bool:
    """Whether the word that let in under one revision would let in under another."""
    is_theirs = revision.name_of_login(word.login) == identity.subject
    return is_theirs and revision.issuers.get(word.issuer) == before.issuers.get(word.issuer)


def _registered(revision: Revision, subject: str) -> Identity:
    try:
        return revision.identity_of(subject)
    except NotFound as unknown:
        raise SessionRefused(unknown.what, unknown.why, unknown.hint) from None


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((end for end in (one, other) if end is not None), default=None)
