"""Every catalog of the real server is either structure or data."""

from __future__ import annotations

from engine.protocols.postgres.catalog.relations import SECRETS, STRUCTURE, is_structure
from tests.engine.protocols.postgres.analysing import Still


def test_every_catalog_was_looked_at(shop_source: Still) -> None:
    catalogs = {relation.name for relation in shop_source.builtin.relations if relation.schema == "pg_catalog"}
    assert catalogs - STRUCTURE - SECRETS.keys() == set()
    assert STRUCTURE - catalogs == set()


def test_no_catalog_is_both() -> None:
    assert set() == STRUCTURE & SECRETS.keys()


def test_data_secrets_and_other_peoples_statements_are_no_structure() -> None:
    """`pg_stats` and `pg_stat_activity` show data."""
    for name in ("pg_authid", "pg_shadow", "pg_stats", "pg_statistic", "pg_stat_activity", "pg_largeobject"):
        assert not is_structure("pg_catalog", name)
    assert not is_structure("pg_catalog", "pg_authid", ("rolname", "rolpassword"))
    assert is_structure("pg_catalog", "pg_authid", ("rolname",))
    assert not is_structure("pg_catalog", "pg_stats", ("tablename",))
    assert is_structure("pg_catalog", "pg_settings")
    assert is_structure("information_schema", "tables")
    assert not is_structure("information_schema", "user_mapping_options")


def test_an_unknown_catalog_counts_as_data() -> None:
    assert not is_structure("pg_catalog", "pg_new_in_19")
    assert not is_structure("public", "pg_class")
