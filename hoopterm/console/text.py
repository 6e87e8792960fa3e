"""The one place where strangers' text is made safe to show.

Names, SQL, reasons and recorded values come from agents and databases. Nothing in them may move the cursor, reorder
what a person reads, hide, or change a line's width: what would is shown as a visible name instead. `clean` is
idempotent, and every painted span passes it (`widgets.paint`).
"""

from __future__ import annotations

import unicodedata

from rich.cells import cell_len

ELLIPSIS = "…"
MASK = "▒"
_MOST_MARKS = 2  # combining marks kept on one character: two serve every living script
# Letters and symbols by category that are invisible, or join into a width terminals disagree about.
_DECEPTIVE = frozenset(
    {0x034F, 0x115F, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0, 0xFFFC}
    | set(range(0x1160, 0x1200))  # conjoining jamo
    | set(range(0xD7B0, 0xD800))
    | set(range(0xFE00, 0xFE10))  # variation selectors
    | set(range(0xE0100, 0xE01F0))
    | set(range(0x1F1E6, 0x1F200))  # regional indicators pair into flags
    | set(range(0x1F3FB, 0x1F400))  # skin tones join what precedes them
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _visible(code: int) -> str:
    char = chr(code)
    if code < 0x20:
        return "↵" if char == "\n" else chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    category = unicodedata.category(char)
    if category in _HIDDEN or code in _DECEPTIVE:
        return f"⟨{code:04X}⟩"
    if category == "Zs" and char != " ":
        return "␣"
    return char


class _Visible(dict[int, str]):
    """`str.translate` table, filled as code points are met."""

    def __missing__(self, code: int) -> str:
        self[code] = shown = _visible(code)
        return shown


_VISIBLE = _Visible()


def clean(value: str, most: int | None = None) -> str:
    """One line that is safe to paint; of long text only the first `most` characters are looked at."""
    if most is not None and len(value) > most:
        value = value[:most] + ELLIPSIS
    if value.isascii() and value.isprintable():
        return value
    value = value.translate(_VISIBLE)
    return value if value.isascii() else _tame_marks(value)


def clean_block(value: str, most: int | None = None) -> list[str]:
    """Several safe lines: line feeds break them, tabs become spaces, everything else as `clean`."""
    if most is not None and len(value) > most:
        value = value[:most] + ELLIPSIS
    return [clean(line.expandtabs(4)) for line in value.split("\n")]


def _tame_marks(value: str) -> str:
    """Marks without a letter get a dotted circle; piles of marks are cut."""
    out: list[str] = []
    marks, base = 0, False
    for char in value:
        if unicodedata.category(char) in ("Mn", "Me"):
            marks += 1
            if not base:
                out.append("◌")
                base = True
            if marks > _MOST_MARKS:
                continue
        else:
            marks, base = 0, char != " "
        out.append(char)
    return "".join(out)


def width(value: str) -> int:
    """Terminal cells a clean text takes."""
    return len(value) if value.isascii() else cell_len(value)


def cut(value: str, most: int) -> str:
    """The text in at most so many cells, ending in an ellipsis where it was cut."""
    if width(value) <= most:
        return value
    if most <= 0:
        return ""
    return take(value, most - 1) + ELLIPSIS


def take(value: str, cells: int) -> str:
    """The longest beginning that fits the cells."""
    if value.isascii():
        return value[:cells]
    used = 0
    for index, char in enumerate(value):
        used += cell_len(char)
        if used > cells:
            return value[:index]
    return value
