"""`hoopterm policy`: check, compare, try, apply and explain the rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.api.schema import AppliedView, CheckView, DecisionView
from hoopterm.address import CONFIG_NAME
from hoopterm.cli import hindsight, revisions
from hoopterm.cli.options import Engine, Json, ask, complete_targets
from hoopterm.cli.output import Column, badge, draw, emit, facts, note, say, say_whole, styled
from hoopterm.console.phrases import plural
from hoopterm.console.text import clean_block
from hoopterm.errors import Refused

if TYPE_CHECKING:
    from hoopterm.client import Client

app = typer.Typer(
    help="Check, compare, try, apply and explain the rules.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Example: hoopterm policy explain --identity report-bot --target shop 'DELETE FROM orders'",
)

for _command in (
    revisions.diff,
    revisions.history,
    revisions.show,
    revisions.rollback,
    hindsight.backtest,
    hindsight.suggest,
):
    app.command()(_command)

_NATIVE = ": the server is asked, and says so itself"


@app.command()
def check(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files, or a directory of them (default: hoopterm.yaml)."),
    ] = None,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema for editors instead.")] = False,
    as_json: Json = False,
) -> None:
    """Check a configuration; needs no engine, only its extra installed.

    Every problem is printed as file:line:column, and the exit status is 1 where there is any.
    """
    try:
        from engine.api.views import check_view
        from engine.config.diagnosis import diagnose_at
        from engine.config.loading import json_schema
    except ModuleNotFoundError as missing:
        raise Refused(
            "not_installed",
            f"checking policy needs the engine's libraries: {missing.name} is missing",
            "pip install 'hoopterm[engine]'",
        ) from missing
    if schema:
        emit(json_schema())
        return
    found = check_view(diagnose_at(paths or [Path(CONFIG_NAME)]))
    if as_json:
        emit(found)
    else:
        _draw_check(found)
    if not found.ok:
        raise typer.Exit(1)


def _draw_check(found: CheckView) -> None:
    for problem in found.problems:
        say_whole(str(problem))
    for warning in found.warnings:
        note(styled("▲ ", "yellow"), str(warning))
    if found.ok and found.revision:
        say(styled("✓ ", "green"), f"the configuration holds · revision {found.revision[:12]}")
    else:
        note(badge("failed"), f"  {plural(len(found.problems), 'problem')}")


@app.command("apply")
def apply(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Files to put in force (default: the engine's own, read again)."),
    ] = None,
    expected: Annotated[
        str | None,
        typer.Option("--expected", help="The revision these replace; if another is in force, nothing changes."),
    ] = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the revision.")] = "",
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Put policy in force. A file that does not hold changes nothing."""
    files = revisions.read_files(paths or [])

    async def question(client: Client) -> AppliedView:
        replaces = expected
        if files and replaces is None:
            replaces = (await client.policy()).revision
        return await client.apply_policy(files, replaces, reason)

    revisions.draw_applied(ask(engine, question), as_json=as_json)


@app.command()
def explain(
    statement: Annotated[str, typer.Argument(metavar="STATEMENT", help="The statement, or - for standard input.")],
    identity: Annotated[str, typer.Option("--identity", "-i", help="The agent or person who would send it.")],
    target: Annotated[
        str, typer.Option("--target", "-t", help="Where it would be sent.", autocompletion=complete_targets)
    ],
    database: Annotated[str | None, typer.Option("--database", help="Another database of the target.")] = None,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Show what would be decided of a statement, and why; it does not run."""
    text = sys.stdin.read() if statement == "-" else statement
    decision = ask(engine, lambda client: client.explain(identity, target, text, database))
    if as_json:
        emit(decision)
    else:
        _draw(decision)


def _draw(decision: DecisionView) -> None:
    rule = f"  by {decision.rule}" if decision.rule else "  by default"
    say_whole(badge(decision.verdict), rule, f": {decision.reason}" if decision.reason else "")
    print()
    for line in clean_block(decision.text):
        say_whole("    ", line)
    print()
    facts(
        [
            ("verb", f"{decision.verb}{_NATIVE if decision.verb == 'SYNTAX ERROR' else ''}"),
            ("touches", ", ".join(f"{access.effect} {access.resource}" for access in decision.accesses)),
            ("masked", ", ".join(decision.masked_columns)),
            ("opaque", decision.why_opaque or ""),
        ]
    )
    if decision.considered:
        print()
        draw(
            [Column("RULE"), Column("DECIDES"), Column("WHY", gives=True)],
            (_considered(rule) for rule in decision.considered),
            empty="there are no rules",
        )


def _considered(rule: dict[str, Any]) -> list[str]:
    limit = f", {rule['limit']}" if rule.get("limit") else ""
    why = f"matches{limit}" if rule.get("matched") else str(rule.get("why", ""))
    return [str(rule.get("rule", "")), str(rule.get("decide", "")), why]
