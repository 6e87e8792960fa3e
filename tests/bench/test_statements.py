from __future__ import annotations

from tests.bench.figures import Figure
from tests.bench.pgbench import Run
from tests.bench.statements import figures_of

RUNS = {
    "direct": [Run(10_000, 1, None), Run(10_000, 1, None)],
    "pgbouncer": [Run(8_000, 1, 20.0), Run(8_000, 1, 20.0)],
    "batched": [Run(5_000, 1, 30.0), Run(5_000, 1, 30.0)],
    "strict": [Run(2_500, 1, 40.0), Run(2_000, 1, 40.0)],
}


def by_name(clients: int) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures_of("simple", clients, RUNS, [100.0, 200.0])}


def test_one_client_is_judged_by_what_it_waits_longer_than_directly() -> None:
    found = by_name(1)["batched-simple-1-added"]
    assert found.rounds == (100.0, 100.0)
    assert found.holds is False


def test_strict_audit_is_not_charged_the_fsync_of_the_same_round() -> None:
    assert by_name(1)["strict-simple-1-added"].rounds == (200.0, 200.0)


def test_a_share_of_pgbouncer_is_bound_only_at_the_published_number_of_clients() -> None:
    assert [by_name(clients)["batched-simple-" + str(clients)].holds for clients in (1, 8, 64)] == [None, False, None]
    assert [by_name(clients)["strict-simple-" + str(clients)].holds for clients in (1, 8, 64)] == [None, None, False]


def test_details_have_the_rates_and_processor_times_behind_a_share() -> None:
    details = by_name(8)["batched-simple-8"].details
    assert details["batched_tps"] == 5_000
    assert (details["pgbouncer_cpu_us"], details["batched_cpu_us"]) == (20.0, 30.0)
