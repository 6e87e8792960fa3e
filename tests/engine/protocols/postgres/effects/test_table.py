"""The table of effects is whole, and says of each kind of statement what it does."""

from __future__ import annotations

import pytest

from engine.protocols.postgres.effects.table import TABLE, VISITORS
from engine.protocols.postgres.parsing import grammar
from tests.engine.protocols.postgres.analysing import Desk


def test_no_statement_of_the_grammar_is_missing() -> None:
    """One table maps each kind of statement to effects; this walks libpg_query's grammar."""
    statements = {field.name for field in grammar.Node.DESCRIPTOR.fields if field.message_type.name.endswith("Stmt")}
    assert statements == TABLE.keys()


def test_every_visitor_is_of_a_message_that_exists() -> None:
    messages = {field.message_type.name for field in grammar.Node.DESCRIPTOR.fields}
    assert VISITORS.keys() - messages == set()


@pytest.mark.parametrize(
    ("text", "verb", "found"),
    [
        ("select 1", "SELECT", ["housekeeping statement"]),
        ("begin", "BEGIN", ["housekeeping statement"]),
        ("rollback to x", "ROLLBACK TO", ["housekeeping statement"]),
        ("commit prepared 'x'", "COMMIT PREPARED", ["write database:shop"]),
        ("set constraints all immediate", "SET CONSTRAINTS", ["housekeeping statement"]),
        ("discard all", "DISCARD ALL", ["housekeeping statement"]),
        ("checkpoint", "CHECKPOINT", ["execute statement"]),
        ("load 'x.so'", "LOAD", ["execute path:x.so", "file path:x.so"]),
        ("listen news", "LISTEN", ["read channel:news"]),
        ("unlisten *", "UNLISTEN", ["housekeeping statement"]),
        ("notify news, 'x'", "NOTIFY", ["write channel:news"]),
        ("create database x", "CREATE DATABASE", ["schema database:x"]),
        ("drop database x", "DROP DATABASE", ["schema database:x"]),
        ("alter database x set role = y", "ALTER DATABASE", ["privilege database:x", "session setting:role"]),
        ("alter system set archive_command = 'sh'", "ALTER SYSTEM", [
            "execute setting:archive_command", "privilege setting:archive_command", "session setting:archive_command",
        ]),
        ("create tablespace x location '/y'", "CREATE TABLESPACE", ["file path:/y", "schema statement"]),
        ("create extension dblink", "CREATE EXTENSION", ["opaque statement", "schema schema"]),
        ("create server s foreign data wrapper w options (host 'db.example')", "CREATE SERVER", [
            "network host:db.example", "schema host:db.example",
        ]),
        ("create user mapping for u server s", "CREATE USER MAPPING", ["network host:s", "privilege host:s"]),
        ("create subscription s connection 'host=x' publication p", "CREATE SUBSCRIPTION", [
            "network statement", "schema statement",
        ]),
        ("create role bob", "CREATE ROLE", ["privilege role:bob"]),
        ("alter role bob superuser", "ALTER ROLE", ["privilege role:bob"]),
        ("alter role bob set search_path = x", "ALTER ROLE", ["privilege role:bob", "session setting:search_path"]),
        ("drop role bob, eve", "DROP ROLE", ["privilege role:bob", "privilege role:eve"]),
        ("grant dba to bob", "GRANT", ["privilege role:bob", "privilege role:dba"]),
        ("revoke select on customers from bob", "REVOKE", ["privilege table:public.customers"]),
        ("grant usage on schema secret to bob", "GRANT", ["privilege schema:secret"]),
        ("alter default privileges grant select on tables to bob", "ALTER DEFAULT PRIVILEGES", ["privilege statement"]),
        ("reassign owned by bob to eve", "REASSIGN OWNED", ["privilege role:bob", "privilege role:eve"]),
        ("drop owned by bob", "DROP OWNED", ["privilege role:bob", "schema role:bob"]),
        ("security label on table customers is 'x'", "SECURITY LABEL", ["privilege table:public.customers"]),
        ("alter table customers owner to eve", "ALTER TABLE", [
            "privilege table:public.customers", "schema table:public.customers",
        ]),
        ("alter table customers disable row level security", "ALTER TABLE", [
            "privilege table:public.customers", "schema table:public.customers",
        ]),
        ("alter view names owner to eve", "ALTER VIEW", ["privilege table:public.names", "schema table:public.names"]),
        ("alter function careful(int) owner to eve", "ALTER FUNCTION", [
            "privilege function:public.careful", "schema function:public.careful",
        ]),
        ("create policy p on customers using (true)", "CREATE POLICY", [
            "privilege table:public.customers", "schema table:public.customers",
        ]),
        ("drop table customers, secret.log", "DROP TABLE", [
            "schema table:public.customers", "schema table:secret.log",
        ]),
        ("drop view if exists names", "DROP VIEW", ["schema table:public.names"]),
        ("drop materialized view totals", "DROP MATERIALIZED VIEW", ["schema table:public.totals"]),
        ("drop schema secret cascade", "DROP SCHEMA", ["schema schema:secret"]),
        ("drop function careful(int)", "DROP FUNCTION", ["schema function:public.careful"]),
        ("drop trigger audited_all on audited", "DROP TRIGGER", ["schema table:public.audited"]),
        ("comment on table customers is 'x'", "COMMENT", ["schema table:public.customers"]),
        ("comment on column customers.name is 'x'", "COMMENT", ["schema table:public.customers"]),
        ("alter table customers rename to clients", "ALTER TABLE", ["schema table:public.customers"]),
        ("alter table customers set schema secret", "ALTER TABLE", ["schema table:public.customers"]),
        ("create table fresh (id int)", "CREATE TABLE", ["schema table:public.fresh"]),
        ("create temp table fresh (id int)", "CREATE TABLE", ["schema table:pg_temp.fresh"]),
        ("create sequence s", "CREATE SEQUENCE", ["schema sequence:public.s"]),
        ("alter sequence orders_id_seq restart", "ALTER SEQUENCE", ["schema sequence:public.orders_id_seq"]),
        ("create type color as enum ('red')", "CREATE TYPE", ["schema type:public.color"]),
        ("create domain d as int", "CREATE DOMAIN", ["schema type:public.d"]),
        ("create schema fresh", "CREATE SCHEMA", ["schema schema:fresh"]),
        ("create schema fresh create table t (id int)", "CREATE SCHEMA", [
            "schema schema:fresh", "schema table:fresh.t",
        ]),
        ("create index on customers (name)", "CREATE INDEX", ["schema table:public.customers"]),
        ("create index on customers (mystery(name))", "CREATE INDEX", [
            "opaque function:public.mystery", "schema table:public.customers",
        ]),
        ("reindex table customers", "REINDEX TABLE", ["schema table:public.customers"]),
        ("vacuum full customers", "VACUUM", ["schema table:public.customers"]),
        ("vacuum", "VACUUM", ["schema table"]),
        ("analyze customers", "ANALYZE", ["schema table:public.customers"]),
        ("cluster customers", "CLUSTER", ["schema table:public.customers"]),
        ("create trigger t after insert on customers execute function audit()", "CREATE TRIGGER", [
            "schema table:public.customers",
        ]),
        ("create function f() returns int language sql as 'select 1'", "CREATE FUNCTION", ["schema function:public.f"]),
        ("create function f() returns int language sql security definer as 'select 1'", "CREATE FUNCTION", [
            "privilege function:public.f", "schema function:public.f",
        ]),
        ("create function f() returns int language c as 'x'", "CREATE FUNCTION", [
            "execute function:public.f", "schema function:public.f",
        ]),
        ("do 'begin end'", "DO", ["opaque statement"]),
        ("call reports.close_month()", "CALL", ["execute function:reports.close_month"]),
        ("call wild()", "CALL", ["opaque function:public.wild"]),
        ("show all", "SHOW", ["housekeeping setting"]),
        ("alter table events attach partition secret.log for values from ('1900-01-01') to ('1901-01-01')",
         "ALTER TABLE", [
            "schema table:public.events", "schema table:secret.log",
        ]),
        ("create table fresh (id int references customers) inherits (cities)", "CREATE TABLE", [
            "schema table:public.cities", "schema table:public.customers", "schema table:public.fresh",
        ]),
        ("create table fresh (like customers)", "CREATE TABLE", [
            "housekeeping table:public.customers", "schema table:public.fresh",
        ]),
        ("alter table notes validate constraint c", "ALTER TABLE", [
            "opaque function:public.mystery", "schema table:public.notes",
        ]),
        ("grant select on all tables in schema secret to bob", "GRANT", ["privilege schema:secret"]),
        ("drop cast (int as mood)", "DROP CAST", ["schema statement"]),
    ],
)  # fmt: skip
def test_each_kind_of_statement_does_what_the_table_says(desk: Desk, text: str, verb: str, found: list[str]) -> None:
    assert (desk.one(text).verb, desk.find(text)) == (verb, found)
