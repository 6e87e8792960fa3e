"""pgbench changes through the engine what it changes directly."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.servers.postgres import Database, fresh_database
from tests.usefulness.benches import bench
from tests.usefulness.sides import sides


@pytest.mark.timeout(300)
def test_every_script_of_pgbench_in_every_protocol_leaves_what_it_leaves_directly(
    database: Database, tmp_path: Path
) -> None:
    with fresh_database(database.server) as other, sides(tmp_path, database) as both:
        count, differences = bench(both, both.on(other))
    assert count == 11
    assert not differences, "\n\n".join(map(str, differences))
