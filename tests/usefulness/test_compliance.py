"""A part of SQLAlchemy's suite for dialects; `make usefulness` runs the whole of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.postgres import Database, fresh_database
from tests.usefulness.compliance import SCHEMAS, compare
from tests.usefulness.sides import sides

PART = "HasTable or ServerSideCursors or UnicodeSchema or RowCount"


@pytest.mark.timeout(300)
def test_the_suite_for_dialects_passes_what_it_passes_directly(database: Database, tmp_path: Path) -> None:
    engines, suite = tmp_path / "engines", tmp_path / "suite"
    engines.mkdir()
    suite.mkdir()
    with fresh_database(database.server) as other, sides(engines, database) as both:
        database.psql(SCHEMAS)
        other.psql(SCHEMAS)
        count, differences = compare(both.on(other).direct, both.through, "psycopg", suite, PART)
    assert count >= 30
    assert not differences, "\n\n".join(map(str, differences))
