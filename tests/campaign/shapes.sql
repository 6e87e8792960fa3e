-- What a query of the columns k0 (which nothing protects) and k1 is wrapped in: {q} stands for it, {q2} for another.

[shapes]
{q}
{q}
{q}
{q}
select * from ({q}) z
with w as ({q}) select * from w
with w as materialized ({q}), u as (select * from w) select u.* from u
{q} union all {q2}
({q}) union {q2}
{q} except {q2}
({q} limit 3) union all ({q2} limit 2)
select z.* from ({q}) z, lateral (select z.k1) y
select z.k0, z::text, z.k1 from ({q}) z
select z.k0, row_to_json(z) from ({q}) z
select k0, (z).k1 from ({q}) z
select * from ({q}) z order by 1
select * from ({q}) z order by 2
select distinct * from ({q}) z
select k0, max(k1) from ({q}) z group by k0
select count(k1), count(*) from ({q}) z
{q} limit 3 offset 1
select string_agg(z::text, '') from ({q}) z
select k0, k1 from ({q}) z group by k0, k1
select array_agg(k1) from ({q}) z
with recursive w(k0, k1, n) as (select z.*, 1 from ({q}) z union all select k0, k1, n + 1 from w where n < 2) select k0, k1 from w
select jsonb_agg(z) from ({q}) z
select k0, lead(k1) over () from ({q}) z
select z.* from ({q}) z join people p on p.id = 1
select (select max(k1::text) from ({q}) z) as k1, 'open' as k0
select exists ({q})
select case when k0 is null then k1 end from ({q}) z
select * from ({q}) z fetch first 2 rows only
values (1, (select k1::text from ({q}) z limit 1))
select y.* from ({q}) z, lateral (values (k0, k1)) y
select k0, k1 from ({q}) z where k0 is not null
select * from ({q}) z(a, b) order by a using <
{q} for update
select unnest(array_agg(k1)) from ({q}) z
select * from ({q}) z natural join ({q}) y
select k0, k1::text || '' from ({q}) z
select * from rows from (jsonb_to_recordset((select jsonb_agg(z) from ({q}) z)) as (k0 text, k1 text), generate_series(1, 3))
