"""Every node that names something is heard, in whatever corner of a statement it stands."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.analysis.expressions import qualifiers
from engine.protocols.postgres.parsing import Unreadable, parse
from tests.engine.protocols.postgres.analysing import Desk

OPAQUE = "opaque function:public.mystery"


@pytest.mark.parametrize("corner", [
    "select {}",
    "select 1 where {} = 1",
    "select 1 from customers join orders on {} = 1",
    "select 1 group by {}",
    "select 1 group by grouping sets ((), ({}))",
    "select 1 having {} = 1",
    "select 1 order by {}",
    "select 1 limit {}",
    "select 1 offset {}",
    "select distinct on ({}) 1",
    "select sum(id) over (partition by {}) from customers",
    "select sum(id) over w from customers window w as (order by {})",
    "select sum(id) over (order by id rows {} preceding) from customers",
    "select count(*) filter (where {} = 1) from customers",
    "select percentile_cont(0.5) within group (order by {}) from customers",
    "select case {} when 1 then 2 end",
    "select case when true then {} end",
    "select coalesce(null, {})",
    "select greatest(1, {})",
    "select nullif(1, {})",
    "select array[{}]",
    "select row({})",
    "select ({}) is null",
    "select ({} = 1) is true",
    "select {} in (1, 2)",
    "select 1 in (2, {})",
    "select {} between 1 and 2",
    "select 1 = any (array[{}])",
    "select 1 = any (select {})",
    "select array(select {})",
    "select (array[1])[{}]",
    "select {}::text",
    "select {} collate \"C\"",
    "select xmlelement(name a, {})",
    "select xmlforest({} as a)",
    "select json_object('a': {})",
    "select json_array({})",
    "select json_value('{{}}', '$' passing {} as x)",
    "select * from json_table('[]', '$' passing {} as x columns (a int path '$'))",
    "select * from xmltable('/a' passing xml '<a/>' columns b int default {})",
    "select * from generate_series(1, {})",
    "select * from rows from (generate_series(1, {}))",
    "select * from lateral (select {}) x",
    "select 1 from customers tablesample system ({})",
    "values (1), ({})",
    "with a as (select {}) select 1",
    "with recursive a as (select 1 union select {}) select 1",
    "select 1 union select {}",
    "select 1 except (select {} intersect select 2)",
    "insert into orders (id) values ({})",
    "insert into orders (id) select {}",
    "insert into orders values (1) on conflict (id) do update set total = {}",
    "insert into orders values (1) on conflict (id) where {} = 1 do nothing",
    "insert into orders values (1) on conflict (id) do update set total = 1 where {} = 1",
    "insert into orders values (1) returning {}",
    "update orders set total = {}",
    "update orders set (total, status) = ({}, 'x')",
    "update orders set (total, status) = (select {}, 'x')",
    "update orders set total = 1 where {} = 1",
    "delete from orders where {} = 1",
    "delete from orders using (select {}) x",
    "delete from orders returning {}",
    "merge into orders using customers on {} = 1 when matched then do nothing",
    "merge into orders o using customers c on o.id = c.id when matched and {} = 1 then delete",
    "merge into orders o using customers c on o.id = c.id when matched then update set total = {}",
    "merge into orders o using customers c on o.id = c.id when not matched then insert (id) values ({})",
    "merge into orders o using (select {} as x) c on o.id = c.x when matched then do nothing",
    "copy (select {}) to stdout",
    "copy orders from stdin where {} = 1",
    "create table fresh as select {}",
    "create table fresh (a int default {})",
    "create table fresh (a int check ({} > 1))",
    "create table fresh (a int generated always as ({}) stored)",
    "create table fresh (a int) partition by range (({}))",
    "alter table orders add column a int default {}",
    "alter table orders alter column total type int using {}",
    "alter table orders add check ({} > 1)",
    "create index on orders (({}))",
    "create index on orders (id) where {} = 1",
    "create statistics s on ({}), id from orders",
    "create view fresh as select {}",
    "create materialized view fresh as select {}",
    "create domain d as int check ({} > 1)",
    "create domain d as int default {}",
    "create rule r as on insert to orders where {} = 1 do instead nothing",
    "create rule r as on insert to orders do also select {}",
    "create trigger t before insert on orders for each row when ({} = 1) execute function audit()",
    "create policy p on orders using ({} = 1)",
    "alter policy p on orders with check ({} = 1)",
    "create publication p for table orders where ({} = 1)",
    "create function f(x int default {}) returns int language sql as 'select 1'",
    "prepare p as select {}",
    "execute p({})",
    "explain select {}",
    "declare c cursor for select {}",
    "call reports.close_month({})",
    "select set_config('application_name', {}::text, false)",
])  # fmt: skip
def test_no_corner_of_a_statement_hides_a_call(desk: Desk, corner: str) -> None:
    assert OPAQUE in desk.find(corner.format("mystery(1)"))


@pytest.mark.parametrize("corner", [
    "select ({})", "select 1 where exists ({})", "select 1 order by ({})", "select array({})", "select 1 in ({})",
    "select 1 from ({}) x", "select 1 from lateral ({}) x", "with a as ({}) select 1", "select 1 limit ({})",
    "insert into orders (id) {}", "update orders set id = ({})", "delete from orders where id = ({})",
    "select row(({}))", "select case when exists ({}) then 1 end", "select * from generate_series(1, ({}))",
    "create table fresh as {}", "create view fresh as {}", "copy ({}) to stdout", "explain {}", "prepare p as {}",
    "select lower(({})::text)", "values (({}))", "select 1 union ({})",
    "create rule r as on delete to orders do also {}",
])  # fmt: skip
def test_no_corner_of_a_statement_hides_a_table(desk: Desk, corner: str) -> None:
    found = desk.find(corner.format("select pin from secret.customers"))
    assert any(pair.startswith("read table:secret.customers(") and "pin" in pair for pair in found)


def test_the_names_tables_go_by_in_a_from_clause() -> None:
    parsed = parse("select * from a, b x join (c y cross join d) on true, (select 1) e, f tablesample system (1)")
    assert not isinstance(parsed, Unreadable)
    assert sorted(qualifiers(parsed[0].node.from_clause)) == ["a", "d", "f", "x", "y"]
