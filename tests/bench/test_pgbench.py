from __future__ import annotations

import pytest

from tests.bench.pgbench import parse

SAID = """pgbench (18.4)
transaction type: <builtin: select only>
number of transactions actually processed: 20000
number of failed transactions: 0 (0.000%)
latency average = 0.400 ms
initial connection time = 3.121 ms
tps = 20000.500000 (without initial connection time)
"""


def test_the_average_is_finer_than_what_pgbench_prints() -> None:
    assert parse(SAID, 8, None).latency == pytest.approx(8 / 20000.5 * 1e6)


def test_processor_time_is_shared_among_the_transactions() -> None:
    assert parse(SAID, 8, 0.5).cpu == pytest.approx(25.0)


def test_output_without_a_rate_ends_the_run() -> None:
    with pytest.raises(SystemExit, match="not expected"):
        parse("pgbench: error: connection failed", 1, None)
