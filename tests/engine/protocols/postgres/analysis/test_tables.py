"""Touching a table counts with everything it sets in motion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize(("text", "found"), [
    ("select name from names", ["read table:public.customers(id, name)", "read table:public.names(name)"]),
    ("select total from latest", [
        "read table:public.customers(id, name)", "read table:public.latest(total)",
        "read table:public.names(id, name)", "read table:public.orders(customer_id, total)",
    ]),
    ("select total from totals", ["read table:public.orders(customer_id, total)", "read table:public.totals(total)"]),
    ("select m from calling", [
        "opaque function:public.mystery", "read table:public.calling(m)", "read table:public.customers(id)",
    ]),
    ("update names set name = 'x'", [
        "read table:public.customers(id, name)", "write table:public.customers", "write table:public.names(name)",
        "write table:public.orders",
    ]),
    ("delete from names", [
        "delete table:public.customers", "delete table:public.names", "delete table:public.orders",
        "read table:public.customers(id, name)",
    ]),
    ("select id from events", [
        "read table:public.events(id)", "read table:public.events_new(id)", "read table:public.events_old(id)",
    ]),
    ("select id from events_old", ["read table:public.events(id)", "read table:public.events_old(id)"]),
    ("select name from cities", ["read table:public.capitals(name)", "read table:public.cities(name)"]),
    ("select name from only cities", ["read table:public.cities(name)"]),
    ("delete from events", [
        "delete table:public.events", "delete table:public.events_new", "delete table:public.events_old",
    ]),
    ("insert into events_old values (1)", ["write table:public.events", "write table:public.events_old"]),
    ("select id from guarded", ["opaque function:public.mystery", "read table:public.guarded(id)"]),
    ("select id, zip from people", ["opaque function:public.to_word", "read table:public.people(id, zip)"]),
    ("insert into people values (1)", [
        "opaque function:public.to_mood", "opaque function:public.to_word", "opaque function:public.valid",
        "write table:public.people",
    ]),
    ("copy cities to stdout", ["read table:public.cities"]),
    ("copy capitals to stdout", [
        "read table:public.capitals", "read table:public.cities",
    ]),
    ("select pid, state from pg_stat_activity", ["housekeeping table:pg_catalog.pg_stat_activity(pid, state)"]),
    ("select subname from pg_subscription", ["housekeeping table:pg_catalog.pg_subscription(subname)"]),
    ("select * from pg_subscription", ["read table:pg_catalog.pg_subscription"]),
    ("insert into audited values (1)", ["opaque function:public.audit", "write table:public.audited"]),
    ("delete from audited", ["delete table:public.audited"]),
    ("insert into stamped values (1)", ["housekeeping function:reports.stamp", "write table:public.stamped"]),
    ("insert into ruled values (1)", ["write table:public.ruled", "write table:secret.log(id)"]),
    ("insert into notes (body) values ('x')", ["opaque function:public.mystery", "write table:public.notes(body)"]),
    ("insert into orders default values", ["write table:public.orders"]),
    ("delete from customers", ["delete table:public.customers", "delete table:public.orders"]),
    ("update customers set id = 5", ["write table:public.customers(id)", "write table:public.orders"]),
    ("copy ruled from stdin", ["write table:public.ruled", "write table:secret.log(id)"]),
    ("update customers set name = 'x'", ["write table:public.customers(name)"]),
    ("select last_value from orders_id_seq", ["read sequence:public.orders_id_seq"]),
    ("select 1 from pg_stats", ["read table:pg_catalog.pg_stats"]),
    ("select query from pg_stat_activity", ["read table:pg_catalog.pg_stat_activity(query)"]),
    ("select rolname from pg_roles", ["housekeeping table:pg_catalog.pg_roles(rolname)"]),
    ("select rolpassword from pg_authid", ["read table:pg_catalog.pg_authid(rolpassword)"]),
    ("select table_name from information_schema.tables", ["housekeeping table:information_schema.tables(table_name)"]),
    ("select data from pg_largeobject", ["read table:pg_catalog.pg_largeobject(data)"]),
])  # fmt: skip
def test_what_lies_behind_a_table_counts(desk: Desk, text: str, found: list[str]) -> None:
    """Triggers, rewrite rules, defaults, row-security policies count as the functions they call."""
    assert desk.find(text) == found


@pytest.mark.parametrize("name", ["public.missing", "missing", "other_database.public.customers", "pg_temp.customers"])
def test_a_table_nobody_knows_is_opaque(desk: Desk, name: str) -> None:
    statement = desk.one(f"select * from {name}")
    assert statement.why_opaque is not None
    assert {access.effect.value for access in statement.accesses} == {"opaque"}


def test_the_body_of_a_function_behind_a_default_or_a_view_is_read_on_the_sessions_path(desk: Desk) -> None:
    """What the catalog prints has its names on another path than the bodies that run."""
    assert desk.find("insert into tickets (id) values (1)") == [
        "housekeeping function:public.pathless",
        "write table:public.tickets(id)",
    ]
    assert desk.find("select found from pathless_view") == [
        "housekeeping function:public.pathless",
        "read table:public.customers",
        "read table:public.pathless_view(found)",
    ]
    elsewhere = Desk(desk.source, replace(desk.state, search_path=("secret",)))
    assert "read table:secret.customers" in elsewhere.find("select found from public.pathless_view")
