"""`hoopterm target`: how targets answer, and what the engine is to learn of them."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from engine.api.schema import TargetView
from hoopterm.cli.options import Engine, Json, ask, complete_targets
from hoopterm.cli.output import Column, badge, draw, emit, facts, note, now, say
from hoopterm.cli.times import relative
from hoopterm.errors import Misused, Refused

app = typer.Typer(
    help="See how targets answer, and have the engine learn what it needs of them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
)


@app.command("list")
def list_(engine: Engine = None, as_json: Json = False) -> None:
    """List the targets of the configuration and how each answered last; of credentials only the kind."""
    targets = ask(engine, lambda client: client.targets())
    if as_json:
        emit(targets)
        return
    moment = now()
    draw(
        [
            Column("TARGET"),
            Column("STATE"),
            Column("PROTOCOL"),
            Column("ADDRESS", gives=True),
            Column("CREDENTIAL"),
            Column("TLS"),
            Column("SESSIONS", right=True),
            Column("ANSWERED"),
            Column("TROUBLE", gives=True),
        ],
        (
            (
                target.name,
                badge(_state(target)),
                target.protocol,
                target.address,
                target.credential,
                target.tls or "-",
                str(target.sessions),
                relative(target.answered, moment),
                target.trouble if target.failing else "",
            )
            for target in targets
        ),
        empty="no targets: the configuration names none",
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="TARGET", help="The target.", autocompletion=complete_targets)],
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Show one target whole: where it is, how it is reached, and why it was not."""
    found = next((each for each in ask(engine, lambda client: client.targets()) if each.name == name), None)
    if found is None:
        raise Refused("not_found", f"there is no target {name!r}", "hoopterm target list")
    if as_json:
        emit(found)
        return
    moment = now()
    say(badge(_state(found)), f"  {found.name}")
    facts(
        [
            ("address", found.address),
            ("protocol", found.protocol),
            ("database", found.database or ""),
            ("mode", found.mode),
            ("labels", " ".join(f"{key}={value}" for key, value in sorted(found.labels.items()))),
            ("login", f"{found.login} ({found.credential})"),
            ("tls", found.tls),
            ("host keys", " ".join(found.host_keys) or ("not pinned" if found.needs_host_key else "")),
            ("trusted", " ".join(found.trusted)),
            ("answers", found.answers),
            ("sessions", str(found.sessions)),
            ("answered", relative(found.answered, moment) if found.answered else ""),
            ("failed", relative(found.failed, moment) if found.failed else ""),
            ("trouble", found.trouble),
        ]
    )


def _state(target: TargetView) -> str:
    if target.locked:
        return "locked"
    return "failing" if target.failing else "observe" if target.mode == "observe" else "ready"


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
