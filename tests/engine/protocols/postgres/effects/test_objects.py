"""Statements about the schema name the exact objects they touch."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Desk


@pytest.mark.parametrize(("text", "found"), [
    ("alter table customers rename column email to x", ["schema table:public.customers"]),
    ("alter index orders_pkey rename to x", ["schema table:public.orders_pkey"]),
    ("alter type mood rename to x", ["schema type:public.mood"]),
    ("alter type mood add value 'x'", ["schema type:public.mood"]),
    ("alter schema secret rename to x", ["schema schema:secret"]),
    ("alter role clerk rename to x", ["privilege role:clerk"]),
    ("alter function careful(int) set schema secret", ["schema function:public.careful"]),
    ("alter domain zip drop not null", ["schema type:public.zip"]),
    ("drop sequence orders_id_seq", ["schema sequence:public.orders_id_seq"]),
    ("drop table missing", ["schema table:public.missing"]),
    ("drop policy mine on guarded", ["schema table:public.guarded"]),
    ("drop rule copied on ruled", ["schema table:public.ruled"]),
    ("drop type mood, zip", ["schema type:public.mood", "schema type:public.zip"]),
    ("drop server s", ["schema host:s"]),
    ("drop extension x", ["schema statement"]),
    ("create table if not exists secret.fresh (id int)", ["schema table:secret.fresh"]),
    ("create aggregate a(int) (sfunc = int4pl, stype = int)", ["schema function:public.a"]),
    ("create operator ### (leftarg = int, rightarg = int, procedure = int4pl)", ["schema statement"]),
    ("create procedure p() language sql as 'select 1'", ["schema function:public.p"]),
    ("alter function careful(int) security definer", [
        "privilege function:public.careful", "schema function:public.careful",
    ]),
    ("create foreign table f (id int) server s", ["network host:s", "schema table:public.f"]),
    ("import foreign schema x from server s into public", ["network host:s", "schema host:s"]),
    ("alter extension x update", ["opaque statement", "schema schema"]),
    ("grant execute on function careful(int) to clerk", ["privilege function:public.careful"]),
    ("grant set on parameter log_statement to clerk", ["privilege setting:log_statement"]),
    ("reindex database shop", ["schema table"]),
    ("vacuum customers, orders", ["schema table:public.customers", "schema table:public.orders"]),
])  # fmt: skip
def test_what_is_named(desk: Desk, text: str, found: list[str]) -> None:
    assert desk.find(text) == found
