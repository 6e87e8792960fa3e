"""The list after SELECT."""

from __future__ import annotations

from tests.engine.protocols.postgres.lineage.shop import Shop


def test_stars_expand_to_the_columns_of_their_entry(shop: Shop) -> None:
    columns = shop.lineage("select c.*, (c).*, 1 as one from customers c").columns
    assert columns is not None
    assert [column.name for column in columns] == [*_names(shop), *_names(shop), "one"]


def test_a_star_that_cannot_be_told_leaves_the_columns_untold(shop: Shop) -> None:
    assert shop.lineage("select n.*, 1 from nowhere n").columns is None
    assert shop.lineage("select (hidden(1)).*").columns is None


def test_columns_say_whether_they_hold_text(shop: Shop) -> None:
    columns = shop.lineage("select name, id, tags, extra, 'x', home from customers").columns
    assert columns is not None
    assert [column.type_name for column in columns] == ["text", "int4", "_text", "jsonb", "text", "address"]
    assert [column.is_text for column in columns] == [True, False, False, False, True, False]
    assert [column.has_text for column in columns] == [True, False, True, True, True, True]


def _names(shop: Shop) -> list[str]:
    relation = shop.catalog.relation("public", "customers", ())
    assert relation is not None
    return [column.name for column in relation.columns]
