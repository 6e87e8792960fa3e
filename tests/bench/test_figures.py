from __future__ import annotations

import pytest

from tests.bench.figures import Bound, Figure, differences, ratios, rounded


def figure(*rounds: float, bound: Bound = Bound.AT_LEAST, target: float | None = 0.65) -> Figure:
    return Figure("statements", "name", "what", "×", rounds, bound, target)


def test_the_figure_is_the_median_of_its_rounds() -> None:
    assert figure(0.9, 0.1, 0.5).measured == 0.5


def test_ratios_compare_peers_of_the_same_round_not_their_medians() -> None:
    assert ratios([10, 30, 20], [20, 10, 20]) == (0.5, 3.0, 1.0)


def test_differences_are_taken_within_a_round() -> None:
    assert differences([5, 7], [1, 9]) == (4, -2)


def test_peers_with_an_uneven_number_of_rounds_are_not_compared() -> None:
    with pytest.raises(ValueError):
        ratios([1, 2], [1])


@pytest.mark.parametrize(
    ("bound", "measured", "holds"),
    [
        (Bound.AT_LEAST, 0.65, True),
        (Bound.AT_LEAST, 0.6499, False),
        (Bound.AT_MOST, 0.65, True),
        (Bound.AT_MOST, 0.6501, False),
        (Bound.NONE, 0.1, None),
    ],
)
def test_a_target_holds_up_to_its_very_value(bound: Bound, measured: float, holds: bool | None) -> None:
    assert figure(measured, bound=bound).holds is holds


def test_without_a_target_there_is_no_verdict() -> None:
    assert figure(0.1, target=None).holds is None


def test_the_json_has_the_verdict_on_the_exact_value_and_shows_the_rounded_one() -> None:
    found = figure(0.649999).as_json()
    assert (found["measured"], found["holds"]) == (0.65, False)


def test_numbers_are_rounded_to_what_they_can_mean() -> None:
    assert [rounded(value) for value in (12345.6, 0.123456, 9.87654, -1234.5)] == [12346, 0.1235, 9.877, -1234]


def test_the_short_title_is_the_conditions_without_what_was_measured() -> None:
    assert Figure("s", "n", "simple, 1 client: added", "µs", (1.0,)).short == "simple, 1 client"
