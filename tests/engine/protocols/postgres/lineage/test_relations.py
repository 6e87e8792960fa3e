"""Tables, views and row types."""

from __future__ import annotations

from dataclasses import replace

from engine.protocols.postgres.lineage.relations import stored_sources
from engine.protocols.postgres.lineage.tracing import origin, view_columns
from engine.protocols.postgres.statement import Relation
from tests.engine.protocols.postgres.lineage.shop import Shop, named


def _relation(shop: Shop, name: str) -> Relation:
    relation = shop.catalog.relation("public", name, ())
    assert relation is not None
    return relation


def test_a_views_columns_carry_its_own_name_and_what_they_show(shop: Shop) -> None:
    columns = view_columns(_relation(shop, "contact_orders"), shop.catalog)
    assert columns is not None
    found = {column.name: named(column.sources) for column in columns}
    assert found["contact"] == {"contact_orders.contact", "contacts.contact", "customers.email"}
    assert found["order_id"] == {"contact_orders.order_id", "orders.id"}


def test_partitions_and_parents_hold_each_others_values(shop: Shop) -> None:
    def sources(name: str) -> set[str]:
        return named(stored_sources(_relation(shop, name), "email", shop.catalog))

    assert sources("people_us") == {"people.email", "people_us.email"}
    assert sources("people") == {"people.email", "people_eu.email", "people_us.email"}


def test_a_generated_column_holds_what_it_is_generated_from(shop: Shop) -> None:
    found = stored_sources(_relation(shop, "customers"), "domain", shop.catalog)
    assert named(found) == {"customers.domain", "customers.email"}


def test_an_origin_is_a_column_a_whole_row_or_a_system_column(shop: Shop) -> None:
    customers = _relation(shop, "customers")
    email = customers.column("email")
    assert email is not None
    assert named(origin(customers.oid, email.number, shop.catalog)) == {"customers.email"}
    assert len(origin(customers.oid, 0, shop.catalog) or ()) == len(customers.columns)
    assert origin(customers.oid, -1, shop.catalog) == frozenset()
    assert origin(customers.oid, 999, shop.catalog) is None
    assert origin(0, 0, shop.catalog) is None


def test_a_relation_that_is_being_changed_is_unproved(shop: Shop) -> None:
    for name in ("customers", "contacts"):
        busy = replace(_relation(shop, name), oid=1 << 30, is_unreadable=True, definition=None)
        columns = view_columns(busy, replace(shop.catalog))
        assert columns is not None
        assert {column.sources for column in columns} == {None}


def test_a_view_that_cannot_be_read_is_unproved(shop: Shop) -> None:
    for definition in ("no SQL at all", "select 1", "select * from nowhere", None):
        broken = replace(_relation(shop, "contacts"), oid=1 << 30, definition=definition)
        columns = view_columns(broken, replace(shop.catalog))
        assert columns is not None
        assert {column.sources for column in columns} == {None}


def test_a_typed_null_is_no_row_of_its_table(shop: Shop) -> None:
    assert shop.sources("select (null::customers).email, ('(1)'::address).zip") == [set(), set()]


def test_row_security_that_reads_what_the_client_set_is_the_clients_question(shop: Shop) -> None:
    assert shop.inferences("select id from secrets") == {"secrets.email"}
    assert shop.inferences("select id from notes") == set()
