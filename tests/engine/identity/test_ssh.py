from __future__ import annotations

import asyncssh
import pytest

from engine.config.revision import Revision
from engine.errors import SessionRefused
from engine.identity.ssh import by_key, line_of
from tests.engine.config.writing import revision
from tests.servers.sshkeys import sample

BOT, ALICE, STRANGER = (asyncssh.import_public_key(sample(number)) for number in (1, 2, 3))


@pytest.fixture
def known() -> Revision:
    return revision(
        f"""\
        identity: {{people: {{alice: {{groups: [dev], ssh: ["{sample(2)}"]}}}}}}
        agents: [{{name: bot, sponsor: alice, groups: [agents], expires: 2027-03-01, ssh: ["{sample(1)} its key"]}}]
        """,
        whole=False,
    )


def test_a_listed_key_is_whose_it_is_named_or_not(known: Revision) -> None:
    for asked in (None, "bot"):
        bot = by_key(known, asked, BOT)
        assert (bot.subject, bot.kind, bot.sponsor, bot.groups) == ("bot", "agent", "alice", frozenset({"agents"}))
        assert bot.authenticated == f"ssh-key:{BOT.get_fingerprint()}"
        assert bot.expires == known.agents["bot"].expires
        assert bot.key == sample(1)
    assert by_key(known, None, ALICE).kind == "human"


def test_a_key_lets_in_nobody_else(known: Revision) -> None:
    with pytest.raises(SessionRefused, match="the key is another identity's"):
        by_key(known, "alice", BOT)
    with pytest.raises(SessionRefused, match="nobody of the configuration has it"):
        by_key(known, None, STRANGER)
    with pytest.raises(SessionRefused, match="nobody of the configuration has it"):
        by_key(known, "bot", STRANGER)


def test_a_keys_line_is_its_kind_and_its_wire_form() -> None:
    assert line_of(BOT.public_data) == sample(1)
