"""`hoopterm audit search` and `reindex`: what happened, by who, where, what, and words."""

from __future__ import annotations

import asyncio
import csv
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer
from rich.text import Text

from engine.api.schema import EntryView
from hoopterm.cli.options import Engine, Json, ask, complete_identities, complete_targets, connected
from hoopterm.cli.output import Column, console, draw, emit, emit_line, note, now, say, say_whole, styled
from hoopterm.console.phrases import local_date, plural
from hoopterm.console.proof import check
from hoopterm.console.searching import CSV_FIELDS, csv_row, quoted, without_routine
from hoopterm.console.views.entry import who
from hoopterm.console.views.entry import whole as entry_lines
from hoopterm.errors import Misused

if TYPE_CHECKING:
    from hoopterm.client import Client

_PAGE = 1000
_VERDICTS = {"deny": "red", "review": "yellow", "allow": "green"}

_COLUMNS = (
    Column("entry", right=True),
    Column("time"),
    Column("event"),
    Column("who"),
    Column("where"),
    Column("decision"),
    Column("rule", gives=True),
    Column("what", gives=True),
)


def _option(name: str, help: str, **more: Any) -> typer.models.OptionInfo:
    found: typer.models.OptionInfo = typer.Option(name, help=help, show_default=False, **more)
    return found


