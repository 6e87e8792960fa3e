"""What tables do by themselves to the rows that are stored in them."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.lineage.shop import Shop


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("insert into accounts (iban) values ('x')", "accounts.iban"),
        ("insert into accounts (iban, note) select note, 'n' from orders", "accounts.iban"),
        ("update accounts set iban = 'x' where note = 'n'", "accounts.iban"),
        ("insert into ledger (number) values ('x')", "accounts.iban"),
        ("merge into accounts a using notes n on a.note = n.body when not matched then insert (iban) values ('x')",
         "accounts.iban"),
        ("insert into payments (id, iban) values (1, 'x')", "accounts.iban"),
        ("update payments set iban = 'x'", "accounts.iban"),
        ("copy payments from stdin", "accounts.iban"),
        ("delete from accounts", "payments.iban"),
        ("update accounts set note = 'guess'", "accounts.iban"),
        ("insert into accounts (label) values ('x')", "customers.email"),
        ("update accounts set label = 'x'", "customers.email"),
        ("copy accounts (label) from stdin", "customers.email"),
        ("copy notes from stdin where body < email_of(1)", "customers.email"),
        ("select 'x'::early", "customers.email"),
        ("select '{x}'::early[]", "customers.email"),
        ("select takes('x')", "customers.email"),
        ("select * from jsonb_to_record('{}') as r(a early)", "customers.email"),
        ("select * from json_table('{}', '$' columns (a early path '$'))", "customers.email"),
        ("select json_value('{}', '$.a' returning early)", "customers.email"),
    ],
)  # fmt: skip
def test_a_key_or_a_check_tells_what_it_compares(shop: Shop, sql: str, expected: str) -> None:
    """SECURITY: blind inference; that a statement fails is an answer too."""
    assert expected in (shop.inferences(sql) or ())


@pytest.mark.parametrize(
    "sql",
    [
        "insert into accounts (iban) values ('x')",
        "insert into accounts default values",
        "copy accounts (iban) from stdin",
        "update accounts set opened = default",
        "merge into accounts a using notes n on a.note = n.body when not matched then insert (note) values ('x')",
    ],
)
def test_a_default_that_looks_into_a_table_copies_what_it_finds(shop: Shop, sql: str) -> None:
    assert "customers.email" in (shop.copies(sql) or ())


def test_a_generated_column_holds_what_its_functions_look_up(shop: Shop) -> None:
    assert shop.sources("select seen from accounts") == [{"accounts.seen", "accounts.label", "customers.email"}]


@pytest.mark.parametrize(
    "sql",
    [
        "insert into notes (id, body) values (1, 'x')",
        "update notes set body = 'x' where id = 1",
        "insert into customers (name, email) values ('n', 'x')",
        "insert into payments (kind) values ('x')",
        "update payments set kind = 'x'",
        "delete from payments",
        "copy notes from stdin",
    ],
)
def test_ordinary_changes_tell_nothing_of_other_rows(shop: Shop, sql: str) -> None:
    inferred = shop.inferences(sql)
    assert inferred is not None
    assert not {name for name in inferred if not name.endswith(".id")}


def test_after_a_change_of_the_catalog_itself_nothing_is_proved(shop: Shop) -> None:
    """`update pg_attribute` renames a column as ALTER TABLE does."""
    assert shop.copies("update pg_attribute set attname = 'plain' where attname = 'email'") is None
