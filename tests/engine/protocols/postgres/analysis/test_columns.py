"""The columns of a table that a statement may read are never fewer than it does."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Desk

WHOLE = "read table:public.customers"


@pytest.mark.parametrize(("text", "columns"), [
    ("select name from customers", "name"),
    ("select c.name from customers c where c.id = 1", "id, name"),
    ("select customers.name from public.customers", "name"),
    ("select public.customers.name from public.customers", "name"),
    ("select name from customers group by name having max(email) > 'a' order by ssn", "email, name, ssn"),
    ("select name(customers) from customers", ""),
    ("select 1 from customers join orders using (id)", "id"),
    ("select j.name from (customers join orders on true) as j (a, name)", ""),
    ("select j.name from (customers c join notes n on n.id = c.id) as j", "id, name"),
    ("select j.* from (customers c join notes n on n.id = c.id) as j", ""),
    ("select j from (customers c join notes n on n.id = c.id) as j", ""),
    ("select 1 from customers natural join notes", ""),
    ("select c from customers c", ""),
    ("select c.* from customers c, orders o", ""),
    ("select to_json(c) from customers c", ""),
    ("select (c).name from customers c", ""),
    ("select (c.*).name from customers c", ""),
    ("select public.customers from public.customers", ""),
    ("select customers is null from customers", ""),
    ("select row(c.*) from customers c", ""),
    ("select x.b from customers as x (a, b)", ""),
    ("select * from (select name from customers) s", "name"),
    ("select s.* from (select name from customers) s", "name"),
    ("select * from (select name from customers) s, orders", "name"),
    ("select (select name from customers c where c.id = o.id) from orders o", "id, name"),
    ("select ctid, name from customers", "name"),
    ("select c.ctid, c.name from customers c", "name"),
    ("select sum(id) over (partition by name order by email) from customers", "email, id, name"),
    ("select array_agg(name order by email) filter (where id > 1) from customers", "email, id, name"),
    ("select distinct on (email) name from customers", "email, name"),
    ("select count(*) from customers", ""),
])  # fmt: skip
def test_columns_read(desk: Desk, text: str, columns: str) -> None:
    found = [access for access in desk.find(text) if access.startswith(WHOLE)]
    assert found == [f"{WHOLE}({columns})" if columns else WHOLE]


def test_a_function_of_a_row_may_be_spelt_like_a_column(desk: Desk) -> None:
    """`c.f` calls f(c): attribute notation and functional notation are one."""
    for text in ("select c.initials from customers c", "select (c).initials from customers c",
                 "select initials(c) from customers c", "select customers.initials from customers"):  # fmt: skip
        assert "opaque function:public.initials" in desk.find(text)
        assert WHOLE in desk.find(text)
    assert "schema" in desk.effects("select c.pg_restore_relation_stats from customers c")
