-- What the policy denies. {t} is some spelling of the guarded table, {f} a call of a forbidden function.

[delete]
delete from {t}
delete from {t} where id > 0
delete from {t} x using open y where x.id = y.id
delete from only {t} returning *
truncate {t}
truncate table open, {t}
truncate parent cascade
delete from parent
with w as (delete from {t} returning *) select count(*) from w
with w as (select 1), v as (delete from {t} where true) select * from w
merge into {t} v using open o on v.id = o.id when matched then delete
merge into {t} v using (select 1 as id) o on v.id = o.id when not matched by source then delete
delete from vault_view
delete from vault_stacked where id = 1
delete from heirs
update parent set id = id + 100
insert into ruled values (1)
insert into triggered values (1)
select wipe()
select * from wipe_rows()
select wipe_late()
call wipe_now()
select wipe_with(1)
update ruled set id = 2

[write]
insert into {t} values (50, 'x')
insert into {t} (id, body) select id + 60, 'x' from open
insert into {t} table open
update {t} set body = 'x'
update {t} as v set body = o.body from open o where o.id = v.id
update only {t} set body = default returning body
insert into {t} values (1, 'x') on conflict (id) do update set body = excluded.body
with w as (update {t} set body = 'x' returning *) table w
with w as (insert into {t} values (70, 'x') returning id) insert into open select id, 'x' from w
merge into {t} v using open o on v.id = o.id when matched then update set body = 'x'
merge into {t} v using open o on false when not matched then insert values (o.id + 80, 'x')
copy {t} from stdin
copy {t} (id, body) from stdin with (format csv)
update vault_view set body = 'x'
insert into vault_view values (51, 'y')
update vault_stacked set body = 'x' where id = 1
insert into heir values (90, 'x', 1)
select rewrite()
select rewrite_sql()

[schema]
drop table {t}
drop table {t} cascade
alter table {t} add column z int
alter table {t} drop column body
alter table {t} rename to gone
alter table {t} rename column body to b
alter table {t} alter column body type varchar(9)
alter table {t} set schema elsewhere
alter table {t} owner to pg_monitor
alter table {t} disable trigger all
alter table {t} enable row level security
alter table {t} add constraint c check (id > 0)
create index on {t} (body)
create trigger z before insert on {t} for each row execute function on_row()
create rule z as on delete to {t} do instead nothing
create policy z on {t} using (true)
create or replace view vault_view as select id, body from open
comment on table {t} is 'x'
cluster {t} using vault_pkey
vacuum full {t}
reindex table {t}
create table z () inherits ({t})
alter table heir no inherit {t}
drop schema public cascade
drop owned by postgres
alter schema public rename to other
create statistics z on id, body from {t}
select * into public.vault from open
create table public.vault (id int)

[call]
select {f}
select 1 where {f} > 0
select * from {f} as x
select count(*) filter (where {f} > 0) from open
select id from open order by {f}
select id from open group by id, {f}
select id from open limit {f}
select case when {f} > 0 then 1 end
select coalesce(null, {f})
select row_number() over (order by {f}) from open
select (select {f})
select array[{f}]
select array(select {f})
select exists (select {f})
select 1 in (select {f})
values ({f})
with w as materialized (select {f} as x) select * from w
select * from open, lateral (select {f}) x
select * from open join (select {f} as id) x using (id)
select !!! 1
select 1 operator(public.!!!) 2
select 'x'::wired
select '(1)'::wired_row
select sum_wired(id) from open
select id from open where id === 1
select wired_view.x from wired_view
select * from wired_set()
select wired_sql(1)
select wired_default()
select (open).tripped from open
select tripped(open) from open
insert into wired_table default values
insert into wired_table (id) values (1)
insert into wired_domain values ('x')
update open set body = body || {f}::text
update open set id = id returning {f}
delete from open where {f} > 0
insert into open values ({f}, 'x')
select cast('x' as wired)
select '{x}'::wired[]
select array['x']::wired[]
select jsonb_populate_record(null::wired_row, '{"a": "x"}')
select * from jsonb_to_record('{"a": "x"}') as r(a wired)
select json_value('{"a": "x"}', '$.a' returning wired)
create table scratch_z (a int default {f}); insert into scratch_z default values
create table scratch_z as select {f}
create materialized view scratch_z as select {f}
create view scratch_z as select {f} as x; table scratch_z
create index on open ((wired_sql(id)))
create function scratch_f() returns int language sql as $$ select {f} $$; select scratch_f()
create function scratch_f(a int default {f}) returns int language sql return a; select scratch_f()
create domain scratch_d as int check (value > {f}); select 1::scratch_d
create operator @@@@ (function = forbidden, rightarg = int); select @@@@ 1
create aggregate scratch_a (int) (sfunc = int4pl, stype = int, finalfunc = forbidden, initcond = '0'); select scratch_a(id) from open
create cast (text as int) with function forbidden(text) as implicit; select 'x'::text + 1
create function scratch_g(text) returns int language internal as 'int4in'; select {f}
create rule scratch_r as on insert to open do also select {f}; insert into open values (9, 'x')
create trigger scratch_t after insert on open for each row execute function on_row_forbidden(); insert into open values (9, 'x')
create policy scratch_p on open using ({f} > 0); alter table open force row level security; table open
alter table open alter column body set default {f}; insert into open (id) values (9)
alter table open add column z int default {f}
alter table open add check ({f} > 0)
alter table open alter column id type int using {f}
alter function forbidden() rename to harmless; select harmless()
alter function forbidden() set schema elsewhere; select elsewhere.forbidden()
copy (select {f}) to stdout
copy open from stdin where {f} > 0
declare c cursor with hold for select {f}; fetch c
explain analyze select {f}
explain (analyze, format json) update open set id = {f}
refresh materialized view wired_kept
select pg_sleep(0), {f}
merge into open o using (select {f} as id) x on o.id = x.id when matched then delete
select query_to_xml('select forbidden()', true, true, '')
select * from ts_stat('select to_tsvector(forbidden()::text)')
listen c; notify c; select {f}

