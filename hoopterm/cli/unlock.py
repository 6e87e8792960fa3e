"""`hoopterm unlock`: let an identity or a target be used again."""

from __future__ import annotations

from typing import Annotated

import typer

from hoopterm.cli.lock import require_one
from hoopterm.cli.options import Engine, Json, LockedIdentity, LockedTarget, ask
from hoopterm.cli.output import badge, emit, say

app = typer.Typer(
    help="Let a locked identity or target be used again.",
    rich_markup_mode=None,
    add_completion=False,
    epilog="An operator unlocks what they locked themselves, an administrator everything.",
)


@app.command()
def unlock(
    identity: LockedIdentity = None,
    target: LockedTarget = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; needed, and recorded.", show_default=False)] = "",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Let a locked identity or target be used again."""
    require_one(identity, target, reason)
    lock = ask(engine, lambda client: client.unlock(identity=identity, target=target, reason=reason))
    if as_json:
        emit(lock)
    else:
        say(badge("unlocked"), f"  {lock.kind} {lock.name}  locked by {lock.by}: {lock.reason}")
