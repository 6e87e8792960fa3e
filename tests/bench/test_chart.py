from __future__ import annotations

from xml.etree import ElementTree

from tests.bench.chart import svg
from tests.bench.figures import Bound, Figure

SHARE = Figure("statements", "a", "simple & quick: against <PgBouncer>", "×", (0.5,), Bound.AT_LEAST, 1.0)
FASTER = Figure("statements", "b", "below nothing: added", "µs", (-3.0,), Bound.AT_MOST, 80.0)
MEMORY = Figure("answer", "c", "a 5 GB answer", "MB", (7.0,), Bound.AT_MOST, 64.0)
NAMESPACE = "{http://www.w3.org/2000/svg}"


def drawn(*figures: Figure) -> ElementTree.Element:
    return ElementTree.fromstring(svg(figures, "a machine"))


def test_names_are_shown_and_not_read_as_markup() -> None:
    assert "simple & quick" in [element.text for element in drawn(SHARE).iter(f"{NAMESPACE}text")]


def test_a_bar_is_as_long_as_its_share_of_the_longest() -> None:
    bars = [element for element in drawn(SHARE).iter(f"{NAMESPACE}rect") if element.get("x")]
    (mark,) = drawn(SHARE).iter(f"{NAMESPACE}path")
    length, start = float(bars[0].get("width", "")), float(bars[0].get("x", ""))
    assert float(mark.get("d", "M0").split()[0][1:]) == start + 2 * length


def test_what_is_below_zero_has_a_bar_of_no_length() -> None:
    (bar,) = [element for element in drawn(FASTER).iter(f"{NAMESPACE}rect") if element.get("x")]
    assert float(bar.get("width", "")) == 0


def test_only_shares_and_latencies_are_drawn() -> None:
    assert not [element for element in drawn(MEMORY).iter(f"{NAMESPACE}rect") if element.get("x")]
