"""`hoopterm sessions`: see, watch and end sessions."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Annotated

import typer

from hoopterm.cli.options import Engine, Json, Session, ask, connected
from hoopterm.cli.output import Column, badge, draw, emit, emit_line, now, say
from hoopterm.cli.times import relative
from hoopterm.console.phrases import few
from hoopterm.errors import Misused
from hoopterm.frames import recorded

app = typer.Typer(
    help="See, watch and end sessions.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Example: hoopterm sessions watch $(hoopterm sessions list --json | jq -r '.[0].id')",
)


@app.command("list")
def list_(
    state: Annotated[str, typer.Option("--state", help="live, closed or all.")] = "live",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """List sessions, newest first."""
    if state not in ("live", "closed", "all"):
        raise Misused(f"there is no state {state!r}", "one of live, closed, all")
    sessions = ask(engine, lambda client: client.sessions(None if state == "all" else state))
    if as_json:
        emit(sessions)
        return
    moment = now()
    draw(
        [
            Column("SESSION"),
            Column("STATE"),
            Column("WHO", gives=True),
            Column("TARGET", gives=True),
            Column("OPENED"),
            Column("OPS", right=True),
            Column("DENIED", right=True),
            Column("MASKED", right=True),
            Column("LAST", gives=True),
        ],
        (
            (
                session.id,
                badge(session.state),
                f"{session.identity.subject} (locked)" if session.locked else session.identity.subject,
                session.target if session.mode == "enforce" else f"{session.target} ({session.mode})",
                relative(session.opened, moment),
                few(session.operations),
                few(session.denied),
                few(session.masked),
                session.last_verb,
            )
            for session in sessions
        ),
        empty="no live sessions" if state == "live" else "no such sessions",
    )


@app.command()
def watch(session: Session, engine: Engine = None, as_json: Json = False) -> None:
    """Print a session's statements, decisions and masked rows from its start, then as they happen, until it ends."""

    async def follow() -> None:
        from hoopterm.cli.statements import Transcript

        transcript = Transcript()
        async with connected(engine) as client, aclosing(client.watch(session)) as frames:
            async for frame in frames:
                if as_json:
                    emit_line(frame)
                else:
                    transcript.print(recorded(frame))

    asyncio.run(follow())


@app.command()
def kill(
    session: Session,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; its client is told.", show_default=False)] = "",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """End a session now: what runs upstream is cancelled."""
    ask(engine, lambda client: client.kill(session, reason))
    if as_json:
        emit({"session": session, "state": "killed"})
    else:
        say(badge("killed"), f"  {session}")
