"""`hoopterm policy` about the past: what other rules would have decided, and rules drafted from what was observed."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from engine.api.schema import BacktestView, ChangedDecisionView, UndecidableView
from hoopterm.address import CONFIG_NAME
from hoopterm.cli.options import Engine, Json, ask, connected
from hoopterm.cli.output import Column, draw, emit, note, say, say_whole
from hoopterm.cli.revisions import Files, read_files
from hoopterm.console.phrases import plural
from hoopterm.console.text import clean_block

Last = Annotated[int, typer.Option("--last", min=1, help="So many of the newest recorded operations.")]


def backtest(paths: Files = None, last: Last = 10_000, engine: Engine = None, as_json: Json = False) -> None:
    """Decide recorded operations by other rules, and show which decisions would change. Progress is on stderr."""
    files = read_files(paths or [Path(CONFIG_NAME)])
    found = asyncio.run(_followed(engine, files, last))
    if as_json:
        emit(found)
        return
    columns = [
        Column("TIME"),
        Column("WHO"),
        Column("TARGET"),
        Column("VERB"),
        Column("WAS"),
        Column("WOULD BE"),
        Column("BY", gives=True),
        Column("TEXT", gives=True),
    ]
    draw(columns, (_row(each) for each in found.changes), empty="no decision would change")
    turned = ", ".join(f"{number} {how}" for how, number in sorted(found.turned.items()))
    say(f"{plural(found.examined, 'operation')} · {found.changed} changed{f' ({turned})' if turned else ''}")
    if found.undecidable:
        say(f"{found.undecidable} cannot be told: a rule looks at what was masked or is not recorded")


async def _followed(engine: str | None, files: dict[str, str], last: int) -> BacktestView:
    changes: list[ChangedDecisionView] = []
    undecided: list[UndecidableView] = []
    view = BacktestView(0, last, 0, 0)
    async with connected(engine) as client:
        async for view in client.backtest(files, last):
            changes += view.changes
            undecided += view.undecided
            _tell(view)
    return msgspec.structs.replace(view, changes=changes, undecided=undecided)


def _tell(view: BacktestView) -> None:
    if sys.stderr.isatty():
        end = "\n" if view.done else ""
        print(f"\r{view.examined} of {view.most} · {view.changed} changed", end=end, file=sys.stderr, flush=True)
    else:
        note(f"{view.examined} of {view.most} · {view.changed} changed · {view.undecidable} undecidable")


def suggest(last: Last = 10_000, engine: Engine = None, as_json: Json = False) -> None:
    """Draft rules from what targets in `mode: observe` recorded: YAML, to be looked at, checked and applied."""
    found = ask(engine, lambda client: client.suggest(last))
    if as_json:
        emit(found)
        return
    for line in clean_block(found.yaml.rstrip("\n")):
        say_whole(line)
    for why, number in sorted(found.left.items()):
        note(f"{plural(number, 'operation')} without a rule: {why}")


def _row(change: ChangedDecisionView) -> list[str]:
    return [
        change.time[:19],
        change.identity,
        change.target,
        change.verb,
        change.old,
        change.new,
        change.new_rule or change.reason,
        " ".join((change.text or "").split()),
    ]
