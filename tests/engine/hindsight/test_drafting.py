"""Rules drafted from what was observed."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.api.schema import SuggestionView
from engine.config.loading import load_sources
from engine.hindsight.drafting import draft
from engine.hindsight.recall import Memory
from engine.hindsight.retrial import retry
from engine.search.operations import RecordedOperation
from tests.engine.hindsight.remembering import CONFIG, FILE, recorded, revision


def _observed(*accesses: tuple[str, str], **said: object) -> RecordedOperation:
    return recorded(*accesses, mode="observe", **said)  # type: ignore[arg-type]


def _drafted(*asked: RecordedOperation, rules: str = "") -> SuggestionView:
    return draft(Memory(revision(rules, mode="observe")), asked)


def test_a_draft_names_who_where_and_what_and_nothing_else() -> None:
    found = _drafted(_observed(("read", "table:public.a(id)")), _observed(("read", "table:public.b"), number=2))
    (rule,) = found.rules
    assert 'who: {identities: ["bot"]}' in rule.yaml
    assert 'where: {targets: ["shop"]}' in rule.yaml
    assert 'what: {effects: ["read"], tables: ["public.a", "public.b"]}' in rule.yaml
    assert (rule.count, found.left, [example.operation for example in rule.examples]) == (2, {}, ["o-1", "o-2"])


def test_a_group_stands_for_its_members_only_where_all_of_them_did_it() -> None:
    asked = [_observed(("read", "table:public.a")), _observed(("read", "table:public.a"), identity="other")]
    assert 'who: {groups: ["agents"]}' in _drafted(*asked).yaml


def test_many_tables_of_one_schema_become_one_pattern() -> None:
    found = _drafted(*[_observed(("read", f"table:public.t{n}"), number=n) for n in range(13)])
    assert 'tables: ["public.*"]' in found.yaml


def test_what_rules_deny_or_allow_already_is_left_to_them() -> None:
    rules = (
        "rules:\n"
        "  - {name: never, decide: deny, what: {effects: [delete]}}\n"
        "  - {name: reads, decide: allow, what: {effects: [read]}}\n"
    )
    found = _drafted(_observed(("delete", "table:public.a")), _observed(("read", "table:public.a")), rules=rules)
    assert (found.rules, found.left) == ([], {"denied by the rule never": 1})


def test_masked_and_opaque_operations_are_for_people() -> None:
    found = _drafted(_observed(("execute", "command:x '****'"), target="web"), _observed(("opaque", "statement")))
    assert found.rules == []
    assert found.left == {"a name it touches was masked or cut": 1, "what it does could not be told": 1}


NAMES = st.sampled_from(
    [
        ("read", "statement"),
        ("read", "table:public.a"),
        ("read", "table:public.Big Name"),
        ("write", "table:public.a(id)"),
        ("execute", "function:pg_catalog.now"),
        ("session", "setting:work_mem"),
        ("session", "role:app"),
        ("execute", "command:cat '/srv/a b' '#x' ~"),
        ("execute", "command:ls -la /etc"),
        ("file", "path:/etc/hosts"),
        ("file", "path:/srv/"),
        ("network", "host:db.internal:5432"),
        ("housekeeping", "statement"),
        ("execute", "shell"),
    ]
)
OPERATIONS = st.builds(
    lambda accesses, identity, target: _observed(*accesses, identity=identity, target=target),
    st.lists(NAMES, min_size=1, max_size=3, unique=True),
    st.sampled_from(["bot", "other"]),
    st.sampled_from(["shop", "web"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(OPERATIONS, max_size=8))
def test_under_its_draft_an_enforced_target_decides_all_as_it_was_observed(asked: list[RecordedOperation]) -> None:
    """Besides those that the draft itself counts as left."""
    found = _drafted(*asked)
    sources = {FILE: CONFIG.replace("MODE", "enforce").encode(), FILE.with_name("suggested.yaml"): found.yaml.encode()}
    *_, view = retry(Memory(load_sources(sources)), asked, len(asked))
    assert (view.changed, view.undecidable) == (sum(found.left.values()), 0)
    assert not any(why.startswith("the draft does not hold") for why in found.left)


@settings(max_examples=60, deadline=None)
@given(OPERATIONS)
def test_one_operation_of_nameable_things_is_always_covered(asked: RecordedOperation) -> None:
    assert _drafted(asked).left == {}
