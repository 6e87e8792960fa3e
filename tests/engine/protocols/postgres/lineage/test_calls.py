"""Functions and operators."""

from __future__ import annotations

from tests.engine.protocols.postgres.lineage.shop import Shop


def test_functions_whose_bodies_cannot_be_read_are_unproved(shop: Shop) -> None:
    assert shop.sources("select hidden(1), upper(hidden(1))") == [None, None]
    assert shop.inferences("select id from customers where hidden(id) = 'x'") is None
    assert shop.inferences("select count(*) from hidden_rows()") is None
    assert shop.sources("select a from hidden_rows()") == [None]


def test_a_function_that_is_not_known_could_do_anything(shop: Shop) -> None:
    lineage = shop.lineage("select nobody_knows(email) from customers")
    assert lineage.columns is not None
    assert (lineage.columns[0].sources, lineage.inferences, lineage.copies) == (None, None, None)


def test_what_a_volatile_function_is_given_may_be_stored(shop: Shop) -> None:
    for call in (
        "set_config('a.b', email, false)",
        "setval('counter', length(email))",
        "pg_notify('c', email)",
        "lo_from_bytea(0, email::bytea)",
        "lo_put(1, 0, email::bytea)",
        "pg_advisory_lock(hashtext(email))",
        "pg_try_advisory_xact_lock(hashtext(email))",
        "pg_logical_emit_message(false, 'x', email)",
        "setseed(length(email)::float8)",
        "pg_create_restore_point(email)",
        "hidden(length(email))",
        "log_note(email)",
    ):
        assert shop.copies(f"select {call} from customers") == {"customers.email"}, call
    assert shop.copies("select random(1, length(email)), pg_table_size(email::regclass) from customers") == set()


def test_counting_is_free_unless_what_is_counted_decides_something(shop: Shop) -> None:
    assert shop.inferences("select count(*), count(email), count(c) from customers c") == set()
    assert shop.inferences("select count(nullif(email, 'a')) from customers") == {"customers.email"}
    assert shop.inferences("select count(*) filter (where email = 'a') from customers") == {"customers.email"}
    assert shop.inferences("select count(distinct email) from customers") == {"customers.email"}
    nested = "select count(x) from (select nullif(email, 'a') as x from customers union all select null) s"
    assert shop.inferences(nested) == {"customers.email"}


def test_failing_on_a_value_tells_about_it(shop: Shop) -> None:
    for expression in (
        "1 / (ascii(email) - 97)",
        "email::int",
        "email::json",
        "'x' ~ email",
        "'x' like email",
        "chr(ascii(email))",
        "case when email like 'a%' then 1 / 0 end",
        "case when email like 'a%' then pg_sleep(1) end",
        "coalesce(email, (1 / 0)::text)",
        "email like 'a%' and 1 / 0 = 1",
        "array[array[1], case when email like 'a%' then array[1] else array[1, 2] end]",
        "(case when email like 'a%' then row(1) else row('a') end) = row(1)",
        "json_object(case when email like 'a%' then null else 'k' end value 1)",
        "pg_sleep(length(email))",
        "sum(1 / length(email))",
        "nobody(email)",
    ):
        found = shop.inferences(f"select {expression} from customers")
        assert found is None or "customers.email" in found, expression


def test_showing_a_value_otherwise_does_not_steer_the_answer(shop: Shop) -> None:
    for expression in (
        "upper(email) || name",
        "substr(email, 1, 3)",
        "split_part(email, '@', 2)",
        "email like 'a%'",
        "email ~ '^a'",
        "case when email is null then 'no' else 'yes' end",
        "coalesce(email, 'none')",
        "email::varchar(3)",
        "concat(email, 1)",
        "format('%s', email)",
        "jsonb_build_object('e', email)",
        "json_object('e' value email)",
        "row_to_json(customers)",
        "md5(email)",
        "string_agg(email, ',')",
        "max(email)",
        "avg(balance)",
        "array_agg(email)",
        "array[email, name]",
        "replace(email, 'a', 'b')",
        "email = name",
        "greatest(email, name)",
    ):
        assert shop.inferences(f"select {expression} from customers") == set(), expression


def test_a_function_can_be_written_as_an_attribute_and_an_attribute_as_a_function(shop: Shop) -> None:
    assert shop.sources("select (id).email_of, email(c) from customers c") == [
        {"customers.id", "customers.email"},
        {"customers.email"},
    ]
    assert shop.sources("select ('app.x').current_setting") == [None]


def test_rows_that_functions_return_have_their_declared_parts(shop: Shop) -> None:
    sql = "select (json_populate_record(null::orders, row_to_json(n))).note, (pairs(1)).b from notes n"
    assert shop.sources(sql) == [{"notes.id", "notes.body", "notes.by_whom"}, {"customers.email"}]


def test_an_aggregate_of_somebodys_making_gives_what_its_parts_give(shop: Shop) -> None:
    assert shop.sources("select gathered(name) from customers") == [{"customers.name"}]
    assert shop.sources("select gathered(name order by email) from customers") == [{"customers.name"}]
    (sources,) = shop.sources("select leaky(name) from customers")
    assert sources is not None
    assert {"customers.name", "customers.email"} <= sources
    assert shop.sources("select untold(name) from customers") == [None]
