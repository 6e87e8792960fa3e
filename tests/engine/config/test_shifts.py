"""Who may do what after a change."""

from __future__ import annotations

from engine.config.shifts import Shift, shifts
from tests.engine.config.writing import revision

READS = "rules:\n  - {name: reads, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}\n"
DENIES = "  - {name: no-ddl, decide: deny, what: {effects: [schema]}}\n"


def _between(before: str, now: str) -> list[Shift]:
    return list(shifts(revision(before), revision(now)))


def test_a_rule_added_gives_its_identities_its_effects_and_nobody_anything_else() -> None:
    (shift,) = _between(DENIES and "rules:\n" + DENIES, READS + DENIES)
    assert shift == Shift("gains", ("report-bot",), ("shop",), ("read",), ("deny",), ("allow",), ("reads",))


def test_a_deny_of_what_nobody_could_do_changes_nothing() -> None:
    assert _between(READS, READS + DENIES) == []


def test_what_hangs_on_a_condition_is_partly() -> None:
    (shift,) = _between(READS, READS.replace("read]}", "read]}, when: operation.has_where"))
    assert (shift.direction, shift.before, shift.after) == ("loses", ("allow",), ("allow", "deny"))


def test_the_same_verdicts_by_another_condition_differ() -> None:
    partly = READS.replace("read]}", "read], tables: [a.b]}")
    (shift,) = _between(partly, partly.replace("a.b", "a.c"))
    assert (shift.direction, shift.after, shift.rules) == ("differs", ("allow", "deny"), ("reads",))


def test_an_exception_of_the_whole_effect_takes_all_of_it_back() -> None:
    both = READS.replace("[read]", "[read, write]")
    (shift,) = _between(both, both.replace("write]}", "write]}, except: {what: {effects: [read]}}"))
    assert (shift.effects, shift.after) == (("read",), ("deny",))


def test_a_group_that_nobody_listed_has_is_told_by_its_name() -> None:
    base = """\
identity:
  oidc: [{name: corp, issuer: 'https://i.example', audience: hoopterm, claims: {groups: g}}]
  people: {alice: {oidc: corp/1}}
targets: [{name: shop, protocol: postgres, address: '127.0.0.1:1', credential: {user: app}}]
"""
    rules = "rules: [{name: staff, decide: allow, who: {groups: [corp/staff]}, what: {effects: [read]}}]\n"
    before, now = revision(base, whole=False), revision(base + rules, whole=False)
    assert [shift.identities for shift in shifts(before, now)] == [("group:corp/staff",)]


def test_those_to_whom_the_same_comes_are_told_together() -> None:
    everybody = "rules: [{name: all, decide: allow, what: {effects: [read, write]}}]\n"
    (shift,) = _between("", everybody)
    assert (shift.identities, shift.effects) == (("alice", "bob", "report-bot"), ("read", "write"))
