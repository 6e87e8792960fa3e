from datetime import UTC, datetime

import pytest

from engine.config.revision import Credential, SecretReference
from engine.errors import NotFound
from engine.model import Identity
from tests.engine.config.writing import revision

AGENTS = """\
identity: {people: {alice: {unix: al, groups: [dev]}}}
permissions: {admin: [dev], auditor: [x, dev], approver: [Dev]}
agents: [{name: bot, sponsor: alice, purpose: p, groups: [agents], expires: 2027-03-01}]
"""


def test_an_agents_identity_has_its_sponsor_and_its_end() -> None:
    loaded = revision(AGENTS, whole=False)
    assert loaded.identity_of_agent("bot") == Identity(
        "bot", "agent", frozenset({"agents"}), "alice", "p", expires=datetime(2027, 3, 1, tzinfo=UTC)
    )
    assert loaded.identity_of_person("alice") == Identity("alice", "human", frozenset({"dev"}))


def test_names_are_compared_case_exactly() -> None:
    loaded = revision(AGENTS, whole=False)
    with pytest.raises(NotFound):
        loaded.identity_of_agent("Bot")
    with pytest.raises(NotFound):
        loaded.identity_of_person("ALICE")
    assert loaded.person_of_unix("AL") is None
    assert loaded.permissions_of(loaded.people["alice"]) == {"admin", "auditor"}


def test_a_person_is_found_by_unix_name() -> None:
    loaded = revision(AGENTS, whole=False)
    assert loaded.person_of_unix("al") == loaded.people["alice"]


def test_the_kind_of_a_credential_is_no_secret() -> None:
    assert Credential("app").kind == "none"
    assert Credential("app", SecretReference(env="X")).kind == "env"


def test_an_identity_is_found_by_its_exact_login_at_an_issuer() -> None:
    loaded = revision(
        """\
        identity:
          oidc: [{name: corp, issuer: "https://idp.example", audience: h}]
          people: {alice: {oidc: corp/00u1}}
        agents: [{name: bot, sponsor: alice, oidc: corp/a/b}]
        """,
        whole=False,
    )
    assert [loaded.name_of_login(login) for login in ("corp/00u1", "corp/a/b")] == ["alice", "bot"]
    assert [loaded.name_of_login(login) for login in ("corp/00U1", "corp/", "corp", "Corp/00u1", "")] == [None] * 5
