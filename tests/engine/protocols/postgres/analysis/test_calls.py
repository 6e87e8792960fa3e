"""A call counts as what it runs, however it is written."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize(("text", "found"), [
    ("select mystery(1)", ["opaque function:public.mystery"]),
    ("select public.mystery(1)", ["opaque function:public.mystery"]),
    ('select "mystery"(1)', ["opaque function:public.mystery"]),
    ("select * from mystery(1)", ["opaque function:public.mystery"]),
    ("select * from rows from (mystery(1), mystery(2))", ["opaque function:public.mystery"]),
    ("select mystery(variadic array[1])", ["opaque function:public.mystery"]),
    ("select 1 group by mystery(1)", ["opaque function:public.mystery"]),
    ("select 1 limit mystery(1)", ["opaque function:public.mystery"]),
    ("values (mystery(1))", ["opaque function:public.mystery"]),
    ("select reports.monthly(2)", ["read function:reports.monthly"]),
    ("select reports.monthly()", ["read function:reports.monthly"]),
    ("select careful(1)", ["housekeeping function:public.careful"]),
    ("select customer(1)", ["housekeeping function:public.customer", "read table:public.customers"]),
    ("select purge()", ["delete table:public.orders", "housekeeping function:public.purge"]),
    ("select atomic_purge()", [
        "delete table:public.orders", "housekeeping function:public.atomic_purge", "read table:public.orders(id)",
    ]),
    ("select ping(1)", [
        "housekeeping function:public.ping", "housekeeping function:public.pong", "read table:public.orders",
    ]),
    ("select pong(1)", [
        "housekeeping function:public.ping", "housekeeping function:public.pong", "read table:public.orders",
    ]),
    ("select pathless()", ["housekeeping function:public.pathless", "read table:public.customers"]),
    ("select pathful()", ["housekeeping function:public.pathful", "read table:secret.customers"]),
    ("select sealed()", ["housekeeping function:public.sealed", "read table:public.customers"]),
    ("select wide()", ["housekeeping function:public.wide", "read table:secret.customers"]),
    ("select gathered(1)", ["housekeeping function:public.gathered", "opaque function:public.gather"]),
    ("select 'a' === 1", ["opaque function:public.same"]),
    ("select 'a' operator(public.===) 1", ["opaque function:public.same"]),
    ("select 1::mood", ["opaque function:public.to_mood", "opaque function:public.to_word"]),
    ("select cast(1 as public.mood)", ["opaque function:public.to_mood", "opaque function:public.to_word"]),
    ("select mood(1)", ["opaque function:public.to_mood", "opaque function:public.to_word"]),
    ("select mood::text from people", ["opaque function:public.to_word", "read table:public.people(mood)"]),
    ("select gloomy()", [
        "housekeeping function:public.gloomy", "opaque function:public.to_mood", "opaque function:public.to_word",
    ]),
    ("select 'x'::zip", ["opaque function:public.valid"]),
    ("select zip 'x'", ["opaque function:public.valid"]),
    ("select '{x}'::zip[]", ["opaque function:public.valid"]),
    ("select * from json_to_record('{}') as r (z zip)", ["opaque function:public.valid"]),
    ("select json_value('{}', '$' returning zip)", ["opaque function:public.valid"]),
    ("select 'customers'::regclass", ["housekeeping statement"]),
    ("select set_config('role', 'x', false)", ["session setting:role"]),
    ("select set_config('application_name', 'x', false)", ["housekeeping setting:application_name"]),
    ("select set_config(name, 'x', false) from customers", [
        "read table:public.customers(name)", "session setting",
    ]),
    ("select set_config(setting_name => 'role', new_value => 'x', is_local => false)", ["session setting"]),
    ("select set_config(name, 'x', false) from pg_settings where name = 'restrict_nonsystem_relation_kind'", [
        "housekeeping setting:restrict_nonsystem_relation_kind", "housekeeping table:pg_catalog.pg_settings(name)",
    ]),
    ("select set_config(name, 'x', false) from pg_settings where name = 'role'", [
        "housekeeping table:pg_catalog.pg_settings(name)", "session setting:role",
    ]),
    ("select set_config(name, 'x', false) from pg_settings where name = 'work_mem' or true", [
        "housekeeping table:pg_catalog.pg_settings(name)", "session setting",
    ]),
    ("select set_config(name, 'x', false) from pg_settings p (a, name) where name = 'work_mem'", [
        "housekeeping table:pg_catalog.pg_settings", "session setting",
    ]),
    ("select (select set_config(name, 'x', false) from customers) from pg_settings where name = 'work_mem'", [
        "housekeeping table:pg_catalog.pg_settings(name)", "read table:public.customers(name)", "session setting",
    ]),
    ("select nextval('orders_id_seq')", ["write sequence:public.orders_id_seq"]),
    ("select nextval('public.orders_id_seq'::regclass)", ["write sequence:public.orders_id_seq"]),
    ("select setval(name, 1) from customers", ["read table:public.customers(name)", "write sequence"]),
    ("select pg_notify('news', 'x')", ["write channel:news"]),
    ("select pg_read_file('/etc/passwd')", ["file path:/etc/passwd"]),
    ("select lo_import('/etc/passwd')", ["file path:/etc/passwd", "write table:pg_catalog.pg_largeobject"]),
    ("select lo_unlink(1)", ["delete table:pg_catalog.pg_largeobject"]),
    ("select pg_terminate_backend(1)", ["execute function:pg_catalog.pg_terminate_backend"]),
    ("select query_to_xml('select 1', true, true, '')", ["opaque function:pg_catalog.query_to_xml"]),
    ("select * from ts_stat('select 1')", ["opaque function:pg_catalog.ts_stat"]),
    ("select ts_rewrite('a', 'select 1')", ["opaque function:pg_catalog.ts_rewrite"]),
    ("select ts_rewrite('a', 'b', 'c')", ["housekeeping statement"]),
    ("select pg_stat_get_activity(1)", ["read table:pg_catalog.pg_stat_activity"]),
    ("select lower('X'), now(), count(*), current_user, version()", ["housekeeping statement"]),
    ("select percentile_cont(0.5) within group (order by id) from customers", ["read table:public.customers(id)"]),
    ("select missing(1)", ["opaque function:missing"]),
    ("select pg_catalog.missing(1)", ["opaque function:pg_catalog.missing"]),
    ("select 'x'::missing", ["opaque type:missing"]),
])  # fmt: skip
def test_calls_count_as_what_they_run(desk: Desk, text: str, found: list[str]) -> None:
    """Operators and casts that call functions; overloads; built-ins that run SQL, read files, change settings."""
    assert desk.find(text) == found


def test_a_body_on_its_owners_path_is_opaque(desk: Desk) -> None:
    assert "opaque function:public.personal" in desk.find("select personal()")


def test_why_it_is_opaque_is_told(desk: Desk) -> None:
    assert "plpgsql" in (desk.one("select mystery(1)").why_opaque or "")
    assert "runs SQL" in (desk.one("select query_to_xml('select 1', true, true, '')").why_opaque or "")
    assert "missing" in (desk.one("select * from missing").why_opaque or "")


def test_what_runs_unseen_may_leave_the_session_in_any_state(desk: Desk) -> None:
    for text in ("select mystery(1)", "do 'begin end'", "select reports.monthly()", "call reports.close_month()"):
        statement = desk.one(text)
        assert (statement.changes_schema, statement.changes_settings) == (True, True)
