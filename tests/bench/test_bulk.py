from __future__ import annotations

from tests.bench.bulk import figures_of


def test_a_target_has_the_share_of_the_direct_speed_of_the_same_round() -> None:
    seconds = {"direct": [1.0, 2.0], "db": [2.0, 8.0], "columns": [2.0, 2.0], "plain": [1.0, 2.0]}
    found = {figure.name: figure for figure in figures_of("COPY", seconds, {name: [0.5] for name in seconds})}
    assert found["COPY-db"].rounds == (0.5, 0.25)
    assert [figure.holds for figure in found.values()] == [True, True, True]
    assert [figure.target for figure in found.values()] == [0.35, 0.55, 0.75]
