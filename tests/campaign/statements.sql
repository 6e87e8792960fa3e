-- Statements. {q} is a query of two columns, {s} of one text, {v} a relation; {e} {i} {b} are expressions over people,
-- {e2} one that stands anywhere, {e3} a short one, {b2} a condition on a row called p.

[alone]
copy ({q}) to stdout
copy ({q}) to stdout (format csv)
copy ({q}) to stdout (format csv, header, force_quote *)
copy ({q}) to stdout (format binary)
copy ({q}) to stdout (delimiter '|', null 'nil')
copy people to stdout
copy people (id, secret) to stdout (format csv, header)
copy people (secret, name, pin) to stdout binary
copy staff to stdout
copy (table staff) to stdout with csv
copy dog to stdout (format csv, quote '''')
copy kept to stdout
copy (update notes set n = n returning (select secret from people where id = 1)) to stdout
explain {q}
explain (verbose) {q}
explain (verbose, costs off) {q}
explain (format json, costs off) {q}
table {v}
explain (analyze, verbose, timing off, summary off, buffers off, costs off) {q}
explain (generic_plan, costs off) {q}
select {e} as k1, name as k0 from people
select name, {e} from people order by id
select name, {e} from people where id = 1
select name, secret, {e} from people
select {e} as name from people limit 2
select z.* from people z where {b}
select count(*) from people where {b}
select id from people order by {e}
select 1 from people group by {e}
select city, count(*) from people group by city having {b}
select case when {b} then 1/0 end from people
select 1/(case when {b} then 0 else 1 end) from people
select name, ({e})::int from people
select name, ({e})::date from people
select null_frac, avg_width, n_distinct, correlation from pg_stats where tablename = 'people' order by attname
select * from pg_stats where tablename in ('people', 'staff', 'kept')
select stavalues1, staop1 from pg_statistic
select stanumbers1, stawidth from pg_statistic where starelid = 'people'::regclass
select * from pg_stats_ext
select reltuples, relkind from pg_class where relname = 'people'
select histogram_bounds from pg_stats where attname = 'secret'
select count(*) from people p1 join people p2 on p1.secret < p2.secret
select name from people tablesample bernoulli (50) repeatable ({i})
select p_raise({e}) from people
select p_try({e}) from people
select f_free({i}) from people
select n from numbered where n = {i}
select name, ctid, tableoid::regclass from people
values ({e2}), ('x')
select {e2}
select 1 limit length({e2})
select generate_series(1, length({e2}))
select * from generate_series(1, ascii({e2}) % 9) g
select pg_sleep(0) from people where {b}
call f_call({e2})
do $$ begin raise notice '%', (select secret from people limit 1); end $$
analyze verbose people

[in a transaction]
update people set name = name returning {e}
update people set name = name where id = 1 returning *
delete from people where id = 2 returning {e}
insert into notes (body) select {e} from people returning body
insert into notes (id, body) values (99, 'x') returning {e2}
insert into notes (body) {s}
insert into notes (n) select {i} from people returning n
update notes set body = {e2} returning body
update notes z set body = p.secret from people p where p.id = z.id returning z.body, p.secret
update people set note = secret returning note
update people set secret = name returning secret, name
update people set note = {e} where id = 3 returning note, name
insert into people (id, name, secret) select id + 50, name, {e} from people returning secret, name
delete from notes using people p where {b2} returning notes.id
with w as (update people set name = name returning *) select name, {e3} from w
with w as (delete from staff returning code, region) select * from w
with w as (insert into notes (body) {s} returning *) select * from w
insert into ruled values (1)
table audit_trail
insert into people (id, name, secret) values (1, 'n', 'x') on conflict (id) do update set name = excluded.name returning people.secret, name
insert into people (id, name, secret) values (1, 'n', 'x') on conflict (id) do update set note = people.secret returning note
insert into people (id, name, secret) values (90, 'n', '(') on conflict do nothing
insert into people (id, name) values (1, 'n')
insert into people (id, name, secret) values (90, 'n', '(') on conflict (secret) do update set name = 'hit' returning id
merge into people p using notes n on p.id = n.id when matched then update set note = p.secret
update numbered set id = {i}
merge into notes n using people p on p.id = n.id when matched and {b2} then delete
update people set id = ascii(secret)
merge into notes n using (select secret, id from people) p on p.id = n.id when matched then update set body = p.secret
merge into notes n using (select {e} as v, id from people) p on p.id = n.id when not matched then insert (body) values (p.v)
create temp table x1 as {q}
select k0, k1 into temp x1 from ({q}) z
create table scratch.x1 as {q}
table x1
select * from scratch.x1
create temp view x2 as {q}
table x2
select (z).k1 from x2 z
create view scratch.x3 as {q}
table scratch.x3
select k1 || '' from x2
create materialized view scratch.x4 as {q}
table scratch.x4
create recursive view scratch.x5 (k0) as {s}
table scratch.x5
create function scratch.f1() returns text language sql as $$ {s} $$
select scratch.f1()
select * from scratch.f1()
create function scratch.f2() returns setof record language sql as $$ {q} $$
select * from scratch.f2() as z(k0 text, k1 text)
create function scratch.f3(out a text) language sql begin atomic {s}; end
select scratch.f3()
select a from scratch.f3()
create function scratch.f4(w text default (select secret from people limit 1)) returns text language sql return w
select scratch.f4()
create function scratch.f5(text) returns text language sql as 'select $1'
select scratch.f5({e}) from people
alter table people rename column secret to plain
select plain, name from people
alter table people rename to folk
select secret, name from folk
alter table people set schema scratch
select secret, name from scratch.people
create table scratch.people (like people including all)
set local search_path = scratch, public
set search_path = other, public
select secret, name from people
insert into scratch.people table people
create temp table people (id int, name text, secret text)
insert into pg_temp.people select id, name, secret from public.people
create temp view people as select id, name, secret as s from public.people
select s, name from people
alter table people add column copy text default 'x'
alter table people alter column pin type text using secret
select pin, name from people
alter table notes add column z text generated always as (body) stored
alter table people add column twin text generated always as (secret) stored
select twin, name from people
alter table people alter initials drop expression
select initials, name from people
alter table staff detach partition staff_eu
select code, region from staff_eu
alter table dog no inherit animal
select tag, kind from dog
alter table people add constraint c1 check (secret > 'm')
alter table people add check (length(secret) > 3) not valid
create unique index on staff_eu (code)
create index on people (({e}))
create index on people (id) where {b}
create statistics scratch.st on secret, name from people
create rule spy as on update to notes do also insert into audit_trail select secret from people
update notes set n = 5 where id = 1
create trigger spy after insert on people for each row execute function f_trigger()
create policy spy on notes using ((select secret from people limit 1) > 'm')
create domain scratch.d1 as text check (value <> (select 'x'))
create domain scratch.d2 as text check (value < 'm')
select {e}::scratch.d2 from people
create type scratch.t1 as (secret text)
select row({e})::scratch.t1 from people
comment on table notes is 'x'
select obj_description('notes'::regclass)
declare c1 cursor for {q}
fetch 3 from c1
fetch all from c1
move 1 from c1
declare c2 scroll cursor with hold for {q}
fetch backward 2 from c2
fetch all from c2
prepare p1 as {q}
execute p1
prepare p2(text) as select $1, name, {e} from people where id > 0
execute p2('x')
execute p2((select secret from people limit 1))
prepare p3(int) as select secret from people where id = $1
execute p3(1)
explain (analyze, timing off, summary off, buffers off) execute p3(2)
create table scratch.x6 as execute p3(1)
select p_cursor()
fetch all from cc
select set_config('my.own', {e}, false) from people
show my.own
select current_setting('my.own')
set my.own = 'x'
select set_config('application_name', {e}, false) from people where id = 1
show application_name
select current_setting('application_name')
listen ch
notify ch, 'x'
select pg_notify('ch', {e}) from people
select pg_advisory_lock({i}) from people
select objid from pg_locks where locktype = 'advisory' order by 1
select setval('counter', {i}) from people where id = 1
select last_value from counter
select nextval('counter')
select currval('counter')
alter sequence counter increment 3
select lo_from_bytea(77, {e}::bytea) from people where id = 1
select lo_get(77)
select data from pg_largeobject
select lo_create(78)
select lo_put(78, 0, {e}::bytea) from people
set standard_conforming_strings = off
select '\' || secret from people -- '
set client_encoding = 'LATIN1'
set client_encoding = 'SJIS'
set bytea_output = 'escape'
set datestyle = 'German'
set extra_float_digits = 0
set debug_print_plan = on
set client_min_messages = debug5
set log_statement = 'all'
set intervalstyle = 'iso_8601'
copy notes (body) from stdin
truncate notes
lock table people
vacuum people
select query from pg_stat_activity where query <> ''
select statement from pg_prepared_statements
select statement from pg_cursors
savepoint s1
rollback to s1
release s1
refresh materialized view kept
table kept
set role postgres
reset all
discard plans
create or replace view shown as select id, name, secret as city from people
select city, name from shown
create or replace view roster as select id, name, city as code, secret as city from people
select code, city from roster
create or replace function f_same(what text) returns text language sql immutable as 'select secret from people limit 1'
select f_same('x')
create cast (text as mood) with inout as assignment
create operator scratch.<<< (function = f_echo, leftarg = text, rightarg = text)
select secret operator(scratch.<<<) 'x', name from people
create aggregate scratch.a1 (text) (sfunc = textcat, stype = text, initcond = '')
select scratch.a1({e}) from people
create table scratch.x7 (a text default (f_text(1)))
insert into scratch.x7 default values returning a
create table scratch.x8 (a text)
insert into scratch.x8 {s}
table scratch.x8
create table scratch.x9 () inherits (people)
select name, secret from only scratch.x9
alter table scratch.x8 inherit animal
insert into guarded values (60, (select secret from people limit 1), 'w')
set app.who = 'w1'
select secret, who from guarded
create table scratch.y1 partition of staff default
insert into scratch.y1 select id, 'xx', secret from people
select code from scratch.y1
table scratch.y1
alter function f_text(int) rename to f_renamed
select f_renamed(1)
alter view roster rename column code to plain
select plain, name from roster
alter schema public rename to outer_space
create function scratch.look(int) returns text language sql immutable as 'select secret from people where id = $1'
create table scratch.g1 (a int, b text generated always as (scratch.look(a)) stored)
insert into scratch.g1 values (1)
select b from scratch.g1
create function scratch.look(int) returns text language sql immutable as 'select secret from people where id = $1'
alter table notes add column z1 text generated always as (scratch.look(id)) stored
select z1 from notes
create function scratch.look(int) returns text language sql immutable as 'select secret from people where id = $1'
alter table notes add column z2 text generated always as (body) stored
alter table notes alter column z2 set expression as (scratch.look(id))
select z2 from notes
create table scratch.d1 (a text, b text default f_text(1))
copy scratch.d1 (a) from stdin
select b from scratch.d1
create table scratch.c1 (a text check (a < f_text(1)))
insert into scratch.c1 values ('m')
create domain scratch.e1 as text check (value < f_text(2))
select 'm'::scratch.e1
create table scratch.w1 (a text)
copy scratch.w1 from stdin where a < f_text(1)
create table scratch.k1 (a text references people (secret))
insert into scratch.k1 values ('(')
create view scratch.v1 as select id, nullif(secret, '(') as s from people
select id, count(s) from scratch.v1 group by id
create index i1 on people (secret, id)
select id from people
cluster people using people_pkey
select id from people
create table scratch.p1 (like people) partition by list (secret)
alter table scratch.p1 attach partition people for values in ('m', '(')
savepoint b
rollback to b
create temp table roster (id int, code text, name text)
rollback to b
select name, code || '' from roster
savepoint b
rollback to b
create temp view people as select 1 as id, 'n'::text as name, 's'::text as secret
select upper(secret) from people
rollback to b
select upper(secret) from people
update pg_attribute set attname = 'plain' where attname = 'secret'
select plain from people
update pg_class set relname = 'folk' where relname = 'people'
select secret from folk
create or replace function f_free(n int) returns int language sql immutable as 'select ascii(secret) from people where id = n'
select f_free(1)
alter function f_echo(text, text) set search_path = scratch
select f_echo(secret), name from people
select id from people where f_free(id) > 50
prepare q1 as select code || '' from roster
create or replace view roster as select id, name, name as code, city from people
execute q1
alter table people add exclude using btree ("Other secret" with =)
alter table people add exclude using btree ((ascii(secret)) with =)
