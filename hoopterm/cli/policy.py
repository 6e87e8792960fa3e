"""`hoopterm policy`: check, apply and explain the rules."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from engine.api.schema import AppliedView, CheckView, DecisionView
from hoopterm.address import CONFIG_NAME
from hoopterm.cli.options import Engine, Json, ask, complete_targets
from hoopterm.cli.output import Column, badge, draw, emit, facts, note, say, say_whole, styled
from hoopterm.console.phrases import plural
from hoopterm.console.text import clean_block
from hoopterm.errors import Misused, Refused

if TYPE_CHECKING:
    from hoopterm.client import Client

app = typer.Typer(
    help="Check, apply and explain the rules.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog="Example: hoopterm policy explain --identity report-bot --target shop 'DELETE FROM orders'",
)

_SUFFIXES = (".yaml", ".yml")
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
        from engine.config.loading import json_schema, load
        from engine.errors import ConfigError
    except ModuleNotFoundError as missing:
        raise Refused(
            "not_installed",
            f"checking policy needs the engine's libraries: {missing.name} is missing",
            "pip install 'hoopterm[engine]'",
        ) from missing
    if schema:
        emit(json_schema())
        return
    try:
        revision = load(paths or [Path(CONFIG_NAME)])
    except ConfigError as error:
        problems = list(error.problems)
        if as_json:
            emit(CheckView(False, problems))
        else:
            for problem in problems:
                say_whole(problem)
            note(badge("failed"), f"  {plural(len(problems), 'problem')}")
        raise typer.Exit(1) from None
    if as_json:
        emit(CheckView(True, list(revision.warnings), revision.digest))
    else:
        for warning in revision.warnings:
            note(styled("▲ ", "yellow"), warning)
        say(styled("✓ ", "green"), f"the configuration holds · revision {revision.digest[:12]}")


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
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Put policy in force. A file that does not hold changes nothing."""
    files = _read(paths or [])

    async def question(client: Client) -> AppliedView:
        replaces = expected
        if files and replaces is None:
            replaces = (await client.policy()).revision
        return await client.apply_policy(files, replaces)

    applied = ask(engine, question)
    if as_json:
        emit(applied)
        return
    say(styled("✓ ", "green"), f"in force · revision {applied.revision[:12]} · {plural(applied.rules, 'rule')}")
    for change in applied.changes:
        say_whole(f"  {change}")


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


def _read(paths: list[Path]) -> dict[str, str]:
    found = [file for path in paths for file in (_files_in(path) if path.is_dir() else [path])]
    try:
        files = {file.name: file.read_text(encoding="utf-8") for file in found}
    except (OSError, UnicodeDecodeError) as error:
        raise Misused(f"a configuration cannot be read: {error}") from error
    if len(files) != len(found):
        raise Misused("two configurations have the same file name", "give each file a name of its own")
    return files


def _files_in(directory: Path) -> list[Path]:
    return sorted(path for path in directory.iterdir() if path.suffix in _SUFFIXES and not path.name.startswith("."))


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
