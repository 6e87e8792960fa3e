"""Themes, and what the roles of `lines` look like in each.

One accent for what waits for you, red only for denied and broken, green only for what runs, dim for what is past.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from rich.style import Style
from textual.theme import BUILTIN_THEMES, Theme

DEFAULT = "hoopterm-dark"


@dataclass(frozen=True, slots=True)
class Look:
    """One theme: Textual's colours and the styles of our roles."""

    theme: Theme
    roles: dict[str, str]


def _look(name: str, dark: bool, colours: dict[str, str]) -> Look:
    c = colours
    theme = Theme(
        name=name,
        dark=dark,
        primary=c["waiting"],
        secondary=c["dim"],
        accent=c["waiting"],
        warning=c["waiting"],
        error=c["danger"],
        success=c["running"],
        foreground=c["text"],
        background=c["ground"],
        surface=c["ground"],
        panel=c["raised"],
        variables={
            "bar": c["raised"],
            "rule": c["rule"],
            "cursor": c["cursor"],
            "dim": c["dim"],
            "scrollbar": c["rule"],
            "scrollbar-hover": c["dim"],
            "scrollbar-active": c["dim"],
            "scrollbar-background": c["ground"],
            "scrollbar-background-hover": c["ground"],
            "scrollbar-background-active": c["ground"],
            "input-selection-background": c["cursor"],
        },
    )
    roles = {
        "dim": c["dim"],
        "faint": c["rule"],
        "strong": f"bold {c['bright']}",
        "bright": c["bright"],
        "waiting": f"bold {c['waiting']}",
        "amber": c["waiting"],
        "danger": f"bold {c['danger']}",
        "red": c["danger"],
        "running": c["running"],
        "mask": c["mask"],
        "keyword": c["keyword"],
        "string": c["string"],
        "number": c["number"],
        "parameter": c["parameter"],
        "comment": f"italic {c['dim']}",
        "brand": f"bold {c['bright']}",
        "key": f"bold {c['text']}",
        "call": f"bold {c['ground']} on {c['waiting']}",
        "alarm": f"bold {c['ground']} on {c['danger']}",
        "match": f"{c['ground']} on {c['string']}",
    }
    return Look(theme, roles)


_DARK = {
    "ground": "#101418",
    "raised": "#182028",
    "cursor": "#22303c",
    "rule": "#36424e",
    "dim": "#7d8b99",
    "text": "#c9d3dc",
    "bright": "#f2f6f9",
    "waiting": "#ffb454",
    "danger": "#ff6b6b",
    "running": "#7fd88f",
    "mask": "#66748a",
    "keyword": "#8fb8de",
    "string": "#a8c7a0",
    "number": "#c4b5e0",
    "parameter": "#c4b5e0",
}
_LIGHT = {
    "ground": "#fbfaf7",
    "raised": "#efede6",
    "cursor": "#e2e6ec",
    "rule": "#cfcac0",
    "dim": "#6c7178",
    "text": "#2b3138",
    "bright": "#0b0f14",
    "waiting": "#a85b00",
    "danger": "#c0182f",
    "running": "#1f7a3a",
    "mask": "#8a8f98",
    "keyword": "#1d5a94",
    "string": "#3d6b34",
    "number": "#6b46a8",
    "parameter": "#6b46a8",
}
# Okabe and Ito's palette: orange, vermilion and blue-green stay apart in every common colour vision.
_CLEAR = _DARK | {
    "waiting": "#f0e442",
    "danger": "#ff7f3f",
    "running": "#56b4e9",
    "keyword": "#c9d3dc",
    "string": "#9fb4c7",
    "number": "#cc9fc0",
    "parameter": "#cc9fc0",
}

# Every colour of a text has 7:1 against the ground (WCAG 2.2, 1.4.6), the dim ones too.
_CONTRAST = _DARK | {
    "ground": "#000000",
    "raised": "#000000",
    "cursor": "#001a33",
    "rule": "#a8a8a8",
    "dim": "#c8c8c8",
    "text": "#ffffff",
    "bright": "#ffffff",
    "waiting": "#ffd400",
    "danger": "#ff8080",
    "running": "#00ff66",
    "mask": "#c8c8c8",
    "keyword": "#8fd0ff",
    "string": "#b8ffb0",
    "number": "#ffb8ff",
    "parameter": "#ffb8ff",
}

_ANSI_ROLES = {
    "dim": "bright_black",
    "faint": "bright_black",
    "strong": "bold",
    "bright": "bold",
    "waiting": "bold yellow",
    "amber": "yellow",
    "danger": "bold red",
    "red": "red",
    "running": "green",
    "mask": "bright_black",
    "keyword": "blue",
    "string": "cyan",
    "number": "magenta",
    "parameter": "magenta",
    "comment": "italic bright_black",
    "brand": "bold",
    "key": "bold",
    "call": "bold reverse yellow",
    "alarm": "bold reverse red",
    "match": "reverse cyan",
}
_ANSI = Look(
    Theme(
        name="hoopterm-ansi",
        ansi=True,
        primary="ansi_yellow",
        secondary="ansi_bright_black",
        accent="ansi_yellow",
        warning="ansi_yellow",
        error="ansi_red",
        success="ansi_green",
        foreground="ansi_default",
        background="ansi_default",
        surface="ansi_default",
        panel="ansi_default",
        variables={
            **BUILTIN_THEMES["ansi-dark"].variables,
            "bar": "ansi_default",
            "rule": "ansi_bright_black",
            "cursor": "ansi_bright_black",
            "dim": "ansi_bright_black",
        },
    ),
    _ANSI_ROLES,
)

LOOKS: dict[str, Look] = {
    look.theme.name: look
    for look in (
        _look(DEFAULT, True, _DARK),
        _look("hoopterm-light", False, _LIGHT),
        _look("hoopterm-clear", True, _CLEAR),
        _look("hoopterm-contrast", True, _CONTRAST),
        _ANSI,
    )
}


def chosen(environ: Mapping[str, str]) -> str:
    """The theme to begin with: HOOPTERM_THEME's; the terminal's own colours where it has few or none are wanted."""
    asked = environ.get("HOOPTERM_THEME", "")
    for name in (asked, f"hoopterm-{asked}"):
        if name in LOOKS:
            return name
    has_many = environ.get("COLORTERM", "") in ("truecolor", "24bit") or "256" in environ.get("TERM", "")
    return DEFAULT if has_many and "NO_COLOR" not in environ else _ANSI.theme.name


@lru_cache(maxsize=1024)
def style(theme: str, role: str) -> Style:
    """The style of a role, or of several joined by spaces, in a theme."""
    roles = LOOKS.get(theme, LOOKS[DEFAULT]).roles
    return Style.combine([Style.parse(roles[name]) for name in role.split()]) if role else Style.null()


def is_ansi(theme: str) -> bool:
    """Whether a theme leaves the sixteen colours to the terminal."""
    return bool(LOOKS.get(theme, LOOKS[DEFAULT]).theme.ansi)


@lru_cache(maxsize=8)
def cursor(theme: str) -> Style:
    """What the row under the cursor wears; ANSI palettes have no safe background, so there it is reversed."""
    look = LOOKS.get(theme, LOOKS[DEFAULT])
    if look.theme.ansi:
        return Style(color="default", bgcolor="default", reverse=True)
    return Style(bgcolor=look.theme.variables["cursor"])
