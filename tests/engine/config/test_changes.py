import pytest

from tests.engine.config.writing import revision

BEFORE = """\
rules:
  - {name: gone, decide: deny}
  - {name: flipped, decide: deny}
  - {name: changed, decide: allow, what: {effects: [read]}, when: operation.has_where}
  - {name: same, decide: allow}
  - {name: limited, decide: allow, limit: {changed: 5}}
masking: [{name: m, detect: [email]}]
"""
AFTER = """\
rules:
  - {name: same, decide: allow}
  - {name: changed, decide: allow, what: {effects: [write]}}
  - {name: flipped, decide: allow}
  - {name: limited, decide: allow, limit: {changed: 500}}
  - {name: new, decide: review, review: {reviewers: {groups: [dba]}}}
masking: [{name: m, detect: [email], with: hash}]
engine: {state: elsewhere}
"""


def test_the_difference_of_two_revisions_is_one_of_meaning() -> None:
    assert revision(AFTER).changes_from(revision(BEFORE)) == (
        "~ rule changed: what, when",
        "~ rule flipped: deny → allow",
        "- rule gone (deny)",
        "~ rule limited: limit",
        "+ rule new (review)",
        "~ masking m: strategy",
        "~ engine, listeners or token limits: in force after a restart",
    )


@pytest.mark.parametrize("line", ["record_input: 'no'", "mask: strict", "principal: deploy"])
def test_how_what_a_rule_lets_run_is_carried_out_is_part_of_its_meaning(line: str) -> None:
    rule = "rules: [{name: shells, decide: allow%s}]"
    key = line.partition(":")[0]
    assert revision(rule % f", {line}").changes_from(revision(rule % "")) == (f"~ rule shells: {key}",)


def test_order_and_comments_are_no_difference() -> None:
    one = "rules:\n  - {name: a, decide: deny}\n  - {name: b, decide: allow}\n"
    other = "rules:  # moved\n  - {name: b, decide: allow}\n  - {name: a, decide: deny}\n"
    assert revision(other).changes_from(revision(one)) == ()


def test_people_permissions_and_credentials_are_told_without_values() -> None:
    one = """\
    identity: {people: {a: {groups: [x]}}}
    permissions: {admin: [x]}
    targets: [{name: t, protocol: postgres, address: h, credential: {user: u}}]
    """
    other = one.replace("groups: [x]", "groups: [x, y]").replace("user: u", "user: v")
    other = other.replace("admin: [x]", "admin: [y], auditor: [x]")
    assert revision(other, whole=False).changes_from(revision(one, whole=False)) == (
        "~ credential of t",
        "~ person a: groups",
        "+ permission admin for y",
        "- permission admin for x",
        "+ permission auditor for x",
    )


def test_an_issuer_is_told_with_what_changed() -> None:
    one = "identity: {oidc: [{name: corp, issuer: 'https://idp.example', audience: a}]}\n"
    other = one.replace("audience: a", "audience: b")
    assert revision(other, whole=False).changes_from(revision(one, whole=False)) == ("~ issuer corp: audience",)
    assert revision(one, whole=False).changes_from(revision("", whole=False)) == ("+ issuer corp",)
