"""A screen as an SVG picture: a window with its title, cells on a grid, the cursor."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from replay.screen import Colour, Row, Screen, Style

RGB = tuple[int, int, int]
_SIZE = 14.0  # of the letters
_WIDTH, _HEIGHT = 8.4, 18.0  # of a cell
_EDGE, _TITLE = 16.0, 34.0
_FONTS = "ui-monospace, 'Fira Code', 'DejaVu Sans Mono', Menlo, Consolas, monospace"
_GROUND, _TEXT, _FRAME, _DIM = (16, 20, 24), (201, 211, 220), (54, 66, 78), (125, 139, 153)
_BASE: tuple[RGB, ...] = (
    (24, 32, 40), (239, 107, 107), (127, 216, 143), (255, 180, 84), (108, 160, 220), (196, 140, 214), (96, 200, 205),
    (201, 211, 220), (102, 116, 138), (255, 138, 138), (160, 235, 172), (255, 209, 130), (143, 184, 222),
    (220, 176, 236), (140, 226, 230), (242, 246, 249),
)  # fmt: skip
_LEVELS = (0, 95, 135, 175, 215, 255)


def rgb(colour: Colour, otherwise: RGB) -> RGB:
    """A colour of a cell; the palette's first sixteen are ours, the others xterm's."""
    if colour is None:
        return otherwise
    if isinstance(colour, tuple):
        return colour
    if colour < 16:
        return _BASE[colour]
    if colour < 232:
        place = colour - 16
        return _LEVELS[place // 36], _LEVELS[place // 6 % 6], _LEVELS[place % 6]
    level = 8 + (colour - 232) * 10
    return level, level, level


def svg(screen: Screen, title: str) -> str:
    """The picture, whole."""
    width = screen.columns * _WIDTH + 2 * _EDGE
    height = screen.rows * _HEIGHT + _TITLE + _EDGE
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
        f'height="{height:g}" font-family={quoteattr(_FONTS)} font-size="{_SIZE:g}">',
        f"<title>{_inert(title)}</title>",
        f'<rect x=".5" y=".5" width="{width - 1:g}" height="{height - 1:g}" rx="8" fill="{_hex(_GROUND)}" '
        f'stroke="{_hex(_FRAME)}"/>',
        f'<text x="{_EDGE:g}" y="22" fill="{_hex(_DIM)}" font-size="12">{_inert(title)}</text>',
    ]
    for number, row in enumerate(screen.lines):
        parts.extend(_drawn(row, _TITLE + number * _HEIGHT))
    cursor = screen.cursor
    if cursor.is_visible:
        column = min(cursor.column, screen.columns - 1)
        parts.append(
            f'<rect x="{_EDGE + column * _WIDTH:g}" y="{_TITLE + cursor.row * _HEIGHT:g}" width="{_WIDTH:g}" '
            f'height="{_HEIGHT:g}" fill="{_hex(_TEXT)}" fill-opacity=".45"/>'
        )
    return "\n".join([*parts, "</svg>\n"])


def _drawn(row: Row, y: float) -> Iterator[str]:
    column, letters = 0, []
    for run in row:
        x, width = _EDGE + column * _WIDTH, run.cells * _WIDTH
        column += run.cells
        front, back = _colours(run.style)
        if back is not None:
            yield f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{_HEIGHT:g}" fill="{_hex(back)}"/>'
        text = run.text
        if not (run.style.underline or run.style.strikethrough):
            text = text.strip(" ")  # renderers disagree about blanks at the ends
            x += (len(run.text) - len(run.text.lstrip(" "))) * _WIDTH
            width = len(text) * _WIDTH * (2 if run.wide else 1)
        if text:
            letters.append(
                f'<text x="{x:g}" y="{y + 13.5:g}" textLength="{width:g}" lengthAdjust="spacingAndGlyphs" '
                f'xml:space="preserve" fill="{_hex(front)}"{_attributes(run.style)}>{_inert(text)}</text>'
            )
    yield from letters


def _colours(style: Style) -> tuple[RGB, RGB | None]:
    front, back = rgb(style.foreground, _TEXT), rgb(style.background, _GROUND)
    if style.inverse:
        front, back = back, front
    if style.faint:
        front = ((front[0] + back[0]) // 2, (front[1] + back[1]) // 2, (front[2] + back[2]) // 2)
    return front, None if back == _GROUND else back


def _attributes(style: Style) -> str:
    lines = " ".join(
        name for name, is_set in (("underline", style.underline), ("line-through", style.strikethrough)) if is_set
    )
    return "".join(
        (
            ' font-weight="bold"' if style.bold else "",
            ' font-style="italic"' if style.italic else "",
            f' text-decoration="{lines}"' if lines else "",
        )
    )


def _hex(colour: RGB) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _inert(text: str) -> str:
    """A stranger's text as XML: markup escaped, what XML forbids or nobody sees replaced."""
    return escape("".join(each if each.isprintable() else "\ufffd" for each in text))
