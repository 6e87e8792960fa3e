"""Agents, tokens and locks in rows, whole, and in questions."""

from __future__ import annotations

import msgspec

from hoopterm.console.lines import Line, plain
from hoopterm.console.views import access
from tests.hoopterm.console.registers import agents, locks, tokens
from tests.hoopterm.console.scenes import NOW

EVIL = "\x1b[2J\u202e[red]" + "x" * 2000


def text(lines: list[Line]) -> str:
    return "\n".join(plain(each) for each in lines)


def test_an_agent_that_ends_soon_or_has_ended_is_marked() -> None:
    said = {each.name: plain(access.agent_row(each, "", NOW)["state"]) for each in agents()}
    assert said == {
        "report-bot": "✓ valid",
        "etl-bot": "▲ ends soon",
        "scrape-bot": "■ locked",
        "old-bot": "◌ expired",
    }
    ends = {each.name: plain(access.agent_row(each, "", NOW)["expires"]) for each in agents()}
    assert ends == {"report-bot": "in 200d", "etl-bot": "in 5d", "scrape-bot": "never", "old-bot": "3d ago"}


def test_agents_that_need_a_look_come_first() -> None:
    ordered = sorted(agents(), key=lambda agent: access.agent_order(agent, NOW))
    assert [agent.name for agent in ordered] == ["scrape-bot", "etl-bot", "old-bot", "report-bot"]


def test_the_token_that_ends_first_is_on_top_and_those_that_are_over_below() -> None:
    ordered = sorted(tokens(), key=lambda token: access.token_order(token, NOW))
    assert [token.id for token in ordered] == ["p9d2w4ha", "b7c5n1ze", "k3vq7x2m", "m4j0s8uk", "a1f8t6ry"]


def test_an_agents_facts_have_who_answers_for_it_and_how_it_comes() -> None:
    said = text(access.agent_facts(agents()[1], None, "now", NOW, 80))
    for words in ("sponsor     erin", "import of supplier prices", "agents etl", "in 5d", "token oidc", "1 live"):
        assert words in said


def test_a_lock_on_the_sponsor_is_told_where_none_is_on_the_agent() -> None:
    assert "locked      scrape-bot is locked" in text(access.agent_facts(agents()[2], None, "", NOW, 80))
    own = text(access.agent_facts(agents()[2], locks()[1], "", NOW, 80))
    assert "by erin" in own
    assert "INC-7: runaway" in own


def test_a_revocation_names_the_token_whose_it_is_and_what_ends() -> None:
    said = text(access.revoke_question(tokens()[0], NOW, 200))
    for words in ("report-bot", "k3vq7x2m", "minted by carol", "every session that it opened ends"):
        assert words in said


def test_an_unlock_repeats_who_locked_it_and_why() -> None:
    said = text(access.unlock_question(locks()[0], NOW, 200))
    for words in ("where       web1", "by dan", "OPS-120"):
        assert words in said


def test_hostile_text_cannot_act_in_any_field() -> None:
    agent = msgspec.structs.replace(
        agents()[0], name=EVIL, sponsor=EVIL, purpose=EVIL, groups=[EVIL], logins=[EVIL], locked=EVIL
    )
    token = msgspec.structs.replace(tokens()[0], id=EVIL, subject=EVIL, minted_by=EVIL)
    lock = msgspec.structs.replace(locks()[0], kind=EVIL, name=EVIL, by=EVIL, reason=EVIL, covers=[EVIL])
    painted = [
        *access.agent_row(agent, "", NOW).values(),
        *access.token_row(token, NOW).values(),
        *access.lock_row(lock, NOW).values(),
        *access.agent_facts(agent, lock, "", NOW, 60),
        *access.token_facts(token, lock, NOW, 60),
        *access.lock_facts(lock, NOW, 60),
        *access.unlock_question(lock, NOW, 60),
        *access.revoke_question(token, NOW, 60),
        *access.identity_question(EVIL, 1, [EVIL], 60),
    ]
    assert all("\x1b" not in plain(each) and "\u202e" not in plain(each) for each in painted)
