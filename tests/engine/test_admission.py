from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from engine import admission
from engine.errors import SessionRefused
from engine.gateway import Gateway
from engine.identity.tokens import Token
from engine.model import Mode
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
