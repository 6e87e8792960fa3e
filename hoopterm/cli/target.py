"""`hoopterm target`: what the engine is to know of its targets."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from hoopterm.cli.options import Engine, Json, ask, complete_targets
from hoopterm.cli.output import emit, note, say
from hoopterm.errors import Misused, Refused

app = typer.Typer(help="Have the engine learn what it needs of a target.", rich_markup_mode=None, add_completion=False)


@app.callback()
def target() -> None:
    """Have the engine learn what it needs of a target."""


@app.command(epilog="Compare the fingerprint with what `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` says there.")
def learn(
    name: Annotated[str, typer.Argument(metavar="TARGET", help="The target.", autocompletion=complete_targets)],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.", show_default=False)] = False,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Ask a target for its host key, once, and pin it in the engine's YAML."""
    shown = ask(engine, lambda client: client.learn(name))
    if not yes:
        note(f"{name} at {shown.address} shows the key {shown.fingerprint}")
        if not sys.stdin.isatty():
            raise Misused("nobody is there to look at the fingerprint", "--yes, once you know that it is the host's")
        if not typer.confirm("Is that its key?", err=True):
            raise Refused("declined", "nothing was pinned")
    pinned = ask(engine, lambda client: client.learn(name, shown.key))
    if as_json:
        emit(pinned)
    else:
        say(f"{name}  {pinned.fingerprint}  pinned")
