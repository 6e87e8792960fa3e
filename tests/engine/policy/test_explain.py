from engine.model import Identity, Limit
from engine.policy.evaluate import Policy
from engine.policy.explain import explain
from engine.policy.globs import dotted
from engine.policy.rules import Scope, Where, Who
from tests.engine.policy.making import BOT, NOW, SESSION, SHOP, access, operation, rule, what


def test_every_rule_says_of_each_access_whether_it_matched_or_why_not() -> None:
    rules = [
        rule("who", "allow", who=Who(groups=frozenset({"x"}))),
        rule("target", "allow", where=Where(labels=(("env", "test"),))),
        rule("database", "allow", where=Where(databases=dotted("other", 1))),
        rule("effect", "allow", effects=["write"]),
        rule("verb", "allow", verbs=["COPY"]),
        rule("table", "allow", tables=["public.customers"]),
        rule("except", "allow", unless=[Scope(what=what(tables=["public.*"]))]),
        rule("false", "allow", when="operation.has_where"),
        rule("failed", "allow", when="operation.estimated_rows < 3"),
        rule("yes", "allow", effects=["read"]),
    ]
    asked = operation(access("read", "table:public.orders", "id"))
    entries = {entry["rule"]: entry for entry in explain(Policy(rules), BOT, SHOP, SESSION, asked, NOW)}
    assert {name: entry["why"] for name, entry in entries.items()} == {
        "who": "it is about other identities",
        "target": "it is about other targets",
        "database": "it is about other databases",
        "effect": "it is about other effects",
        "verb": "it is about other verbs",
        "table": "it is about other resources",
        "except": "an exception leaves this out",
        "false": "its condition is false",
        "failed": "its condition could not be evaluated, which never allows",
        "yes": "",
    }
    assert [name for name, entry in entries.items() if entry["matched"]] == ["yes"]
    assert entries["yes"]["accesses"] == [
        {"effect": "read", "resource": "table:public.orders(id)", "matched": True, "why": ""}
    ]


def test_an_operation_that_touches_nothing_is_explained_too() -> None:
    (entry,) = explain(Policy([rule("a", "allow")]), Identity("x", "human"), SHOP, SESSION, operation(), NOW)
    assert entry["accesses"][0]["effect"] == "housekeeping"


def test_a_rule_says_what_it_limits() -> None:
    rules = [rule("a", "allow", limit=Limit(5, 100, "a", "a")), rule("b", "allow")]
    entries = explain(Policy(rules), BOT, SHOP, SESSION, operation(access("read")), NOW)
    assert [entry["limit"] for entry in entries] == ["at most 5 rows changed, at most 100 rows returned", ""]