[privilege]
create role intruder superuser
create user intruder
alter role postgres password 'x'
alter role pg_monitor createrole
grant all on vault to public
grant pg_read_all_data to pg_monitor
revoke all on vault from postgres
alter system set work_mem = '1MB'
alter system reset all
alter database guarded set work_mem = '1MB'
alter role postgres in database guarded set search_path = elsewhere
set role pg_monitor
set session role pg_monitor
set local role pg_monitor
set session authorization pg_monitor
select set_config('role', 'pg_monitor', false)
select set_config('session_authorization', 'pg_monitor', false)
select pg_reload_conf()
alter default privileges grant all on tables to public
reassign owned by postgres to pg_monitor
security label on table vault is 'x'
drop role if exists bystander
alter group bystander add user postgres
create extension vector
create server s foreign data wrapper none
alter function forbidden() security definer
create publication p for all tables
create event trigger e on ddl_command_start execute function on_event()
set session_preload_libraries = 'x'
update pg_authid set rolsuper = true
update pg_catalog.pg_class set relacl = null
insert into pg_db_role_setting values (0, 0, '{work_mem=1MB}')

[file]
copy open to '{d}/out'
copy (select 1) to '{d}/out'
copy open from '{d}/in'
copy (select 1) to program 'touch {d}/out'
copy open from program 'touch {d}/out; echo 1'
select lo_export(lo_from_bytea(0, 'x'), '{d}/out')
select lo_import('{d}/in')
select pg_read_file('{d}/in')
select pg_read_binary_file('{d}/in')
select pg_ls_dir('{d}')
select pg_stat_file('{d}/in')
load 'auto_explain'
create tablespace z location '{d}'
select pg_file_write('{d}/out', 'x', true)
create function scratch_c() returns int language c as '{d}/x', 'y'
set log_directory = '{d}'

[around]
{s}
{s}
{s}
 {s} ;
/* harmless */ {s}
/* a /* nested */ b */ {s} -- end
select 1; {s}
{s}; select 1
begin; {s}; commit
begin; savepoint a; {s}; release a; commit
explain analyze {s}
explain (analyze, verbose) {s}
prepare p as {s}; execute p
prepare p(int) as {s}; execute p(1)
do $$ begin {s}; end $$
do $x$ begin execute $q${s}$q$; end $x$
do language plpgsql $$ declare s text := $q${s}$q$; begin execute s; end $$
create function scratch_x() returns void language sql as $$ {s} $$; select scratch_x()
create function scratch_x() returns void language plpgsql as $$ begin {s}; end $$; select scratch_x()
create procedure scratch_x() language sql as $$ {s} $$; call scratch_x()
create function scratch_x() returns void language sql begin atomic {s}; end; select scratch_x()
create rule scratch_y as on insert to open do also {s}; insert into open values (8, 'x')
create rule scratch_y as on update to open do instead {s}; update open set id = id
set search_path = elsewhere, public; {s}
set search_path = pg_temp, public; {s}
create temp table vault (id int, body text); {s}; drop table pg_temp.vault; {s}
create temp view vault as select 1 as id; drop view pg_temp.vault; {s}
savepoint x; {s}
set standard_conforming_strings = off; {s}
set client_encoding = 'SJIS'; {s}
set client_encoding = 'LATIN1'; {s}
set transaction read only; {s}
start transaction; create temp table vault (id int, body text); rollback; {s}
select '{s}'; {s}
select $tag$ $tag$; {s}
select E'\' ; {s} --'
declare c cursor for select 1; {s}
copy ({s}) to stdout
with w as ({s}) select 1
create schema scratch_s {s}
create table scratch_w as {s}
select * from ({s}) x
(({s}))
