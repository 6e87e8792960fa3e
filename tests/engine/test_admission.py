from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine import admission
from engine.config.revision import Issuer, Revision
from engine.errors import SessionRefused
from engine.gateway import Gateway
from engine.identity.tokens import Token
from engine.model import Mode, Vouched
from engine.session import Session

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def token(subject: str = "bot") -> Token:
    return Token("t", subject, b"", "alice", NOW, NOW + timedelta(hours=1), on_behalf_of="carol")


async def test_a_token_stands_for_its_registered_subject(gateway: Gateway) -> None:
    identity = admission.authenticated(gateway.revision, token())
    assert (identity.subject, identity.sponsor, identity.token_minted_by) == ("bot", "alice", "alice")
    assert identity.on_behalf_of == "carol"
    assert identity.expires == NOW + timedelta(hours=1)


async def test_a_token_of_nobody_registered_is_refused(gateway: Gateway) -> None:
    with pytest.raises(SessionRefused):
        admission.authenticated(gateway.revision, token("ghost"))


async def test_an_expired_identity_opens_nothing(gateway: Gateway) -> None:
    identity = admission.authenticated(gateway.revision, token())
    assert admission.permitted(gateway.revision, gateway.locks, identity, "shop", NOW).name == "shop"
    with pytest.raises(SessionRefused, match="expired"):
        admission.permitted(gateway.revision, gateway.locks, identity, "shop", NOW + timedelta(hours=1))


async def test_a_forbidden_target_and_a_missing_one_read_the_same(gateway: Gateway) -> None:
    person = gateway.revision.identity_of_person("alice")
    with pytest.raises(SessionRefused) as forbidden:
        admission.permitted(gateway.revision, gateway.locks, person, "shop", NOW)
    with pytest.raises(SessionRefused) as missing:
        admission.permitted(gateway.revision, gateway.locks, person, "nothing", NOW)
    assert str(forbidden.value).replace("shop", "x") == str(missing.value).replace("nothing", "x")


async def test_a_session_ends_when_its_target_or_identity_is_gone(gateway: Gateway, session: Session) -> None:
    assert admission.follow(session, gateway.revision) is None
    assert admission.follow(session, replace(gateway.revision, targets={})) is not None
    assert admission.follow(session, replace(gateway.revision, agents={})) is not None


async def test_a_session_follows_its_target_to_another_mode(gateway: Gateway, session: Session) -> None:
    observed = replace(session.target, mode=Mode.OBSERVE)
    assert admission.follow(session, replace(gateway.revision, targets={"shop": observed})) is None
    assert session.target.mode is Mode.OBSERVE


WORD = Vouched("corp", "00u1", "t-1", frozenset({"corp/staff"}))
CORP = Issuer("corp", "https://idp.example", "hoopterm", groups=("groups",))


def trusting(gateway: Gateway) -> Revision:
    """The configuration with an issuer at which the agent is known."""
    agent = replace(gateway.revision.agents["bot"], oidc="corp/00u1")
    return replace(gateway.revision, agents={"bot": agent}, issuers={"corp": CORP})


async def test_an_issuers_word_stands_for_who_is_registered_with_it(gateway: Gateway) -> None:
    identity = admission.vouched(trusting(gateway), "bot", WORD, NOW)
    assert (identity.subject, identity.sponsor, identity.authenticated) == ("bot", "alice", "oidc:corp")
    assert (identity.groups, identity.expires) == (frozenset({"agents", "corp/staff"}), NOW)
    assert (identity.token, identity.token_minted_by) == (None, None)


@pytest.mark.parametrize("user", ["alice", "Bot", "bot ", "00u1", "corp/00u1", ""])
async def test_a_token_opens_nothing_for_another_user(gateway: Gateway, user: str) -> None:
    with pytest.raises(SessionRefused, match="another user"):
        admission.vouched(trusting(gateway), user, WORD, NOW)


@pytest.mark.parametrize("word", [replace(WORD, subject="00U1"), replace(WORD, issuer="Corp"), Vouched("corp", "bot")])
async def test_a_subject_that_nobody_is_registered_with_is_refused(gateway: Gateway, word: Vouched) -> None:
    with pytest.raises(SessionRefused, match="nobody"):
        admission.vouched(trusting(gateway), "bot", word, NOW)


async def test_a_session_that_an_issuer_vouched_for_keeps_those_groups_and_ends_with_the_login(
    gateway: Gateway, session: Session
) -> None:
    revision = trusting(gateway)
    session.identity = admission.vouched(revision, "bot", WORD, NOW + timedelta(hours=1))
    session.use(revision)
    agent = replace(revision.agents["bot"], groups=frozenset({"agents", "more"}))
    assert admission.follow(session, replace(revision, agents={"bot": agent})) is None
    assert session.identity.groups == {"agents", "more", "corp/staff"}
    for changed in (
        replace(revision, agents={"bot": replace(agent, oidc="corp/other")}),
        replace(revision, agents={"bot": replace(agent, oidc=None)}),
        replace(revision, issuers={"corp": replace(CORP, audience="another")}),
        replace(revision, issuers={}),
    ):
        assert admission.follow(session, changed) == "its login is not registered any more"


async def test_a_session_ends_with_the_key_that_opened_it(gateway: Gateway, session: Session) -> None:
    session.identity = replace(session.identity, key="ssh-ed25519 AAAA")
    listed = replace(gateway.revision, ssh_keys={"ssh-ed25519 AAAA": session.identity.subject})
    assert admission.follow(session, listed) is None
    assert admission.follow(session, gateway.revision) == "its key is not listed any more"


async def test_a_session_ends_when_a_host_key_of_its_target_is_taken_back(gateway: Gateway, session: Session) -> None:
    """SECURITY CVE-2026-91166"""
    pinned = {"shop": replace(session.target, host_keys=("one", "two"))}
    fewer = {"shop": replace(session.target, host_keys=("two",))}
    assert admission.follow(session, replace(gateway.revision, targets=pinned)) is None
    why = admission.follow(session, replace(gateway.revision, targets=fewer))
    assert why == "a host key of its target was taken back"


async def test_a_console_is_for_people_with_a_permission_whose_login_is_theirs(gateway: Gateway) -> None:
    """SECURITY 4: what a login gave ends with it."""
    revision, locks = gateway.revision, gateway.locks
    name = next(name for name in revision.people if revision.permissions_of(revision.people[name]))
    person = revision.identity_of_person(name)
    admission.require_guest(revision, locks, person, revision, NOW)
    with pytest.raises(SessionRefused, match="its key is not listed any more"):
        admission.require_guest(revision, locks, replace(person, key="ssh-ed25519 AAAA"), revision, NOW)
    with pytest.raises(SessionRefused, match="the login has expired"):
        admission.require_guest(revision, locks, replace(person, expires=NOW), revision, NOW)
    with pytest.raises(SessionRefused, match="it is for people of the configuration"):
        admission.require_guest(revision, locks, revision.identity_of_agent("bot"), revision, NOW)
    with pytest.raises(SessionRefused, match="none of the permissions"):
        admission.require_guest(replace(revision, permissions={}), locks, person, revision, NOW)
