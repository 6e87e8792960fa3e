create schema reports;
create schema secret;
create schema decoy;
create role clerk login;
grant usage on schema public, reports, secret to clerk;

create function audit() returns trigger language plpgsql as $$ begin return new; end $$;
create function reports.stamp() returns trigger language plpgsql as $$ begin return new; end $$;
create function mystery(x int) returns int language plpgsql as $$ begin return x; end $$;
create function mystery(x text) returns text immutable language plpgsql as $$ begin return x; end $$;
create function reports.monthly(x int default 1) returns int language plpgsql as $$ begin return x; end $$;
create procedure reports.close_month() language plpgsql as $$ begin commit; end $$;
create procedure wild() language plpgsql as $$ begin commit; end $$;

create table customers (id int primary key generated always as identity, name text, email text, ssn text);
create table orders (
  id serial primary key, customer_id int references customers on delete cascade on update set null, status text,
  total numeric);
create table notes (id int, body text default mystery('x'), length int check (mystery(length) > 0));
create table audited (id int, body text);
create trigger audited_all after insert or update on audited for each row execute function audit();
create table stamped (id int, body text);
create trigger stamped_all before insert on stamped for each row execute function reports.stamp();
create table secret.log (id int);
create table ruled (id int);
create rule copied as on insert to ruled do also insert into secret.log values (new.id);
create table secret.customers (id int, email text, pin text);
create table decoy.customers (id int, nothing text);

create view names as select id, name from customers;
create view latest as select n.name, o.total from names n join orders o on o.customer_id = n.id;
create materialized view totals as select customer_id, sum(total) as total from orders group by 1;
create view calling as select mystery(id) as m from customers;

create table events (id int, at date) partition by range (at);
create table events_old partition of events for values from ('2000-01-01') to ('2020-01-01');
create table events_new partition of events for values from ('2020-01-01') to ('2040-01-01');
create table cities (name text);
create table capitals (country text) inherits (cities);

create table guarded (id int, owner text);
alter table guarded enable row level security;
create policy mine on guarded using (mystery(owner) = current_user);

create function customer(which int) returns setof customers language sql as 'select * from customers where id = which';
create function purge() returns void language sql as 'delete from orders';
create function atomic_purge() returns void language sql begin atomic delete from public.orders where id = 1; end;
create function ping(x int) returns int language sql as 'select x';
create function pong(x int) returns int language sql as 'select ping(x)';
create or replace function ping(x int) returns int language sql as 'select case when x > 0 then pong(x - 1) end + count(*)::int from orders';
create function pathless() returns bigint language sql as 'select count(*) from customers';
create function pathful() returns bigint language sql set search_path = secret as 'select count(*) from customers';
create function sealed() returns bigint language sql set search_path = '' as 'select count(*) from public.customers';
create function wide() returns bigint language sql set search_path = "secret", public as 'select count(*) from customers';
set check_function_bodies = off;
create function personal() returns bigint language sql set search_path = "$user" as 'select count(*) from customers';
create function initials(c customers) returns text language plpgsql as $$ begin return c.ssn; end $$;
create function careful(x int) returns int language sql immutable as 'select x + 1';

create function same(text, int) returns boolean language plpgsql as $$ begin return true; end $$;
create operator === (leftarg = text, rightarg = int, procedure = same);
create type mood as enum ('sad', 'happy');
create function to_mood(int) returns mood language plpgsql as $$ begin return 'sad'; end $$;
create cast (int as mood) with function to_mood(int);
create function to_word(mood) returns text language plpgsql as $$ begin return 'x'; end $$;
create cast (mood as text) with function to_word(mood) as implicit;
create function gloomy() returns mood language sql as 'select null::mood';
create function valid(text) returns boolean language plpgsql as $$ begin return true; end $$;
create domain zip as text check (valid(value));
create table people (id int, mood mood, zip zip);
create function gather(state int, value int) returns int language plpgsql as $$ begin return 1; end $$;
create aggregate gathered(int) (sfunc = gather, stype = int);
create table "Strange.Name" ("a.b" int);

create table tickets (id int, place text default pathless()::text);
create view pathless_view as select pathless() as found;
