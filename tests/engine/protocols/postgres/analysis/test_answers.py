"""The columns of an announced answer carry what the server says of them and what the statement proves."""

from __future__ import annotations

from engine.model import Column, ColumnRef
from engine.protocols.postgres.analysis.answers import describe
from engine.protocols.postgres.answers import Field
from engine.protocols.postgres.catalog.snapshot import Snapshot
from engine.protocols.postgres.statement import Relation
from tests.engine.protocols.postgres.analysing import Desk, Still

EMAIL = ColumnRef("public", "customers", "email")


def table(catalog: Snapshot, name: str) -> Relation:
    relation = catalog.relation("public", name, ())
    assert relation is not None
    return relation


def test_an_alias_does_not_hide_a_column(shop_source: Still) -> None:
    customers = table(shop_source.current, "customers")
    (column,) = describe([Field("harmless", customers.oid, 3)], None, shop_source.current)
    assert column.sources is not None
    assert EMAIL in column.sources


def test_a_column_of_a_view_is_traced_through_it(shop_source: Still) -> None:
    names = table(shop_source.current, "names")
    (column,) = describe([Field("x", names.oid, 2)], None, shop_source.current)
    assert column.sources is not None
    assert ColumnRef("public", "customers", "name") in column.sources


def test_where_the_server_is_silent_the_statement_speaks(shop_source: Still) -> None:
    known = [Column("x", frozenset({EMAIL}))]
    (column,) = describe([Field("x", type=25)], known, shop_source.current)
    assert column.sources == frozenset({EMAIL})


def test_where_both_speak_both_count(shop_source: Still) -> None:
    customers = table(shop_source.current, "customers")
    (column,) = describe([Field("x", customers.oid, 2)], [Column("x", frozenset({EMAIL}))], shop_source.current)
    assert column.sources is not None
    assert {EMAIL, ColumnRef("public", "customers", "name")} <= column.sources


def test_a_whole_row_has_the_sources_of_all_its_columns(shop_source: Still) -> None:
    customers = table(shop_source.current, "customers")
    proved = [Column("c", frozenset({ColumnRef("public", "customers", "name")}))]
    (column,) = describe([Field("c", customers.oid, 0)], proved, shop_source.current)
    assert column.sources is not None
    assert {EMAIL, ColumnRef("public", "customers", "name")} <= column.sources
    (untold,) = describe([Field("c", 999_999, 0)], proved, shop_source.current)
    assert untold.sources is None


def test_where_nobody_speaks_it_is_unknown_and_so_protected(shop_source: Still) -> None:
    assert describe([Field("x")], None, shop_source.current)[0].sources is None
    assert describe([Field("x")], [], shop_source.current)[0].sources is None
    assert describe([Field("x", 999_999, 1)], None, shop_source.current)[0].sources is None
    assert describe([Field("x", 1, 1)], None, None)[0].sources is None


def test_a_columns_type_tells_whether_it_may_hold_text(shop_source: Still) -> None:
    text, number = describe([Field("a", type=25), Field("b", type=23)], None, shop_source.current)
    assert (text.is_text, text.type_name) == (True, "text")
    assert (number.is_text, number.type_name) == (False, "int4")


def test_the_analyst_describes_what_it_analysed(desk: Desk) -> None:
    statement = desk.one("select upper(email) as x from customers")
    (column,) = desk.analyst.describe([Field("x")], statement)
    assert column.sources is not None
    assert EMAIL in column.sources
    customers = table(desk.source.current, "customers")
    found = desk.analyst.origin(customers.oid, 3)
    assert found is not None
    assert EMAIL in found
