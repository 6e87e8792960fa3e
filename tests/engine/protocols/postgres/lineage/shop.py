"""The shop that tests of lineage ask about, and its catalog."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from engine.protocols.postgres.catalog.snapshot import Snapshot, load_builtin, load_surroundings, load_users
from engine.protocols.postgres.lineage.tracing import Lineage, analyse_lineage
from engine.protocols.postgres.parsing import Unreadable, parse
from engine.protocols.postgres.statement import SessionState
from hoopterm.demo.postgres import EmbeddedPostgres

SCHEMA = """
create type address as (street text, zip text);
create table customers (
  id int primary key, name text, email text, ssn text, city text, born date, balance numeric, tags text[],
  extra jsonb, home address, domain text generated always as (split_part(email, '@', 2)) stored);
create table orders (
  id int primary key, customer_id int references customers, total numeric, placed timestamptz default now(), note text);
create table items (order_id int, product text, quantity int, price numeric);
create table people (id int, email text, region text) partition by list (region);
create table people_eu partition of people for values in ('eu');
create table people_us partition of people for values in ('us');
create table notes (id int, body text, by_whom text);
create sequence counter;
create view contacts as select id, email as contact, upper(name) as label, city from customers where ssn is not null;
create view contact_orders as select c.contact, o.total, o.id as order_id
  from contacts c join orders o on o.customer_id = c.id;
create view tenant as select id, city from customers where email = current_setting('app.who');
create materialized view totals as select c.email, sum(o.total) as total
  from customers c join orders o on o.customer_id = c.id group by c.email;
create function email_of(who int) returns text language sql as 'select email from customers where id = who';
create function mine() returns setof customers language sql as 'select * from customers where city = ''here''';
create function shout(what text) returns text language sql immutable begin atomic select upper(what) || '!'; end;
create function twice(n int) returns int language sql immutable return n * 2;
create function pairs(above int) returns table (a int, b text) language sql as $$
  select id, email from customers where balance > above $$;
create function log_note(what text) returns void language sql as 'insert into notes (body) values (what)';
create function hidden(n int) returns text language plpgsql as
  'begin return (select email from customers where id = n); end';
create function hidden_rows() returns table (a int, b text) language plpgsql as
  'begin return query select id, email from customers; end';
create aggregate gathered(text) (sfunc = array_append, stype = text[], initcond = '{}');
create function with_mail(text, text) returns text language sql as 'select $1 || $2 || max(email) from customers';
create aggregate leaky(text) (sfunc = with_mail, stype = text, initcond = '');
create function without_telling(text, text) returns text language plpgsql as 'begin return $1 || $2; end';
create aggregate untold(text) (sfunc = without_telling, stype = text, initcond = '');
create table secrets (id int, email text);
alter table secrets enable row level security;
create policy own on secrets using (email = current_setting('app.who'));
create policy far on notes using (body = 'x');
create function email_at(who int) returns text language sql immutable as 'select email from customers where id = who';
create domain early as text check (value < email_at(1));
create table accounts (iban text unique, label early, seen text generated always as (email_at(length(label))) stored,
  opened text default email_at(1), note text, check (label > email_at(2)), check (note <> iban));
create table payments (id int unique, iban text references accounts (iban), kind text);
create view guesses as select id, nullif(email, 'ann@a.x') as masked_email from customers;
create view ledger as select iban as number, note from accounts;
create function takes(what early) returns int language sql return 1;
create schema elsewhere;
create table elsewhere.customers (id int, phone text);
"""

CORPUS = tuple(
    line.removesuffix(";")
    for line in Path(__file__).with_name("corpus.sql").read_text().splitlines()
    if not line.startswith("--")
)
"""Queries over the shop in many shapes."""


async def _snapshot(dsn: str) -> Snapshot:
    connection = await asyncpg.connect(dsn)
    try:
        await connection.execute("set search_path = ''")

        async def fetch(query: str) -> list[str]:
            return [row[0] for row in await connection.fetch(query)]

        return Snapshot(await load_builtin(fetch), await load_users(fetch), await load_surroundings(fetch))
    finally:
        await connection.close()


class Shop:
    """A database with the schema above, and the lineage of statements against it."""

    columns = ("id", "name", "email", "ssn", "city", "born", "balance", "tags", "extra", "home", "domain")

    def __init__(self, server: EmbeddedPostgres, name: str) -> None:
        self.dsn = f"postgresql://{server.user}:{server.password}@{server.host}:{server.port}/{name}"
        self.name = name
        self.state = SessionState(database=name, role="postgres")
        self.catalog = asyncio.run(_snapshot(self.dsn))

    def lineage(self, sql: str) -> Lineage:
        """The lineage of one statement."""
        parsed = parse(sql)
        assert not isinstance(parsed, Unreadable), parsed
        (statement,) = parsed
        return analyse_lineage(statement.node, self.catalog, self.state)

    def sources(self, sql: str) -> list[set[str] | None]:
        """The sources of each column, as `table.column`."""
        columns = self.lineage(sql).columns
        assert columns is not None, "its columns could not be told"
        return [None if column.sources is None else named(column.sources) for column in columns]

    def inferences(self, sql: str) -> set[str] | None:
        """What steers the answer."""
        found = self.lineage(sql).inferences
        return None if found is None else named(found)

    def copies(self, sql: str) -> set[str] | None:
        """What is stored elsewhere."""
        found = self.lineage(sql).copies
        return None if found is None else named(found)


def named(refs: object) -> set[str]:
    """References as `table.column`, the schema left out where it is public."""
    assert isinstance(refs, frozenset)
    return {str(ref).removeprefix("public.") for ref in refs}


@pytest.fixture(scope="session")
def shop(postgres_server: EmbeddedPostgres) -> Iterator[Shop]:
    """The shop on the server under test."""
    name = "lineage_shop"
    postgres_server.psql(f"create database {name}")
    postgres_server.psql(SCHEMA, name)
    yield Shop(postgres_server, name)
    postgres_server.psql(f"drop database {name} with (force)")
