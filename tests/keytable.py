"""The keys of the console as the documents have them, made from the registry: `make keys` writes them."""

from __future__ import annotations

from pathlib import Path

from hoopterm.console.actions import Action, Scope, of
from hoopterm.console.twins import TWINS

ROOT = Path(__file__).parents[1]
BEGIN = "<!-- make keys writes this -->"
END = "<!-- until here -->"


def by_screen() -> str:
    """A row a screen, with its keys."""
    rows = ["| where | keys |", "| --- | --- |"]
    for scope in Scope:
        keys = " · ".join(f"{_code(action.shown)} {action.label.removesuffix('…')}" for action in of([scope]))
        rows += [f"| {scope} | {keys} |"] if keys else []
    return "\n".join(rows)


def by_name() -> str:
    """A row an action, with its name in a keymap, what it does, and its subcommand."""
    rows = ["| name | keys | what it does | without a terminal |", "| --- | --- | --- | --- |"]
    for scope in Scope:
        rows += [_row(action) for action in of([scope])]
    return "\n".join(rows)


def _row(action: Action) -> str:
    twin = TWINS.get(action.name)
    keys = " ".join(_code(key) for key in action.keys)
    return f"| `{action.name}` | {keys} | {action.help} | {f'`hoopterm {twin}`' if twin else ''} |"


def _code(key: str) -> str:
    return f"`` {key} ``" if "`" in key else f"`{key}`"


TABLES = {"README.md": by_screen, "hoopterm/README.md": by_name}


def between(text: str, table: str) -> str:
    """The document with the table between its markers; ValueError where there are none."""
    start = text.index(BEGIN) + len(BEGIN)
    end = text.index(END, start)
    return f"{text[:start]}\n{table}\n{text[end:]}"


def main() -> None:
    """Write them."""
    for name, table in TABLES.items():
        document = ROOT / name
        document.write_text(between(document.read_text(), table()))


if __name__ == "__main__":
    main()
