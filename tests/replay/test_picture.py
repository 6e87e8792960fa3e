"""A screen as a picture."""

from __future__ import annotations

from xml.etree import ElementTree

from hypothesis import given, settings
from hypothesis import strategies as st

from replay.picture import rgb, svg
from replay.screen import Screen

SVG = "{http://www.w3.org/2000/svg}"


def drawn(output: str, title: str = "a title") -> ElementTree.Element:
    screen = Screen(20, 3)
    screen.feed(output)
    return ElementTree.fromstring(svg(screen, title))


def test_the_palette_is_ours_then_xterms() -> None:
    assert rgb(None, (1, 2, 3)) == (1, 2, 3)
    assert rgb((9, 8, 7), (1, 2, 3)) == (9, 8, 7)
    assert [rgb(number, (0, 0, 0)) for number in (16, 21, 196, 231, 232, 255)] == [
        (0, 0, 0), (0, 0, 255), (255, 0, 0), (255, 255, 255), (8, 8, 8), (238, 238, 238)
    ]  # fmt: skip


def test_cells_stand_where_they_stood_in_their_colours() -> None:
    (text,) = [each for each in drawn("\x1b[2;5H\x1b[1;4;38;2;1;2;3m日本").iter(f"{SVG}text") if each.text == "日本"]
    title = text.attrib
    assert (title["fill"], title["font-weight"], title["text-decoration"]) == ("#010203", "bold", "underline")
    assert (float(title["x"]), float(title["textLength"])) == (16 + 4 * 8.4, 4 * 8.4)


def test_inverse_cells_change_their_colours_and_the_cursor_is_seen_unless_hidden() -> None:
    plain, inverse = drawn(""), drawn("\x1b[7mx\x1b[?25l")
    assert len(list(plain.iter(f"{SVG}rect"))) == 2
    grounds = [each.attrib["fill"] for each in inverse.iter(f"{SVG}rect")]
    assert grounds[1:] == ["#c9d3dc"]


@settings(deadline=None)
@given(st.text(), st.text())
def test_whatever_is_on_the_screen_is_no_markup(output: str, title: str) -> None:
    """SECURITY: a picture is opened in a browser."""
    tags = {each.tag for each in drawn(output + "<script>&", title + "</title><script>").iter()}
    assert tags <= {f"{SVG}svg", f"{SVG}title", f"{SVG}rect", f"{SVG}text"}
