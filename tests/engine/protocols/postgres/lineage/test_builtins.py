"""What lineage says of PostgreSQL's own functions, against all of them."""

from __future__ import annotations

from engine.protocols.postgres.lineage.builtins import (
    HIDING,
    HIDING_COLUMNS,
    HIDING_RELATIONS,
    depends_on_arguments_only,
    risky_arguments,
    risky_operands,
)
from engine.protocols.postgres.lineage.values import Value
from tests.engine.protocols.postgres.lineage.shop import Shop


def test_every_built_in_function_is_told_to_depend_on_its_arguments_or_to_hide_where_its_answer_is_from(
    shop: Shop,
) -> None:
    untold = {f.name for f in shop.catalog.builtin.functions if not depends_on_arguments_only(f)} - HIDING
    assert not untold


def test_every_name_in_the_tables_exists(shop: Shop) -> None:
    names = {function.name for function in shop.catalog.builtin.functions} | {"pg_stat_statements"}
    relations = {relation.name for relation in shop.catalog.builtin.relations} | {"pg_stat_statements"}
    assert names >= HIDING | HIDING_COLUMNS.keys()
    assert relations >= HIDING_RELATIONS.keys()


def test_built_in_functions_that_run_sql_or_read_files_hide_where_their_answer_is_from(shop: Shop) -> None:
    for call in (
        "query_to_xml('select email from customers', true, true, '')",
        "table_to_xml('customers', true, true, '')",
        "cursor_to_xml('c', 1, true, true, '')",
        "database_to_xml(true, true, '')",
        "pg_read_file('/etc/passwd')",
        "lo_get(1)",
        "current_setting('app.secret')",
        "current_setting(name)",
        "pg_catalog.current_setting('app.' || name, true)",
        "('app.secret').current_setting",
        "pg_stat_get_backend_activity(1)",
    ):
        assert shop.sources(f"select {call} from customers limit 1") == [None], call
    assert shop.sources("select word from ts_stat('select to_tsvector(email) from customers')") == [None]


def test_system_columns_that_hold_values_of_other_tables_are_unproved(shop: Shop) -> None:
    for name, columns in HIDING_RELATIONS.items():
        relation = shop.catalog.relation(None, name, ())
        for column in columns:
            if relation is not None and relation.column(column) is not None:
                assert shop.sources(f"select {column} from {name}") == [None], f"{name}.{column}"


def test_the_other_columns_of_activity_and_statistics_are_proved(shop: Shop) -> None:
    for sql in (
        "select pid, state, usename, wait_event from pg_stat_activity",
        "select tablename, attname, inherited from pg_stats",
        "select name, is_holdable from pg_cursors",
        "select attname, atttypid from pg_attribute",
        "select pid, datid from pg_stat_get_activity(null)",
        "select current_setting('server_version_num'), now(), version(), pg_backend_pid(), gen_random_uuid()",
    ):
        assert None not in shop.sources(sql), sql


def test_arguments_that_decide_whether_a_function_fails_are_risky() -> None:
    one, two = Value(type_name="text"), Value(type_name="text")
    assert list(risky_arguments("upper", [one])) == []
    assert list(risky_arguments("regexp_replace", [one, two])) == [two]
    assert list(risky_arguments("sqrt", [one])) == [one]
    assert list(risky_arguments("jsonb_build_object", [one, two])) == [one]
    assert list(risky_operands("/", [one, two])) == [one, two]
    assert list(risky_operands("~", [one, two])) == [two]
    assert list(risky_operands("||", [one, two])) == []
    assert list(risky_operands("=", [one, Value(type_name="record")])) != []
