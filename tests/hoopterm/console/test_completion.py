"""What may be typed at a place of a configuration."""

from __future__ import annotations

import pytest

from engine.config.loading import json_schema
from hoopterm.console.completion import names, offers
from hoopterm.console.yaml import spot
from tests.hoopterm.console.policies import POLICY

SCHEMA = json_schema()


def offered(typed: str) -> list[str]:
    """What is offered at the end of a text that follows the scenes' policy."""
    lines = (POLICY + typed).split("\n")
    at = spot(lines, len(lines) - 1, len(lines[-1]))
    assert at is not None
    return [offer.text for offer in offers(SCHEMA, names([POLICY]), at)]


def test_names_are_found_in_the_texts() -> None:
    found = names([POLICY])
    assert found.groups == {"dba", "agents"}
    assert (found.people, found.agents, found.targets) == ({"carol", "bob"}, {"report-bot"}, {"shop"})
    assert found.labels == {"env": {"prod"}}


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("no", ["notify"]),
        ("  - name: x\n    dec", ["decide"]),
        ("  - name: x\n    decide: ", ["allow", "deny", "review"]),
        ("  - {name: x, decide: rev", ["review"]),
        ("  - who: {groups: [", ["agents", "dba"]),
        ("  - who:\n      groups:\n        - ag", ["agents"]),
        ("  - who: {identities: [", ["report-bot", "bob", "carol"]),
        ("  - where: {targets: [s", ["shop"]),
        ("  - where: {labels: {", ["env"]),
        ("  - where: {labels: {env: ", ["prod"]),
        ("  - what: {effects: [del", ["delete"]),
        ("  - except: {what: {eff", ["effects"]),
        ("  - mask: s", ["strict"]),
        ("agents:\n  - {sponsor: c", ["carol"]),
    ],
)
def test_what_fits_is_offered(typed: str, expected: list[str]) -> None:
    assert offered(typed)[: len(expected)] == expected


def test_a_key_that_is_there_is_not_offered_again() -> None:
    assert "name" not in offered("  - name: x\n    ")
    assert offered("  - name: x\n    ")[0] == "decide"  # what is needed comes first


def test_a_word_that_is_whole_offers_nothing() -> None:
    assert offered("  - {decide: allow") == []


def test_nothing_is_known_of_keys_that_are_not() -> None:
    assert offered("nonsense:\n  more: ") == []
