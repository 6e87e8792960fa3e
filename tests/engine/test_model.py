import dataclasses

import pytest

from engine.model import Access, Effect, Excess, Limit, Operation, Resource, strictest

READ = Access(Effect.READ, Resource("table", "public.orders", ("id", "total")))


def test_a_resource_reads_as_kind_name_and_columns() -> None:
    assert str(READ.resource) == "table:public.orders(id, total)"
    assert str(Resource("statement", "")) == "statement"


def test_an_operation_does_not_show_its_text() -> None:
    operation = Operation("o-1", "s", "statement", "SELECT", "select 'secret'", (READ,))
    assert "secret" not in repr(operation)
    assert operation.effects == (Effect.READ,)


def test_values_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        READ.effect = Effect.WRITE  # type: ignore[misc]  # that is the test


def test_of_several_limits_the_strictest_of_each_kind_holds() -> None:
    limits = [Limit(10, 5, "a", "a"), Limit(changed=9, changed_by="b"), Limit(returned=6, returned_by="c")]
    assert strictest(limits) == Limit(9, 5, "b", "a")
    assert strictest([]) is None
    assert strictest([Limit()]) is None


def test_a_limit_is_passed_by_one_row_more_and_not_before() -> None:
    limit = Limit(10, 5, "a", "b")
    assert limit.excess(10, 5) is None
    assert limit.excess(11, 0) == Excess("changed", "a", 10, 11)
    assert limit.excess(0, 6) == Excess("returned", "b", 5, 6)
    assert Limit().excess(10**9, 10**9) is None
