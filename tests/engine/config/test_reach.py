import pytest

from tests.engine.config.writing import problems


def rule(text: str) -> str:
    return f"rules: [{{name: a, decide: deny, {text}}}]\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("who: {groups: [agnets]}", "1:48: nobody is in the group 'agnets'; did you mean 'agents'?"),
        ("who: {groups: [Agents]}", "1:48: nobody is in the group 'Agents'; did you mean 'agents'?"),
        ("who: {identities: [report-bt]}", "1:52: nobody is named 'report-bt'; did you mean 'report-bot'?"),
        ("who: {sponsors: [report-bot]}", "1:50: nobody is named 'report-bot'; known: alice, bob"),
        ("where: {targets: [shp]}", "1:51: no target is named 'shp'; did you mean 'shop'?"),
        ("where: {targets: ['x*']}", "1:51: no target is named 'x*'; known: shop"),
        ("where: {labels: {env: prd}}", "1:55: no target has the label env: prd; did you mean 'prod'?"),
        ("where: {labels: {evn: prod}}", "1:55: no target has the label evn: prod; did you mean 'env'?"),
        ("except: {who: {groups: [x]}}", "1:57: nobody is in the group 'x'; known: agents, dba, dev"),
        ("except: [{where: {targets: [x]}}]", "1:61: no target is named 'x'; known: shop"),
        ("who: {groups: [agents], kinds: [human]}", "1:38: nobody is all of this, so the rule can never match"),
        (
            "except: {}",
            "1:33: the exception leaves nothing, so the rule can never match; except less, or remove the rule",
        ),
        (
            "what: {effects: [read]}, except: {what: {effects: [read, write]}}",
            "1:58: the exception leaves nothing, so the rule can never match; except less, or remove the rule",
        ),
        (
            "what: {tables: [a.b]}, except: {what: {tables: [a.b, c]}}",
            "1:56: the exception leaves nothing, so the rule can never match; except less, or remove the rule",
        ),
        (
            "who: {groups: [agents]}, except: {who: {identities: [report-bot]}}",
            "1:58: the exception leaves nothing, so the rule can never match; except less, or remove the rule",
        ),
    ],
)
def test_a_rule_that_can_never_match_is_an_error(text: str, expected: str) -> None:
    assert problems(rule(text)) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        "who: {groups: [agents, dba], kinds: [agent]}",
        "where: {targets: ['sh*']}",
        "except: {who: {groups: [agents]}}",
        "what: {effects: [read]}, except: {what: {effects: [write]}}",
        "what: {effects: [read]}, except: {what: {effects: [read], tables: [a]}}",
        "what: {tables: [a.b]}, except: {what: {functions: [a.b]}}",
        "except: {where: {databases: [x]}}",
        "what: {verbs: [COPY]}, except: {what: {verbs: [SELECT]}}",
    ],
)
def test_a_rule_that_can_match_is_none(text: str) -> None:
    assert problems(rule(text)) == []


def test_two_targets_with_one_label_each_are_not_one_with_both() -> None:
    text = """\
    targets:
      - {name: a, protocol: postgres, address: h, credential: {user: u}, labels: {env: prod}}
      - {name: b, protocol: postgres, address: h, credential: {user: u}, labels: {team: core}}
    rules: [{name: x, decide: deny, where: {labels: {env: prod, team: core}}}]
    """
    assert problems(text, whole=False) == ["4:40: no target is all of this, so the rule can never match"]


_CORP = """\
identity:
  oidc: [{name: corp, issuer: "https://idp.example", audience: h, claims: {groups: groups}}]
  people: {alice: {groups: [dev], oidc: corp/00u1}, bob: {groups: [dba]}}
"""


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ("groups: [corp/oncall]", []),
        ("groups: [corp/oncall], identities: [alice]", []),
        ("groups: [corp/oncall], identities: [bob]", ["4:38: nobody is all of this, so the rule can never match"]),
        ("groups: [crop/oncall]", ["4:48: nobody is in the group 'crop/oncall'; did you mean 'corp/oncall'?"]),
        ("groups: [oncall]", ["4:48: nobody is in the group 'oncall'; did you mean 'corp/oncall'?"]),
    ],
)
def test_a_group_of_an_issuer_is_known_and_is_of_those_who_log_in_there(who: str, expected: list[str]) -> None:
    other = "- {name: o, decide: deny, who: {groups: [corp/oncall]}}"
    text = f"{_CORP}rules: [{{name: a, decide: deny, who: {{{who}}}}}, {other[2:]}]\n"
    assert problems(text, whole=False) == expected


def test_a_group_of_an_issuer_that_tells_none_is_nobodys() -> None:
    text = _CORP.replace(", claims: {groups: groups}", "") + rule("who: {groups: [corp/oncall]}")
    assert problems(text, whole=False) == ["4:48: nobody is in the group 'corp/oncall'; known: dba, dev"]
