"""SQLAlchemy's suite for dialects, run by itself in a folder of its own, on one side or the other."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree

from sqlalchemy.testing import exclusions
from sqlalchemy.testing.requirements import SuiteRequirements

from tests.usefulness.programs import Difference
from tests.usefulness.sides import Side

ROOT = Path(__file__).parents[2]
SCHEMAS = "create schema test_schema; create schema test_schema_2;"
"""What the suite expects to find."""

_SETTINGS = f"""
[sqla_testing]
requirement_cls = {__name__}:PostgreSQL
profile_file = profiles.txt

[tool:pytest]
addopts = -p no:cacheprovider -p no:asyncio -p no:hypothesispytest -p no:textual-snapshot -q
python_files = suite.py
"""

_CONFTEST = """
import pytest
pytest.register_assert_rewrite("sqlalchemy.testing.assertions")
from sqlalchemy.testing.plugin.pytestplugin import *
from sqlalchemy.dialects.postgresql import provision
provision._extensions.clear()  # the wheel's server has none
"""

_HAS = """
    aggregate_order_by array_type autocommit boolean_col_expressions check_constraint_reflection
    column_collation_reflection comment_reflection comment_reflection_full_unicode computed_columns
    computed_columns_reflect_persisted computed_columns_stored computed_columns_virtual constraint_comment_reflection
    create_or_replace_view create_table_as create_temp_table_as cross_schema_fk_reflection ctes ctes_on_dml
    ctes_with_update_delete ctes_with_values date_historic datetime_historic datetime_interval datetime_timezone
    datetime_timezone_historic default_schema_name_switch deferrable_fks delete_from except_
    expression_server_defaults fetch_expression fetch_first fetch_no_order_by fetch_ties
    fk_constraint_option_reflection_ondelete_noaction fk_constraint_option_reflection_ondelete_restrict
    fk_constraint_option_reflection_onupdate_restrict float_or_double_precision_behaves_generically
    foreign_key_constraint_name_reflection foreign_key_constraint_option_reflection_ondelete
    foreign_key_constraint_option_reflection_onupdate has_temp_table identity_columns identity_columns_standard
    implicit_default_schema index_ddl_if_exists index_reflects_included_columns indexes_check_column_order
    indexes_with_expressions infinity_floats inline_check_constraint_reflection intersect isolation_level json_type
    materialized_views mod_operator_as_percent_sign nullsordering order_by_label_with_expression percent_schema_names
    precision_numerics_enotation_small precision_numerics_many_significant_digits
    precision_numerics_retains_significant_digits reflect_indexes_with_expressions reflect_table_options
    reflect_tables_no_columns reflects_pk_names regexp_match regexp_replace repeated_column_foreign_keys
    savepoints schema_create_delete server_defaults supports_bitwise_and
    supports_bitwise_not supports_bitwise_or supports_bitwise_shift supports_bitwise_xor supports_distinct_on
    table_ddl_if_exists table_value_constructor temp_table_names temporary_views time_timezone timestamp_microseconds
    tuple_in two_phase_transactions unicode_ddl unique_constraints_reflect_as_index update_from uuid_data_type views
    window_functions window_range window_range_non_numeric window_range_numeric
"""
"""What the suite supposes that a database lacks, and PostgreSQL has."""


class PostgreSQL(SuiteRequirements):
    """What PostgreSQL 18 can do, for the suite to choose its tests by."""

    def get_isolation_levels(self, config: Any) -> dict[str, Any]:
        """The levels that the driver knows."""
        return {"default": "READ COMMITTED", "supported": config.db.dialect.get_isolation_level_values(None)}

    def get_order_by_collation(self, config: Any) -> str:
        """One that every server has."""
        return "C"


for _name in _HAS.split():
    setattr(PostgreSQL, _name, property(lambda self: exclusions.open()))  # type: ignore[no-untyped-call]  # it has none


def compare(direct: Side, through: Side, driver: str, folder: Path, words: str = "") -> tuple[int, list[Difference]]:
    """Run it on both sides: how many tests there are, and whose outcome is another."""
    expected, seen = (run(side, driver, folder, words) for side in (direct, through))
    return len(expected), [
        Difference(name, outcome, seen.get(name, "not run"))
        for name, outcome in expected.items()
        if seen.get(name) != outcome
    ]


def run(side: Side, driver: str, folder: Path, words: str = "") -> dict[str, str]:
    """The outcome of each test: passed, failed or skipped. `words` choose tests as pytest's -k does."""
    home = folder / f"{side.name}-{driver}"
    home.mkdir()
    (home / "setup.cfg").write_text(_SETTINGS)
    (home / "conftest.py").write_text(_CONFTEST)
    (home / "suite.py").write_text("from sqlalchemy.testing.suite import *\n")
    address = f"{quote(side.user)}:{quote(side.password)}@{side.host}:{side.port}/{quote(side.database, safe='')}"
    command = [sys.executable, "-m", "pytest", "-c", "setup.cfg", "--rootdir", ".", "--junit-xml", "report.xml"]
    done = subprocess.run(
        [*command, "--dburi", f"postgresql+{driver}://{address}", *(("-k", words) if words else ()), "suite.py"],
        cwd=home,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TZ": "UTC"},
        capture_output=True,
        text=True,
        check=False,
    )
    (home / "output.txt").write_text(done.stdout + done.stderr)
    if not (home / "report.xml").exists():
        raise RuntimeError(f"the suite did not run: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return _outcomes(home / "report.xml")


def _outcomes(report: Path) -> dict[str, str]:
    found = {}
    for case in ElementTree.parse(report).iter("testcase"):
        kinds = {child.tag for child in case}
        outcome = "failed" if kinds & {"failure", "error"} else "skipped" if "skipped" in kinds else "passed"
        found[f"{case.get('classname')}.{case.get('name')}"] = outcome
    return found
