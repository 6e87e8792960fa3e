"""`hoopterm lock`: the stop button."""

from __future__ import annotations

from typing import Annotated

import typer

from hoopterm.cli.options import Engine, Json, LockedIdentity, LockedTarget, ask
from hoopterm.cli.output import Column, badge, draw, emit, note, now, say, say_whole
from hoopterm.cli.times import relative
from hoopterm.console.phrases import plural
from hoopterm.errors import Misused

app = typer.Typer(
    help="Stop an identity or a target: new sessions are refused, live ones end.",
    invoke_without_command=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="A person's lock also stops the agents they sponsor, what is done on their behalf, and the tokens they "
    "minted. Example: hoopterm lock --identity report-bot --reason 'INC-7: runaway'",
)


@app.callback()
def lock(
    context: typer.Context,
    identity: LockedIdentity = None,
    target: LockedTarget = None,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; needed, and recorded.", show_default=False)] = "",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Stop an identity or a target: new sessions are refused, live ones end."""
    if context.invoked_subcommand is not None:
        return
    require_one(identity, target, reason)
    locked = ask(engine, lambda client: client.lock(identity=identity, target=target, reason=reason))
    if as_json:
        emit(locked)
        return
    say(badge("locked"), f"  {locked.kind} {locked.name}  {plural(locked.ended, 'session')} ended")
    if locked.covers:
        say_whole(f"  also stopped, since {locked.name} sponsors them: {', '.join(locked.covers)}")
    if not locked.is_known:
        note(f"  nothing is named {locked.name} yet: the lock waits for it")


@app.command("list")
def list_(engine: Engine = None, as_json: Json = False) -> None:
    """List what is locked, the oldest first."""
    locks = ask(engine, lambda client: client.locks())
    if as_json:
        emit(locks)
        return
    moment = now()
    draw(
        [
            Column("KIND"),
            Column("NAME"),
            Column("LOCKED"),
            Column("BY", gives=True),
            Column("REASON", gives=True),
            Column("STOPS TOO", gives=True),
        ],
        (
            (
                lock.kind,
                lock.name if lock.is_known else f"{lock.name} (unknown)",
                relative(lock.since, moment),
                lock.by,
                lock.reason,
                ", ".join(lock.covers),
            )
            for lock in locks
        ),
        empty="nothing is locked",
    )


def require_one(identity: str | None, target: str | None, reason: str) -> None:
    """Raise Misused unless one thing is named, and why."""
    if (identity is None) == (target is None):
        raise Misused("name one identity or one target", "--identity NAME or --target NAME")
    if not reason.strip():
        raise Misused("a reason is missing", "--reason TEXT: in a few words why")
