"""Times and numbers as a person reads them."""

from __future__ import annotations

import pytest

from hoopterm.console import phrases
from tests.hoopterm.console.scenes import NOW, stamp


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(7, "0:07"), (134.9, "2:14"), (3599, "59:59"), (7500, "2h05"), (200_000, "2d"), (-4, "0:00")],
)
def test_a_countdown_is_short(seconds: float, shown: str) -> None:
    assert phrases.countdown(seconds) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0000421, "42 µs"), (0.0021, "2.1 ms"), (0.34, "340 ms"), (2.1, "2.1 s"), (245, "4m05"), (7500, "2h05")],
)
def test_a_duration_has_its_unit(seconds: float, shown: str) -> None:
    assert phrases.lasted(seconds) == shown


@pytest.mark.parametrize(
    ("number", "shown"), [(412, "412"), (18_204, "18.2k"), (999_999, "1000k"), (3_400_000, "3.4M"), (10**13, "many")]
)
def test_a_number_fits_its_column(number: int, shown: str) -> None:
    assert phrases.few(number) == shown
    assert len(shown) <= 5


@pytest.mark.parametrize(("number", "shown"), [(412, "412 B"), (18_204, "18.2 kB"), (3_400_000, "3.4 MB")])
def test_a_size_has_its_unit(number: int, shown: str) -> None:
    assert phrases.size(number) == shown


def test_counts_agree_with_their_noun() -> None:
    assert phrases.plural(1, "row") == "1 row"
    assert phrases.plural(18_204, "row") == "18,204 rows"


def test_times_are_relative_and_in_utc_on_demand() -> None:
    assert phrases.ago(stamp(-250), NOW) == "4m"
    assert phrases.seconds_until(stamp(134), NOW) == 134
    assert phrases.utc(stamp()) == "2026-11-22 21:41:07Z"


def test_a_day_is_named_when_it_is_not_today() -> None:
    assert ":" in phrases.local_date(stamp(-60), NOW)
    assert phrases.local_date(stamp(-400 * 86_400), NOW).startswith("2025-")


@pytest.mark.parametrize(
    ("rate", "days_left", "told"),
    [
        (None, None, "days left not known yet"),
        (-5.0, None, "not shrinking"),
        (9.0, 0.4, "less than a day left"),
        (9.0, 41.9, "41 days left"),
    ],
)
def test_room_is_told_with_how_long_it_lasts_where_that_is_known(
    rate: float | None, days_left: float | None, told: str
) -> None:
    assert phrases.room(212 * 10**9, 1_800 * 10**9, rate, days_left) == f"212 GB free of 1.8 TB · {told}"


def test_a_timecode_has_hours_when_there_are_any() -> None:
    assert phrases.timecode(271) == "04:31"
    assert phrases.timecode(3871) == "1:04:31"


def test_freshness_has_tenths_while_it_is_young() -> None:
    assert phrases.freshness(0.24) == "0.2s"
    assert phrases.freshness(75) == "1m"


@pytest.mark.parametrize(("text", "seconds"), [("90", 90), ("1:30", 90), ("1:02:03.5", 3723.5), (" 7 ", 7)])
def test_a_moment_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert phrases.moment(text) == seconds


@pytest.mark.parametrize("text", ["soon", "-1", "", "nan", "inf", "1:"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        phrases.moment(text)
