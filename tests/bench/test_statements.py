from __future__ import annotations

import pytest

from tests.bench.figures import Figure
from tests.bench.pgbench import Run
from tests.bench.statements import Rounds, figures_of


def ran(*tps: float, cpu: float | None = None) -> list[Run]:
    return [Run(each, 1, 1_000, 0.01, None if cpu is None else cpu / 1000) for each in tps]


def by_name(clients: int) -> dict[str, Figure]:
    warm = {name: Run(1.0, 1, 0, 0.02, 0.0) for name in ("direct", "pgbouncer", "batched", "strict")}
    runs = {
        "direct": ran(10_000, 10_000),
        "pgbouncer": ran(8_000, 8_000, cpu=20.0),
        "batched": ran(5_000, 5_000, cpu=30.0),
        "strict": ran(2_500, 2_000, cpu=40.0),
    }
    return {figure.name: figure for figure in figures_of(Rounds("simple", clients, warm, runs, [100.0, 200.0]))}


def test_one_client_is_judged_by_what_it_waits_longer_than_directly() -> None:
    found = by_name(1)["batched-simple-1-added"]
    assert found.rounds == (100.0, 100.0)
    assert found.holds is False


def test_strict_audit_is_not_charged_one_fsync_of_the_disk_at_its_quickest() -> None:
    assert by_name(1)["strict-simple-1-added"].rounds == (200.0, 300.0)


def test_a_share_of_pgbouncer_is_bound_only_at_the_published_number_of_clients() -> None:
    assert [by_name(clients)[f"batched-simple-{clients}"].holds for clients in (1, 8, 64)] == [None, False, None]
    assert [by_name(clients)[f"strict-simple-{clients}"].holds for clients in (1, 8, 64)] == [None, None, False]


def test_details_have_the_rates_and_processor_times_behind_a_share() -> None:
    details = by_name(8)["batched-simple-8"].details
    assert details["batched_tps"] == 5_000
    assert (details["pgbouncer_cpu_us"], details["batched_cpu_us"]) == pytest.approx((20.0, 30.0))
    assert "direct_cpu_us" not in details
    assert details["connect_ms"] == 2.5
