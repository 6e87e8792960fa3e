"""`hoopterm token`: tokens that let agents in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from engine.api.schema import TokenView
from hoopterm.cli.options import Engine, Json, ask, complete_tokens
from hoopterm.cli.output import Column, badge, draw, emit, now, say
from hoopterm.cli.times import parse_duration, relative
from hoopterm.console.phrases import when

app = typer.Typer(
    help="Tokens that let agents in.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Example: PGPASSWORD=$(hoopterm token create report-bot --ttl 1h) psql 'user=report-bot dbname=shop'",
)


@app.command()
def create(
    agent: Annotated[str, typer.Argument(metavar="AGENT", help="The agent, as the configuration names it.")],
    ttl: Annotated[str, typer.Option("--ttl", help="How long it lets in: 15m, 1h30m, 7d.")] = "1h",
    on_behalf_of: Annotated[
        str | None, typer.Option("--on-behalf-of", help="The person who asked for it.", show_default=False)
    ] = None,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Mint a token and print it, and nothing else; it is never shown again."""
    seconds = parse_duration(ttl)
    created = ask(engine, lambda client: client.create_token(agent, seconds, on_behalf_of))
    if as_json:
        emit(created)
    else:
        print(created.secret)


@app.command("list")
def list_(engine: Engine = None, as_json: Json = False) -> None:
    """List tokens, newest first; never a secret."""
    tokens = ask(engine, lambda client: client.tokens())
    if as_json:
        emit(tokens)
        return
    moment = now()
    draw(
        [
            Column("TOKEN"),
            Column("STATE"),
            Column("FOR", gives=True),
            Column("MINTED BY", gives=True),
            Column("CREATED"),
            Column("EXPIRES"),
            Column("LAST USED"),
        ],
        (
            (
                token.id,
                badge(_state(token, moment)),
                token.subject,
                token.minted_by,
                relative(token.created, moment),
                relative(token.expires, moment),
                relative(token.last_used, moment),
            )
            for token in tokens
        ),
        empty="no tokens; mint one with `hoopterm token create AGENT`",
    )


@app.command()
def revoke(
    token: Annotated[str, typer.Argument(metavar="TOKEN", help="The token's id.", autocompletion=complete_tokens)],
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """End a token and every session it opened."""
    ask(engine, lambda client: client.revoke_token(token))
    if as_json:
        emit({"token": token, "state": "revoked"})
    else:
        say(badge("revoked"), f"  {token}")


def _state(token: TokenView, moment: datetime) -> str:
    if token.revoked is not None:
        return "revoked"
    return "valid" if when(token.expires) > moment else "expired"
