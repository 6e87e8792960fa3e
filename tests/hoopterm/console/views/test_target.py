"""A target in a row, whole, and in a question."""

from __future__ import annotations

import msgspec

from engine.api.schema import TargetDetailView
from hoopterm.console.lines import Line, plain
from hoopterm.console.views import target
from tests.hoopterm.console.registers import HOST_KEY, locks, targets
from tests.hoopterm.console.scenes import NOW


def named(name: str) -> TargetDetailView:
    return next(each for each in targets() if each.name == name)


def text(lines: list[Line]) -> str:
    return "\n".join(plain(each) for each in lines)


def test_each_state_has_its_glyph_and_word() -> None:
    said = {each.name: plain(target.row(each, NOW)["state"]) for each in targets()}
    assert said == {
        "shop": "✓ reachable",
        "warehouse": "✗ unreachable",
        "web1": "■ locked",
        "web2": "◌ never tried",
    }


def test_what_is_broken_or_locked_comes_first() -> None:
    assert [each.name for each in sorted(targets(), key=target.order)] == ["warehouse", "web1", "shop", "web2"]


def test_on_an_old_picture_a_state_has_no_colour_of_its_own() -> None:
    assert {span.role for span in target.row(named("warehouse"), NOW, is_stale=True)["state"]} == {"dim"}


def test_the_facts_say_why_it_does_not_answer_and_of_the_credential_the_kind() -> None:
    said = text(target.facts(named("warehouse"), None, NOW, 80))
    assert "does not take the password (28P01)" in said
    assert "credential  env  its kind" in said
    assert "observed: nothing is denied" in said


def test_the_facts_of_a_host_have_its_fingerprint_and_who_locked_it_and_why() -> None:
    said = text(target.facts(named("web1"), locks()[0], NOW, 80))
    assert HOST_KEY in said
    assert "by dan · 1h ago" in said
    assert "disk is being replaced, OPS-120" in said


def test_a_host_whose_key_is_not_pinned_has_the_command_that_does() -> None:
    assert "hoopterm target learn web2" in text(target.facts(named("web2"), None, NOW, 80))


def test_the_question_says_how_many_sessions_end_and_how_it_is_taken_back() -> None:
    said = text(target.lock_question("shop", 2, 200))
    assert "2 live sessions" in said
    assert "hoopterm unlock --target shop" in said


def test_hostile_text_cannot_act_in_a_row_or_in_the_facts() -> None:
    evil = "\x1b[2J\u202e[red]" + "x" * 2000
    changes = dict.fromkeys(("name", "protocol", "address", "credential", "login", "trouble", "tls", "answers"), evil)
    hostile = msgspec.structs.replace(
        named("warehouse"), **changes, labels={evil: evil}, host_keys=[evil], trusted=[evil], database=evil
    )
    painted = [*target.row(hostile, NOW).values(), *target.facts(hostile, None, NOW, 60)]
    assert all("\x1b" not in plain(each) and "\u202e" not in plain(each) for each in painted)
    assert "[red]" in plain(target.row(hostile, NOW)["name"])
