"""Nothing that is written otherwise means something else: the dodges of SECURITY.md that concern the analysis."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from engine.model import Effect
from engine.protocols.postgres.analysis import analyst
from engine.protocols.postgres.analysis.analyst import Analyst
from engine.protocols.postgres.catalog.snapshot import Snapshot
from engine.protocols.postgres.statement import PreparedStatement, SessionState
from tests.engine.protocols.postgres.analysing import Desk, Still, in_words

SECRET = "read table:secret.customers(pin)"


@pytest.mark.parametrize("text", [
    "select pin from secret.customers",
    "SELECT PIN FROM Secret.Customers",
    'select "pin" from "secret"."customers"',
    "select pin from shop.secret.customers",
    "select c.pin from secret.customers c",
    "select x.pin from secret.customers as x",
    "/* harmless */ select -- really\n pin from/**/secret . customers",
    r'select pin from U&"secret"."customers"',
    r'select pin from U&"s\0065cret"."customers"',
    r'select pin from U&"s!0065cret" uescape ' + "'!'" + r' . "customers"',
    "select (select pin from secret.customers limit 1)",
    "select pin from (select * from (select pin from secret.customers) a) b",
    "with a as (select pin from secret.customers) select * from a",
    "values ((select pin from secret.customers))",
    "select pin from only secret.customers",
    "select 1 where exists (select pin from secret.customers)",
    "select 1 order by (select pin from secret.customers)",
    "select 1 limit (select count(pin) from secret.customers)",
    "select 1 union all select count(pin) from secret.customers",
    "select pin from lateral (select pin from secret.customers) x",
    "select pin from secret.customers tablesample system (10)",
    "explain select pin from secret.customers",
    "explain analyze select pin from secret.customers",
    "declare c cursor for select pin from secret.customers",
    "prepare p as select pin from secret.customers",
    "copy (select pin from secret.customers) to stdout",
    "copy secret.customers (pin) to stdout",
])  # fmt: skip
def test_case_quoting_qualification_alias_comments_and_unicode_do_not_hide_a_table(desk: Desk, text: str) -> None:
    """Rules must not be dodged by letter case, quoting, schema qualification, alias; comments and `U&""`."""
    assert SECRET in desk.find(text)


def test_a_quoted_name_keeps_its_letters_and_dots(desk: Desk) -> None:
    assert desk.find('select * from "Strange.Name"') == ['read table:public."Strange.Name"']
    assert desk.one('select * from "CUSTOMERS"').why_opaque is not None


def test_a_common_table_expression_hides_no_table_of_its_name(desk: Desk) -> None:
    """`WITH t AS (SELECT * FROM t)` reads the table t, WITH RECURSIVE does not."""
    assert desk.find("with customers as (select * from customers) select * from customers") == [
        "read table:public.customers"
    ]
    assert desk.find(
        "with recursive customers as (select 1 as id union select id + 1 from customers) table customers"
    ) == ["housekeeping statement"]
    assert desk.find("with customers as (select 1) select * from secret.customers") == ["read table:secret.customers"]
    assert desk.find("with a as (select * from b), b as (select 1) select * from a")[0].startswith("opaque")


def test_names_resolve_on_the_path_the_session_has(desk: Desk) -> None:
    """`search_path` tricks."""
    assert desk.find("select id from customers", search_path=("secret", "public")) == [
        "read table:secret.customers(id)"
    ]
    assert desk.find("select id from customers", search_path=("public", "secret")) == [
        "read table:public.customers(id)"
    ]
    assert desk.find("select 1 from pg_class", search_path=("secret",)) == ["housekeeping table:pg_catalog.pg_class"]


def test_a_schema_the_role_may_not_use_is_passed_over(desk: Desk) -> None:
    assert desk.find("select id from customers", search_path=("decoy", "public")) == ["read table:public.customers(id)"]


@pytest.mark.parametrize("text", [
    "set search_path = secret; select id from customers",
    "select set_config('search_path', 'secret', false); select id from customers",
    "set role dba; select id from customers",
    "reset all; select id from customers",
    "discard all; select id from customers",
    "do 'begin end'; select id from customers",
    "select reports.monthly(); select id from customers",
    "create view fresh as select 1; drop table customers; select id from customers",
    "alter table customers rename to other; select id from customers",
    "alter table notes rename to customers; select id from customers",
    "create temp view customers as select 1 as id; select id from customers",
    "create schema clerk create table customers (id int); select id from customers",
    "create or replace function careful(int) returns int language plpgsql as ''; select careful(1)",
    "create or replace view names as select 1; select id from latest",
])  # fmt: skip
def test_what_one_statement_changes_the_next_of_the_same_text_does_not_ignore(desk: Desk, text: str) -> None:
    """Multi-statement strings: they are decided whole, before any of it has run."""
    *_, last = desk.all(text)
    assert Effect.OPAQUE in {access.effect for access in last.accesses}
    assert last.why_opaque is not None


def test_an_innocent_multi_statement_text_is_told_whole(desk: Desk) -> None:
    statements = desk.all("begin; update orders set status = 'x' where id = 1; select id from customers; commit")
    assert [statement.verb for statement in statements] == ["BEGIN", "UPDATE", "SELECT", "COMMIT"]
    assert [statement.transaction for statement in statements] == ["begin", None, None, "commit"]
    assert not any(statement.why_opaque for statement in statements)


def test_the_end_of_a_transaction_may_bring_an_older_path_back(desk: Desk) -> None:
    *_, last = desk.all("commit; select id from customers", settings_may_revert=True)
    assert last.why_opaque is not None
    *_, last = desk.all("commit; select id from customers")
    assert last.why_opaque is None


def test_a_syntax_error_is_left_to_a_server_with_the_same_grammar_only(desk: Desk) -> None:
    """Unknown is refused: an older or newer server may understand what this grammar does not."""
    error = desk.one("selec 1")
    assert (error.verb, error.accesses, error.why_opaque) == ("SYNTAX ERROR", (), None)
    for version in (130000, 170005, 190000):
        assert in_words(desk.one("delete from orders where 5 ! = 120", server_version=version)) == ["opaque statement"]


def test_strings_that_hold_backslashes_are_opaque_when_the_server_reads_them_otherwise(desk: Desk) -> None:
    """`standard_conforming_strings=off`: '\\' does not end the string it seems to end."""
    text = r"select '\'; delete from orders; --'"
    assert desk.one(text, standard_conforming_strings=False).why_opaque is not None
    assert desk.one("select 'x'", standard_conforming_strings=False).why_opaque is None


def test_characters_that_may_hide_a_quote_are_opaque(desk: Desk) -> None:
    """Client encodings in which a quote hides."""
    for encoding in ("SJIS", "BIG5", "GBK", "GB18030", "UHC", "JOHAB", "SHIFT_JIS_2004", "martian"):
        assert desk.one("select 'ソ'", client_encoding=encoding).why_opaque is not None
        assert desk.one("select 'x'", client_encoding=encoding).why_opaque is None
    assert desk.one("select 'ü'", client_encoding="LATIN1").why_opaque is None


@pytest.mark.parametrize("text", [
    "select " + "+".join(["id"] * 22_500) + " from customers",
    "select " + "(" * 20_000 + "1" + ")" * 20_000,
    "select 1\0; drop table customers",
])  # fmt: skip
def test_what_cannot_be_parsed_is_refused(desk: Desk, text: str) -> None:
    """A statement nested thousands deep, or one that crashes the parser, ends in a refusal."""
    statement = desk.one(text)
    assert in_words(statement) == ["opaque statement"]
    assert statement.why_opaque


def test_a_query_of_a_hundred_joins_is_read(desk: Desk) -> None:
    text = "select o0.id from orders o0" + "".join(f" join orders o{n} on o{n}.id = o0.id" for n in range(1, 101))
    assert desk.find(text) == ["read table:public.orders(id)"]


def test_a_long_statement_is_read_by_the_child(desk: Desk) -> None:
    text = "insert into audited (id, body) values " + ",".join(["(1, 'x')"] * 20_000)
    assert "write table:public.audited(body, id)" in desk.find(text)


def test_prepared_statements_count_as_what_they_hold(desk: Desk) -> None:
    """`PREPARE`/`EXECUTE`."""
    prepared = desk.one("prepare p(int) as select pin from secret.customers where id = $1")
    assert (prepared.prepares_as, in_words(prepared)) == ("p", ["read table:secret.customers(id, pin)"])
    assert prepared.prepares is not None
    assert (prepared.prepares.text.strip(), prepared.prepares.type_names) == (
        "select pin from secret.customers where id = $1", ("int4",)
    )  # fmt: skip
    executed = desk.one("execute p(1)", prepared={"p": prepared.prepares})
    assert (executed.executes, in_words(executed)) == ("p", ["read table:secret.customers(id, pin)"])
    assert desk.one("execute other").why_opaque is not None
    assert "delete table:public.orders" in desk.find("execute p(purge())", prepared={"p": prepared.prepares})
    assert desk.one("deallocate p").deallocates == "p"
    assert desk.one("deallocate all").deallocates == ""
    assert [s.why_opaque for s in desk.all("prepare q as select 1; execute q; deallocate q")] == [None] * 3
    assert desk.all("prepare q as select 1; deallocate q; execute q")[2].why_opaque is not None


def test_a_statement_prepared_opaque_stays_opaque(desk: Desk) -> None:
    """What was prepared under other parse settings is not what its text says now."""
    (odd,) = desk.all(r"select '\'", standard_conforming_strings=False)
    executed = desk.one("execute p", prepared={"p": PreparedStatement("select 1", odd)})
    assert executed.why_opaque == odd.why_opaque


def test_an_explained_execution_counts_as_what_was_prepared(desk: Desk) -> None:
    prepared = desk.one("prepare p as delete from orders").prepares
    assert prepared is not None
    assert desk.find("explain analyze execute p", prepared={"p": prepared}) == ["delete table:public.orders"]
    assert desk.find("explain execute p", prepared={"p": prepared}) == ["read table:public.orders"]


def test_a_table_made_by_execution_counts_as_what_is_prepared_under_that_name_now(desk: Desk) -> None:
    text = "create table made as execute p"
    orders = desk.one("prepare p as select id from orders").prepares
    customers = desk.one("prepare p as select pin from secret.customers").prepares
    assert orders is not None
    assert customers is not None
    assert "read table:public.orders(id)" in desk.find(text, prepared={"p": orders})
    assert "read table:secret.customers(pin)" in desk.find(text, prepared={"p": customers})


def test_cursors_are_known_by_name(desk: Desk) -> None:
    """`DECLARE CURSOR`/`FETCH`."""
    declared = desk.one("declare c cursor for select name from customers")
    assert declared.declares == "c"
    assert declared.columns is not None
    fetched = desk.one("fetch all from c", cursors={"c": declared.columns})
    assert (in_words(fetched), fetched.columns) == (["housekeeping statement"], declared.columns)
    assert desk.one("fetch all from other").why_opaque is not None
    assert desk.one("move 5 in c", cursors={"c": None}).verb == "MOVE"
    assert [desk.one(text).closes for text in ("close c", "close all")] == ["c", ""]


def test_explain_runs_only_when_told_to_analyze(desk: Desk) -> None:
    """`EXPLAIN ANALYZE DELETE`; planning runs functions too."""
    for how in ("analyze", "(analyze)", "(analyze true, costs off)", "(analyze 1)", "(analyze on, analyze)"):
        assert desk.find(f"explain {how} delete from orders") == ["delete table:public.orders"]
    for text in ("explain delete from orders", "explain (analyze off) delete from orders"):
        assert desk.find(text) == ["read table:public.orders"]
    assert "opaque function:public.mystery" in desk.find("explain select mystery(1)")


def test_overloads_that_normalise_alike_are_all_meant(desk: Desk) -> None:
    """`f(1)` and `f('a')` normalise alike."""
    assert desk.find("select mystery(1)") == desk.find("select mystery('a')") == ["opaque function:public.mystery"]


def test_the_same_text_is_answered_from_memory(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    first = desk.one("select id from customers where id = 1")
    monkeypatch.setattr(analyst, "parse", None)
    assert desk.one("select id from customers where id = 1") == first
    again = desk.one("select id from customers where id = 2")
    assert again == replace(first, text="select id from customers where id = 2")


@pytest.mark.parametrize(("text", "other"), [
    ("select set_config('application_name', 'x', false)", "select set_config('role', 'x', false)"),
    ("set application_name = x", "set role = x"),
    ("select nextval('orders_id_seq')", "select nextval('other_seq')"),
    ("select name from customers order by 1", "select name from customers order by 2"),
    ("select pg_read_file('/a')", "select pg_read_file('/b')"),
    ("do 'begin end'", "do 'begin delete from orders; end'"),
])  # fmt: skip
def test_where_a_literal_matters_only_the_exact_text_is_remembered(desk: Desk, text: str, other: str) -> None:
    assert desk.one(text).reads_literals
    assert desk.one(other).text == other
    assert desk.one(text).text == text


def test_memory_belongs_to_path_role_and_parse_settings(desk: Desk) -> None:
    desk.one("select id from customers")
    assert desk.find("select id from customers", search_path=("secret",)) == ["read table:secret.customers(id)"]
    assert desk.analyst.known("select id from customers", replace(desk.state, role="other")) is None
    assert desk.analyst.known("select id from customers", desk.state) is not None


def test_memory_is_bounded(shop_source: Still) -> None:
    desk = Desk(shop_source)
    desk.analyst = Analyst(shop_source, capacity=2)  # type: ignore[arg-type]  # a source that never changes
    for number in range(5):
        desk.one(f"select {number} as c{number}")
    assert len(desk.analyst._answers) == 2


def test_a_new_catalog_forgets_every_answer(shop_source: Still) -> None:
    source = Still(shop_source.current, shop_source.usable_now("clerk"))
    desk = Desk(source)
    desk.one("select id from customers")
    old = source.current
    source.current = source.latest = Snapshot(old.builtin, old.users, old.surroundings)
    assert desk.analyst.known("select id from customers", desk.state) is None
    assert desk.one("select id from customers").accesses


def test_a_session_with_uncommitted_schema_is_asked_itself(desk: Desk) -> None:
    """Uncommitted DDL of the same session; without an answer nothing can be told."""
    statement = desk.one("select id from customers", has_uncommitted_schema=True)
    assert statement.why_opaque is not None
    assert desk.find("rollback", has_uncommitted_schema=True) == ["housekeeping statement"]


def test_an_operation_binds_to_database_role_and_path(desk: Desk) -> None:
    statement = desk.one("delete from orders where id = 1")
    state = SessionState("shop", "clerk", search_path=("a", "b"))
    operation = desk.analyst.operation(statement, id="o1", session="s1", state=state)
    assert operation.context == (("database", "shop"), ("role", "clerk"), ("search_path", "a, b"))
    assert operation.effects == (Effect.DELETE, Effect.READ)
    assert operation.has_where


def test_nothing_is_said_about_a_syntax_error_but_that_it_is_none_of_ours(desk: Desk) -> None:
    operation = desk.analyst.operation(desk.one("selec"), id="o", session="s", state=desk.state)
    assert operation.effects == (Effect.HOUSEKEEPING,)


@pytest.mark.parametrize(("text", "is_pure"), [
    ("select * from customers", True), ("table customers", True), ("values (1)", True), ("show all", True),
    ("select lower(name), now(), careful(id) from customers", True), ("select * from latest", True),
    ("select random()", False), ("select * from customers for update", False),
    ("select nextval('orders_id_seq')", False),
    ("select mystery(1)", False), ("select reports.monthly()", False), ("select * from purge()", False),
    ("with gone as (delete from orders returning 1) select 1", False), ("explain select 1", True),
    ("explain analyze delete from orders", False), ("begin", False), ("insert into orders default values", False),
    ("select * into x from customers", False), ("copy customers to stdout", True), ("copy customers to '/x'", False),
    ("set timezone = 'UTC'", False), ("select pg_advisory_unlock_all()", False), ("listen x", False),
    ("select * from calling", False), ("select 'happy'::mood", False), ("select 'a' === 1", False),
])  # fmt: skip
def test_a_pure_read_is_proved(desk: Desk, text: str, is_pure: bool) -> None:
    """No locking clause, no volatile function, nothing that can change anything."""
    assert desk.one(text).is_pure_read is is_pure


def test_the_text_of_a_statement_never_shows_in_its_repr(desk: Desk) -> None:
    canary: Any = desk.one("select 'canary-4711'")
    assert "canary" not in repr(canary)


@pytest.mark.parametrize("text", [
    "with " + ", ".join(
        f"c{n} as (select * from {'customers' if n == 0 else f'c{n - 1} a, c{n - 1} b'})" for n in range(60)
    ) + " select * from c59",
    "select 1 from customers" + " natural join customers c" * 3000,
    "select * from " + ", ".join(f"customers c{n}" for n in range(3000)),
    "with " + ", ".join(f"c{n} as (select 1)" for n in range(3000)) + " select * from c1",
    "delete from orders where " + "not " * 2000 + "id = 1",
    "delete from orders where " + "exists (select 1 from customers c where " * 200 + "true" + ")" * 200,
    "select " + "(select " * 900 + "name" + ")" * 900 + " from customers",
    "select " + "case when " * 700 + "name = 'x'" + " then 1 end" * 700 + " from customers",
])  # fmt: skip
@pytest.mark.timeout(20)
def test_a_statement_made_to_be_followed_forever_is_cut(desk: Desk, text: str) -> None:
    """A hostile client costs bounded memory and CPU: no text takes time or space out of proportion to its length."""
    assert desk.one(text).accesses


def test_a_prepared_statement_that_executes_itself_ends(desk: Desk) -> None:
    itself = PreparedStatement("execute p", desk.one("select 1"))
    assert desk.one("execute p", prepared={"p": itself}).accesses
