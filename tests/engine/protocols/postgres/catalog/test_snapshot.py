"""What names mean in a catalog held in memory."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.catalog.snapshot import NOTHING, Snapshot
from tests.engine.protocols.postgres.analysing import Still


@pytest.fixture
def catalog(shop_source: Still) -> Snapshot:
    return shop_source.current


def names(catalog: Snapshot, name: str, *path: str) -> str | None:
    relation = catalog.relation(None, name, path)
    return None if relation is None else f"{relation.schema}.{relation.name}"


def test_a_bare_name_means_the_first_on_the_path(catalog: Snapshot) -> None:
    assert names(catalog, "customers", "secret", "public") == "secret.customers"
    assert names(catalog, "customers", "public", "secret") == "public.customers"
    assert names(catalog, "customers") is None
    assert names(catalog, "pg_class", "public") == "pg_catalog.pg_class"


def test_pg_catalog_comes_first_unless_it_is_listed(catalog: Snapshot) -> None:
    table = catalog.relation("secret", "customers", ())
    assert table is not None
    shadow = Snapshot(catalog.builtin, catalog.users, catalog.surroundings)
    shadow._relations["secret", "pg_class"] = table
    assert shadow.relation(None, "pg_class", ("secret",)) is catalog.relation("pg_catalog", "pg_class", ())
    assert shadow.relation(None, "pg_class", ("secret", "pg_catalog")) is table


def test_functions_of_every_visible_schema_count(catalog: Snapshot) -> None:
    assert [f.argument_types for f in catalog.functions(None, "mystery", ("public",))] == [("int4",), ("text",)]
    assert catalog.functions(None, "mystery", ("secret",)) == ()
    assert [f.schema for f in catalog.functions("pg_catalog", "lower", ())] == ["pg_catalog"] * 3
    assert catalog.functions("pg_temp", "mystery", ()) == ()


def test_a_function_is_known_with_all_that_a_call_depends_on(catalog: Snapshot) -> None:
    (monthly,) = catalog.functions("reports", "monthly", ())
    assert (monthly.defaults, monthly.language, monthly.argument_names, monthly.argument_defaults) == (
        1, "plpgsql", ("x",), "1",
    )  # fmt: skip
    (pathful,) = catalog.functions("public", "pathful", ())
    assert pathful.settings == ("search_path=secret",)
    (atomic,) = catalog.functions("public", "atomic_purge", ())
    assert atomic.is_body_printed
    assert "DELETE FROM public.orders" in (atomic.body or "")
    (initials,) = catalog.functions("public", "initials", ())
    assert initials.takes_row
    (gathered,) = catalog.functions("public", "gathered", ())
    assert [f.name for oid in gathered.support or () if (f := catalog.function_by_oid(oid))] == ["gather"]


def test_a_table_is_known_with_all_that_touching_it_sets_in_motion(catalog: Snapshot) -> None:
    audited = catalog.relation("public", "audited", ())
    assert audited is not None
    assert sorted(event for event, _ in audited.triggers) == ["insert", "update"]
    customers = catalog.relation("public", "customers", ())
    orders = catalog.relation("public", "orders", ())
    assert customers is not None
    assert orders is not None
    assert sorted(customers.cascades) == [
        ("delete", "delete", orders.oid, ("id",)),
        ("update", "write", orders.oid, ("id",)),
    ]
    assert customers.referenced_by == (orders.oid,)
    assert "id" in customers.keys
    assert (("customer_id",), customers.oid, ("id",)) in orders.references
    events = catalog.relation("public", "events", ())
    assert events is not None
    assert len(events.children) == 2
    guarded = catalog.relation("public", "guarded", ())
    assert guarded is not None
    assert guarded.row_security
    assert "mystery" in guarded.policies[0]
    ruled = catalog.relation("public", "ruled", ())
    assert ruled is not None
    assert ruled.rules[0].startswith("CREATE RULE copied")


def test_printed_definitions_are_qualified(catalog: Snapshot) -> None:
    names_view = catalog.relation("public", "names", ())
    assert names_view is not None
    assert "public.customers" in (names_view.definition or "")
    assert catalog.printed_path == ()


def test_casts_and_domains_call_what_users_made(catalog: Snapshot) -> None:
    assert sorted(f.name for f in catalog.cast_functions("mood", ())) == ["to_mood", "to_word"]
    assert sorted(f.name for f in catalog.cast_functions("_mood", ())) == ["to_mood", "to_word"]
    assert [f.name for f in catalog.conversions("mood")] == ["to_word"]
    assert "valid" in catalog.type_checks("zip")[0]
    assert "valid" in catalog.type_checks("people")[0]
    assert catalog.cast_functions("int4", ()) == ()
    assert catalog.type_name(23) == "int4"


def test_operators_of_users_are_found_where_they_are_visible(catalog: Snapshot) -> None:
    assert [f.name for f in catalog.operator_functions(None, "===", ("public",))] == ["same"]
    assert catalog.operator_functions(None, "===", ("secret",)) == ()
    assert [f.name for f in catalog.operator_functions("public", "===", ())] == ["same"]


def test_without_a_catalog_no_name_means_anything() -> None:
    assert NOTHING.relation(None, "pg_class", ()) is None
    assert NOTHING.functions(None, "lower", ()) == ()
