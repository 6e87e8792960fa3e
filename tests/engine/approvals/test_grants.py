from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.approvals.grants import binding
from engine.model import Access, Decision, Effect, Identity, Operation, Parameter, Resource, Target, Verdict
from tests.engine.approvals.conftest import delete

BOT = Identity("bot", "agent", sponsor="alice", token="t1", token_minted_by="dave", on_behalf_of="erin")
SHOP = Target("shop", "postgres", "127.0.0.1:5432")
HELD = Decision(Verdict.REVIEW, "deletes", "", rule_digest="d1")


def bound(
    operation: Operation, identity: Identity = BOT, target: Target = SHOP, decision: Decision = HELD, key: bytes = b"k"
) -> str:
    return binding(key, identity, target, operation, decision)


ASKED = delete()


@pytest.mark.parametrize(
    "other",
    [
        delete("DELETE FROM orders WHERE id = $1 "),
        delete(parameter="8"),
        delete(parameter=None),
        delete(database="analytics"),
        delete(role="admin"),
        delete(search_path="evil, public"),
        replace(ASKED, verb="UPDATE"),
        replace(ASKED, kind="copy"),
        replace(ASKED, parameters=(Parameter("text", "7"),)),
        replace(ASKED, parameters=()),
        replace(ASKED, accesses=(Access(Effect.DELETE, Resource("table", "public.orders", ("id",))),)),
        replace(ASKED, accesses=(Access(Effect.WRITE, Resource("table", "public.orders")),)),
    ],
)
def test_an_approval_counts_for_no_other_operation(other: Operation) -> None:
    assert bound(other) != bound(ASKED)


@pytest.mark.parametrize(
    "other",
    [
        replace(BOT, subject="Bot"),
        replace(BOT, token="t2"),
        replace(BOT, token_minted_by="bob"),
        replace(BOT, on_behalf_of=None),
        replace(BOT, sponsor="bob"),
        replace(BOT, kind="human"),
    ],
)
def test_an_approval_counts_for_nobody_else(other: Identity) -> None:
    assert bound(ASKED, other) != bound(ASKED)


def test_an_approval_counts_on_one_target_under_one_rule_and_key() -> None:
    assert bound(ASKED, target=replace(SHOP, name="shop2")) != bound(ASKED)
    assert bound(ASKED, target=replace(SHOP, address="10.0.0.1:5432")) != bound(ASKED)
    assert bound(ASKED, decision=replace(HELD, rule_digest="d2")) != bound(ASKED)
    assert bound(ASKED, key=b"other") != bound(ASKED)


def test_the_identical_operation_of_another_session_is_the_same() -> None:
    assert bound(replace(ASKED, id="o-9", session="s-9")) == bound(ASKED)
    assert bound(replace(ASKED, context=tuple(reversed(ASKED.context)))) == bound(ASKED)


TEXTS = st.text(max_size=5)


@given(st.lists(TEXTS, max_size=4), st.lists(TEXTS, max_size=4))
def test_parts_never_run_together(one: list[str], other: list[str]) -> None:
    def with_parameters(values: list[str]) -> str:
        return bound(replace(ASKED, parameters=tuple(Parameter(value, value) for value in values)))

    assert (with_parameters(one) == with_parameters(other)) == (one == other)


def test_bytes_that_are_no_text_can_be_bound_too() -> None:
    assert bound(delete("\udc80")) != bound(delete("\udc81"))
