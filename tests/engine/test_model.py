import dataclasses

import pytest

from engine.model import Access, Effect, Operation, Resource

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