def search(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[TERM]…", help="Words, and terms as field:value; !TERM leaves out.", show_default=False
        ),
    ] = None,
    identity: Annotated[list[str] | None, _option("--identity", "Who.", autocompletion=complete_identities)] = None,
    by: Annotated[list[str] | None, _option("--by", "Who decided, applied, locked or minted.")] = None,
    sponsor: Annotated[list[str] | None, _option("--sponsor", "Who answers for them.")] = None,
    target: Annotated[list[str] | None, _option("--target", "Where.", autocompletion=complete_targets)] = None,
    resource: Annotated[
        list[str] | None, _option("--resource", "A table, path, host, command; `*` is anything.")
    ] = None,
    effect: Annotated[list[str] | None, _option("--effect", "read, write, delete …")] = None,
    decision: Annotated[list[str] | None, _option("--decision", "allow, review or deny.")] = None,
    rule: Annotated[list[str] | None, _option("--rule", "The rule that decided.")] = None,
    review: Annotated[list[str] | None, _option("--review", "A review, by its id.")] = None,
    event: Annotated[list[str] | None, _option("--event", "operation.denied, or review.*")] = None,
    text: Annotated[list[str] | None, _option("--text", "Words next to one another.")] = None,
    since: Annotated[str | None, _option("--since", "From then on: 2h (so long ago), or 2026-11-22T21:04Z.")] = None,
    until: Annotated[str | None, _option("--until", "Up to then, likewise.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="So many of the newest.")] = 100,
    before: Annotated[int | None, _option("--before", "Only what is older than this entry: the next page.")] = None,
    with_all: Annotated[
        bool, typer.Option("--all", help="With `recording.segment`, the digests of recordings.")
    ] = False,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they come, a line each.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV that a spreadsheet runs nothing of.")] = False,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Search the audit log, the newest first. That you searched, and for what, is an entry too.

    Options given twice are alternatives; everything else must hold at once.

    \b
    hoopterm audit search --identity report-bot --effect delete --since 2h
    hoopterm audit search 'resource:public.customers' '!decision:allow' --csv > denied.csv
    hoopterm audit search --text "drop table" --follow --json
    """
    if as_csv and as_json:
        raise Misused("--csv and --json exclude one another", "leave one out")
    if follow and before is not None:
        raise Misused("--follow and --before exclude one another", "leave one out")
    fields = {
        "identity": identity,
        "by": by,
        "sponsor": sponsor,
        "target": target,
        "resource": resource,
        "effect": effect,
        "decision": decision,
        "rule": rule,
        "review": review,
        "event": event,
        "text": text,
        "since": [since] if since else None,
        "until": [until] if until else None,
    }
    asked = " ".join([*(words or ()), *_terms(fields)])
    query = asked if with_all else without_routine(asked)
    if follow:
        asyncio.run(_follow(engine, query, limit, as_json=as_json, as_csv=as_csv))
    else:
        asyncio.run(_search(engine, query, limit, before, as_json=as_json, as_csv=as_csv))
    if query != asked:
        note(styled("digests of recordings are left out: --all has them", "dim"))


def show(
    sequence: Annotated[int, typer.Argument(metavar="ENTRY", min=0, help="Its number, the first being 0.")],
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Show one entry whole, and check here that it is in the signed log; exit status 1 where that does not hold."""
    detail = ask(engine, lambda client: client.entry(sequence))
    proven = check(detail)
    if as_json:
        emit({**msgspec.to_builtins(detail), "proven": proven.holds, "why": proven.why})
    else:
        for spans in entry_lines(detail, proven, console().width):
            say_whole("".join(span.text for span in spans))
    if not proven.holds:
        raise typer.Exit(1)


def reindex(engine: Engine = None, as_json: Json = False) -> None:
    """Make the search index anew, from the log and the recordings; the engine goes on meanwhile."""
    ask(engine, lambda client: client.reindex())
    if as_json:
        emit({"done": True})
    else:
        note("the index is made anew; `hoopterm audit search` tells how far it has come")


def _terms(fields: dict[str, list[str] | None]) -> Iterable[str]:
    """Options as terms of the query."""
    for field, values in fields.items():
        if not values:
            continue
        if field == "text":
            yield from (f"text:{quoted(value)}" for value in values)
        else:
            yield f"{field}:{','.join(quoted(value) for value in values)}"


async def _search(
    engine: str | None, query: str, limit: int, before: int | None, *, as_json: bool, as_csv: bool
) -> None:
    async with connected(engine) as client:
        pages = _Pages(client, query, limit, before)
        if as_csv:
            writer = csv.writer(sys.stdout)
            writer.writerow(CSV_FIELDS)
            async for entry in pages.entries():
                writer.writerow(csv_row(entry))
        elif as_json:
            await _print_array(pages)
        else:
            _print_table([entry async for entry in pages.entries()])
    pages.tell()


async def _print_array(pages: _Pages) -> None:
    """One JSON array, an entry a line: a million of them are never in memory at once."""
    separator = "["
    async for entry in pages.entries():
        print(separator, msgspec.json.encode(entry).decode(), sep="", end="")
        separator = ",\n"
    print("]" if separator != "[" else "[]")


class _Pages:
    """What a query finds, page by page, and what is to be said of it in the end."""

    def __init__(self, client: Client, query: str, limit: int, before: int | None) -> None:
        self._client = client
        self._query = query
        self._left = limit
        self._before = before
        self._more = False
        self._behind = 0
        self._trouble = ""

    async def entries(self) -> AsyncIterator[EntryView]:
        """The entries."""
        while self._left:
            page = await self._client.search(self._query, limit=min(self._left, _PAGE), before=self._before)
            for entry in page.entries:
                yield entry
            self._left -= len(page.entries)
            self._more, self._behind, self._trouble = page.more, page.size - page.indexed, page.trouble
            if not page.entries or not page.more:
                return
            self._before = page.entries[-1].sequence

    def tell(self) -> None:
        """Whether that is all, on stderr."""
        if self._more:
            note(styled(f"there are more: --before {self._before}", "dim"))
        if self._trouble or self._behind > _PAGE:
            why = f": {self._trouble}" if self._trouble else ""
            note(styled(f"the index lacks the newest {plural(self._behind, 'entry', 'entries')}{why}", "yellow"))


async def _follow(engine: str | None, query: str, limit: int, *, as_json: bool, as_csv: bool) -> None:
    writer = csv.writer(sys.stdout)
    if as_csv:
        writer.writerow(CSV_FIELDS)
    limit = min(limit, _PAGE)
    async with connected(engine) as client, aclosing(client.follow_search(query, limit=limit)) as entries:
        async for entry in entries:
            if as_json:
                emit_line(entry)
            elif as_csv:
                writer.writerow(csv_row(entry))
                sys.stdout.flush()
            else:
                say(*(part for cell in _row(entry) for part in (cell, "  ")))


def _print_table(entries: list[EntryView]) -> None:
    draw(_COLUMNS, [_row(entry) for entry in entries], empty="nothing was found; `hoopterm audit search` shows all")


def _row(entry: EntryView) -> list[str | Text]:
    what = entry.text or " ".join([entry.verb, *entry.resources]).strip() or entry.summary
    return [
        styled(str(entry.sequence), "dim"),
        styled(local_date(entry.time, now()), "dim"),
        entry.event,
        who(entry),
        entry.target or "",
        styled(entry.decision, _VERDICTS.get(entry.decision, "")),
        styled(entry.rule, "dim"),
        what[:300],
    ]
