"""Warnings about rules that change nothing."""

from __future__ import annotations

import pytest

from tests.engine.config.writing import revision

DENY = "rules:\n  - {name: never, decide: deny, %s}\n  - {name: works, decide: allow, %s}\n"


@pytest.mark.parametrize(
    ("deny", "allow"),
    [
        ("what: {effects: [read, write]}", "what: {effects: [read]}"),
        ("who: {groups: [agents, dba]}", "who: {groups: [agents]}, what: {effects: [read]}"),
        ("where: {targets: ['*']}", "where: {targets: [shop]}"),
        ("what: {tables: [a.b, c.d]}", "what: {effects: [delete], tables: [a.b]}"),
    ],
)
def test_a_rule_that_a_deny_is_about_whole_is_told(deny: str, allow: str) -> None:
    (warning,) = revision(DENY % (deny, allow)).warnings
    assert "the rule never denies all that this one is about" in warning


@pytest.mark.parametrize(
    ("deny", "allow"),
    [
        ("what: {effects: [write]}", "what: {effects: [read, write]}"),
        ("who: {groups: [dba]}", "who: {groups: [agents]}"),
        ("what: {effects: [read]}, when: operation.has_where", "what: {effects: [read]}"),
        ("except: {what: {tables: [x.y]}}", "what: {effects: [read]}"),
        ("what: {tables: [a.b]}", "what: {effects: [read], tables: [a.b]}"),  # reading nothing in particular is left
    ],
)
def test_a_rule_of_which_anything_is_left_is_not(deny: str, allow: str) -> None:
    assert revision(DENY % (deny, allow)).warnings == ()


def test_an_allow_that_a_review_holds_whole_is_told_unless_it_asks_for_something() -> None:
    text = """
    rules:
      - {name: ask, decide: review, what: {effects: [write]}, review: {reviewers: {groups: [dba]}}}
      - {name: works, decide: allow, what: {effects: [write]}%s}
    """
    (warning,) = revision(text % "").warnings
    assert "the rule ask asks people first for all that this allows" in warning
    assert revision(text % ", limit: {changed: 3}").warnings == ()
