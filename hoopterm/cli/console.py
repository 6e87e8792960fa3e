"""`hoopterm console`: the terminal console."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from hoopterm.errors import Misused

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command()
def console(
    recording: Annotated[
        Path | None,
        typer.Option("--recording", exists=True, dir_okay=False, help="Open it in the player; no engine is needed."),
    ] = None,
    keymap: Annotated[
        Path | None,
        typer.Option("--keymap", exists=True, dir_okay=False, help="Your keys; else ~/.config/hoopterm/keymap.yaml."),
    ] = None,
    print_keymap: Annotated[
        bool, typer.Option("--print-keymap", help="Print every action with its keys, to begin a keymap with.")
    ] = False,
    engine: Annotated[
        list[str] | None,
        typer.Option("--engine", metavar="ENGINE", help="Its control socket, or ssh://user@host; may be repeated."),
    ] = None,
) -> None:
    """Open the terminal console: approvals, live sessions, replay. It reconnects when the engine comes and goes.

    With several engines Ctrl+E picks the one in front.
    """
    if print_keymap:
        from hoopterm.console.keymap import text

        print(text(), end="")
        return
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise Misused("the console needs a terminal", "every screen also exists as a command: see `hoopterm --help`")
    from hoopterm.console.app import run

    run(engine or (), recording, keymap)
