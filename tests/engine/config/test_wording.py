import pytest

from engine.config.models import Person, Rule, Scope, What
from engine.config.wording import section_at
from tests.engine.config.writing import problems


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("engin: {}\n", "1:1: unknown key 'engin'; did you mean 'engine'?"),
        ("engine: {stat: 1}\n", "1:10: unknown key 'stat'; did you mean 'state'?"),
        ("engine: {audit: {durability: strictt}}\n", "1:30: 'strictt' is not possible here; did you mean 'strict'?"),
        (
            "engine: {free_space: {warn: 20}}\n",
            "1:29: an amount of space is a percentage, or a number with its unit; for example 20%, 500MB or 2GiB",
        ),
        (
            "engine: {free_space: {flor: 1GB}}\n",
            "1:23: unknown key 'flor'; did you mean 'floor'?",
        ),
        (
            "notify: [{on: [review.request], command: [x]}]\n",
            "1:16: there is no event 'review.request'; did you mean 'review.requested'?",
        ),
        (
            "notify: [{on: [notify.failed], command: [x]}]\n",
            "1:16: notify.failed is not notified; one notification that fails would make the next",
        ),
        (
            "notify: [{on: [space.low], command: page me}]\n",
            "1:37: a command is a list of texts: no shell reads it; for example [/usr/local/bin/page-oncall, now]",
        ),
        (
            "notify: [{on: [space.low], url: 'http://hooks.example/x'}]\n",
            "1:33: off this machine notifications go over https; write https://…",
        ),
        ("listeners: {mysql: {listen: 'x:1'}}\n", "1:13: unknown key 'mysql'; known: postgres, ssh"),
        ("listeners: {postgres: {listen: foo}}\n", "1:32: 'foo' is no listening address; for example 127.0.0.1:15432"),
        ("rules: {a: 1}\n", "1:8: rules: should be a list"),
        ("rules: [1]\n", "1:9: this: should be a mapping"),
        ("rules: [{name: 7, decide: deny}]\n", '1:16: name: should be text; quote it: "7"'),
        ("rules: [{name: x}]\n", "1:9: decide is missing"),
        ("rules: [{name: 'a b', decide: deny}]\n", "1:16: not possible as a name; letters, digits and _ . @ + -"),
        (
            "rules: [{name: x, decide: allow, limit: {rows: 1}}]\n",
            "1:42: unknown key 'rows'; known: changed, returned",
        ),
        (
            "rules: [{name: x, decide: allow, limit: {changed: 0}}]\n",
            "1:51: changed: Input should be greater than or equal to 1",
        ),
        (
            "rules: [{name: x, decide: allow, limit: {returned: many}}]\n",
            "1:52: returned: should be a whole number",
        ),
        (
            "rules: [{name: x, decide: deny, except: {waht: {}}}]\n",
            "1:42: unknown key 'waht'; did you mean 'what'?",
        ),
        (
            "rules: [{name: x, decide: deny, except: [{what: {effect: [read]}}]}]\n",
            "1:50: unknown key 'effect'; did you mean 'effects'?",
        ),
        (
            "rules: [{name: x, decide: deny, what: {effects: []}}]\n",
            "1:49: names nothing, so it can never match; leave the key out to mean any",
        ),
        (
            "rules: [{name: x, decide: deny, what: {effects: [raed]}}]\n",
            "1:50: 'raed' is not possible here; did you mean 'read'?",
        ),
        (
            "rules: [{name: x, decide: deny, what: {tables: [a.b.c]}}]\n",
            "1:49: 'a.b.c' has 3 parts, at most 2 are possible; for example public.orders",
        ),
        (
            "rules: [{name: x, decide: deny, what: {columns: [ssn]}}]\n",
            "1:50: 'ssn' has too few parts; for example customers.email",
        ),
        (
            "rules: [{name: x, decide: deny, what: {verbs: [select]}}]\n",
            "1:48: the verb 'select' can never match; verbs are upper case: SELECT",
        ),
        (
            "rules:\n  - name: x\n    decide: deny\n    when: |\n      operation.has_where &&\n       operation.no\n",
            "6:17: in `when`: undefined field 'no' not found in struct 'Operation'",
        ),
        (
            "rules: [{name: x, decide: deny, when: 'operation.verb == 3'}]\n",
            "1:55: in `when`: found no matching overload for '_==_' applied to '(string, int)'",
        ),
        (
            "masking: [{name: m, columns: [ssn]}]\n",
            "1:31: 'ssn' does not name columns; for example customers.email or \"*.ssn\"",
        ),
        ("masking: [{name: m, detect: [emial]}]\n", "1:30: 'emial' is not possible here; did you mean 'email'?"),
    ],
)
def test_a_mistake_is_told_where_it_stands_with_what_to_do(text: str, expected: str) -> None:
    assert problems(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "identity: {oidc: [{name: corp, issuer: 'http://idp.example', audience: x}]}\n",
            "1:40: 'http://idp.example' is no issuer; "
            "https://…, exactly as its tokens spell it; http only on this machine",
        ),
        (
            "identity: {oidc: [{name: corp, issuer: 'https://idp.example', audience: x, claims: {group: g}}]}\n",
            "1:85: unknown key 'group'; did you mean 'groups'?",
        ),
        (
            "identity: {oidc: [{name: corp, issuer: 'https://idp.example', audience: x, claims: {groups: {}}}]}\n",
            "1:93: a claim is its name, or the names on the way to it; for example groups, or [realm_access, roles]",
        ),
        ("identity: {oidc: [{name: corp, issuer: 'https://idp.example'}]}\n", "1:19: audience is missing"),
        (
            "identity: {people: {a: {oidc: corp}}}\n",
            "1:31: 'corp' is nobody at an issuer; ISSUER/SUBJECT, for example corp/00u1",
        ),
        ("identity: {people: {a: {oidc: corp/1}}}\n", "1:31: no issuer is named 'corp'"),
        ("identity: {people: {'a b': {}}}\n", "1:21: not possible as a name; letters, digits and _ . @ + -"),
        (
            "targets: [{name: x, protocol: postgres, address: h, credential: {vault: a}}]\n",
            "1:66: vault is published but not built yet; leave it out for now",
        ),
        (
            "targets: [{name: x, protocol: postgres, address: h, credential: {user: u, password: {aws: a}}}]\n",
            "1:86: aws is published but not built yet; leave it out for now",
        ),
        (
            "identity: {tokens: {max_ttl: 12}}\n",
            "1:30: a duration is a number with its unit; for example 60s, 15m, 12h or 7d",
        ),
        (
            "identity: {tokens: {max_ttl: 20y}}\n",
            "1:30: a duration is a number with its unit; for example 60s, 15m, 12h or 7d",
        ),
        ("permissions: {admn: [x]}\n", "1:15: unknown key 'admn'; did you mean 'admin'?"),
    ],
)
def test_mistakes_in_other_sections_are_told_alike(text: str, expected: str) -> None:
    found = problems(text, whole=False)
    if "user" not in text and "targets" in text:
        assert found == [expected, "1:65: user is missing"] or found == ["1:65: user is missing", expected]
    else:
        assert found == [expected]


def test_all_mistakes_are_told_at_once() -> None:
    text = """\
    engin: {}
    rules:
      - {name: a, decide: alow, what: {effects: [raed]}, when: "operation.x"}
      - {name: b, decide: review}
      - {name: b, decide: deny, who: {groups: [agnets]}}
    """
    assert [problem.split(":")[0] for problem in problems(text)] == ["1", "3", "3", "3", "4", "5", "5"]


def test_a_place_leads_to_the_section_that_stands_there() -> None:
    assert section_at(("rules", 0)) is Rule
    assert section_at(("rules", 0, "except", 1)) is Scope
    assert section_at(("rules", 0, "except", 1, "what")) is What
    assert section_at(("identity", "people", "alice")) is Person
    assert section_at(("rules", 0, "nope", "x")) is None
