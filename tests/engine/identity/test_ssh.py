from __future__ import annotations

from pathlib import Path

import asyncssh
import pytest

from engine.config.loading import load_sources
from engine.config.revision import Revision
from engine.errors import SessionRefused
from engine.identity.ssh import by_key

BOT, ALICE, NOBODY = (asyncssh.generate_private_key("ssh-ed25519") for _ in range(3))


def line(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


@pytest.fixture
def revision() -> Revision:
    text = f"""
identity: {{people: {{alice: {{ssh: ["{line(ALICE)} alice@home"], groups: [dba]}}}}}}
agents: [{{name: bot, sponsor: alice, ssh: ["{line(BOT)}"], groups: [agents]}}]
"""
    return load_sources({Path("hoopterm.yaml"): text.encode()})


def test_a_key_is_the_agent_or_person_that_has_it_whatever_its_comment_says(revision: Revision) -> None:
    bot = by_key(revision, None, BOT)
    assert (bot.subject, bot.kind, bot.sponsor) == ("bot", "agent", "alice")
    assert bot.authenticated == f"ssh-key:{BOT.get_fingerprint()}"
    assert by_key(revision, "alice", ALICE).kind == "human"


def test_a_key_of_nobody_lets_nobody_in(revision: Revision) -> None:
    with pytest.raises(SessionRefused, match="does not let in"):
        by_key(revision, None, NOBODY)


def test_a_key_lets_in_nobody_else_than_who_has_it(revision: Revision) -> None:
    with pytest.raises(SessionRefused, match="another identity's"):
        by_key(revision, "alice", BOT)
