from __future__ import annotations

import pytest

from tests.bench.pgbench import Run, parse

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


def test_the_time_to_connect_is_in_seconds() -> None:
    assert parse(SAID, 8, None).connecting == 0.003121


def test_connecting_is_not_charged_to_the_transactions() -> None:
    warm = Run(1.0, 8, 1_000, 0.0, 0.3)
    assert parse(SAID, 8, 0.68).cpu(warm) == pytest.approx(20.0)


def test_a_run_hardly_longer_than_the_one_that_warms_tells_no_processor_time() -> None:
    assert parse(SAID, 8, 0.68).cpu(Run(1.0, 8, 10_000, 0.0, 0.3)) is None


def test_where_nothing_stands_between_no_processor_time_is_known() -> None:
    assert parse(SAID, 8, None).cpu(parse(SAID, 8, None)) is None


def test_a_run_without_a_transaction_ends_the_benchmark() -> None:
    with pytest.raises(SystemExit, match="not expected"):
        parse("number of transactions actually processed: 0\n", 1, None)
