"""`hoopterm agent`: agents, and who answers for them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from engine.api.schema import AgentView
from hoopterm.cli.options import Engine, Json, ask, complete_agents
from hoopterm.cli.output import Column, badge, draw, emit, facts, now, say
from hoopterm.cli.times import relative
from hoopterm.console.phrases import when
from hoopterm.errors import Refused

app = typer.Typer(
    help="Agents, and who answers for them.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Agents are listed under `agents` in the configuration. Example: hoopterm agent list",
)


@app.command("list")
def list_(engine: Engine = None, as_json: Json = False) -> None:
    """List agents, with their sponsor, until when they may come, and how many sessions they have."""
    agents = ask(engine, lambda client: client.agents())
    if as_json:
        emit(agents)
        return
    moment = now()
    draw(
        [
            Column("AGENT"),
            Column("STATE"),
            Column("SPONSOR", gives=True),
            Column("PURPOSE", gives=True),
            Column("GROUPS", gives=True),
            Column("EXPIRES"),
            Column("TOKENS", right=True),
            Column("SESSIONS", right=True),
        ],
        (
            (
                agent.name,
                badge(_state(agent, moment)),
                agent.sponsor,
                agent.purpose or "",
                ", ".join(agent.groups),
                relative(agent.expires, moment) if agent.expires else "never",
                str(agent.tokens),
                str(agent.sessions),
            )
            for agent in agents
        ),
        empty="no agents: the configuration names none",
    )


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="AGENT", help="The agent.", autocompletion=complete_agents)],
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Show one agent whole."""
    found = next((each for each in ask(engine, lambda client: client.agents()) if each.name == name), None)
    if found is None:
        raise Refused("not_found", f"there is no agent {name!r}", "hoopterm agent list")
    if as_json:
        emit(found)
        return
    moment = now()
    say(badge(_state(found, moment)), f"  {found.name}")
    facts(
        [
            ("sponsor", found.sponsor),
            ("purpose", found.purpose or ""),
            ("groups", ", ".join(found.groups)),
            ("expires", relative(found.expires, moment) if found.expires else "never"),
            ("logs in by", ", ".join(["token", *found.logins])),
            ("tokens", f"{found.tokens} that let it in now"),
            ("sessions", f"{found.sessions} live"),
            ("locked", found.locked),
        ]
    )


def _state(agent: AgentView, moment: datetime) -> str:
    if agent.locked:
        return "locked"
    return "expired" if agent.expires is not None and when(agent.expires) <= moment else "valid"
