"""What is remembered of an operation, and what is not."""

from __future__ import annotations

import pytest

from engine.hindsight.recall import Gone, Lost, Memory
from engine.model import Access, Effect, Resource
from tests.engine.hindsight.remembering import recorded, revision


def test_a_table_comes_back_with_its_columns() -> None:
    found = Memory(revision()).recall(recorded(("read", "table:public.orders(id, total)")))
    assert found.operation.accesses == (Access(Effect.READ, Resource("table", "public.orders", ("id", "total"))),)
    assert not found.unknown.names


@pytest.mark.parametrize(
    "name",
    [
        "command:psql -W '****'",
        "path:/home/tok_abcdefghijklmnopqrstuvwx",
        "path:/tmp/0123456789abcdef0123456789abcdef",
        "command:echo x…",
        "table:public.a(b)(c)",
        "path:/" + "x" * 1100,
    ],
)
def test_a_name_that_was_masked_or_cut_is_not_known(name: str) -> None:
    found = Memory(revision()).recall(recorded(("execute", name)))
    assert len(found.unknown.names) == 1


def test_where_masking_may_leave_nothing_no_typed_name_is_known() -> None:
    memory = Memory(revision("masking: [{name: m, where: {}, detect: [email], with: nullify}]\n"))
    assert memory.recall(recorded(("execute", "command:ls"))).unknown.names
    assert not memory.recall(recorded(("read", "table:public.a"))).unknown.names


def test_who_or_what_is_not_there_any_more_is_gone() -> None:
    memory = Memory(revision())
    with pytest.raises(Gone, match="no target cellar"):
        memory.recall(recorded(target="cellar"))
    with pytest.raises(Gone, match="nobody"):
        memory.recall(recorded(identity="ghost"))


def test_a_list_that_may_have_been_cut_is_lost() -> None:
    with pytest.raises(Lost):
        Memory(revision()).recall(recorded(*[("read", f"table:public.t{n}") for n in range(64)]))
