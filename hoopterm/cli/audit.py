"""`hoopterm audit`: read and verify the record."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any

import typer

from hoopterm.cli import searching
from hoopterm.cli.options import Engine, Json, ask, connected
from hoopterm.cli.output import emit, emit_line, note, now, say, styled
from hoopterm.cli.times import parse_moment
from hoopterm.console.phrases import local_date

app = typer.Typer(
    help="Read and verify the record.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    epilog='Example: hoopterm audit verify ./state --key "$(cat audit.vkey)" --strict',
)

app.command("search")(searching.search)
app.command("show")(searching.show)
app.command("reindex")(searching.reindex)

_STYLES = {"denied": "red", "failed": "red", "refused": "red", "requested": "yellow", "gap": "red", "low": "red"}


@app.command()
def tail(
    since: Annotated[
        str | None,
        typer.Option("--since", help="From then on: 15m (so long ago), or 2026-11-22T21:04.", show_default=False),
    ] = None,
    until: Annotated[str | None, typer.Option("--until", help="Up to then, likewise.", show_default=False)] = None,
    identity: Annotated[str | None, typer.Option("--identity", help="Only of this one.", show_default=False)] = None,
    target: Annotated[str | None, typer.Option("--target", help="Only of this one.", show_default=False)] = None,
    event: Annotated[
        str | None, typer.Option("--event", help="Only these: operation.denied, or review.*", show_default=False)
    ] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=0, help="Without --since: so many of the latest.")] = 20,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they happen.")] = False,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Print entries of the audit log, oldest first. That you read them is an entry too.

    \b
    hoopterm audit tail -f --event operation.denied
    hoopterm audit tail --since 1d --identity report-bot --json | jq .data.rule
    """
    moment = now()
    filters = {
        "since": parse_moment(since, moment) if since else None,
        "until": parse_moment(until, moment) if until else None,
        "identity": identity,
        "target": target,
        "event": event,
        "last": None if since else str(lines),
    }

    async def read() -> None:
        async with connected(engine) as client, aclosing(client.events(follow=follow, **filters)) as entries:
            async for entry in entries:
                if as_json:
                    emit_line(entry)
                else:
                    _print_entry(entry)

    asyncio.run(read())


@app.command()
def key(engine: Engine = None, as_json: Json = False) -> None:
    """Print the key that verifies the log; keep it where the engine's host cannot reach."""
    text = ask(engine, lambda client: client.verification_key())
    if as_json:
        emit({"key": text})
    else:
        print(text)


@app.command()
def checkpoint(engine: Engine = None, as_json: Json = False) -> None:
    """Print the log's latest signed checkpoint; kept elsewhere, it anchors everything before it."""
    found = ask(engine, lambda client: client.checkpoint())
    if as_json:
        emit(found)
    else:
        print(found.note, end="")


@app.command()
def verify(
    directory: Annotated[
        Path | None,
        typer.Argument(metavar="DIR", readable=False, help="The state directory, or a copy (default: the engine's)."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option("--key", metavar="VKEY", help="The verification key, or a file with it, kept elsewhere."),
    ] = None,
    checkpoint: Annotated[
        Path | None, typer.Option("--checkpoint", metavar="FILE", readable=False, help="A checkpoint kept elsewhere.")
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Fail unless anchored by a key or checkpoint.")] = False,
    as_json: Json = False,
) -> None:
    """Verify the log and every recording from the files alone, engine running or not.

    Exit status 1 where anything is wrong. A log that is consistent, but was checked without a key or checkpoint from
    elsewhere, is only self-asserted: that is 0, and 1 with --strict.
    """
    from hoopterm.cli.verification import verify as run

    raise typer.Exit(run(directory, key, checkpoint, strict=strict, as_json=as_json))


@app.command()
def changes(
    since: Annotated[
        int | None,
        typer.Option("--since-entry", metavar="NUMBER", min=0, help="From this entry on.", show_default=False),
    ] = None,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """What a person wants to know of the log: denials, reviews, policy, locks; each told once, with how often."""
    found = ask(engine, lambda client: client.changes(since))
    if as_json:
        emit(found)
        return
    note(f"entries {max(found.since, found.looked_from):,} to {found.size:,}; go on with --since-entry {found.size}")
    for change in found.changes:
        entry = {"event": change.event, "time": change.time, "identity": change.identity, "target": change.target}
        times = {} if change.count == 1 else {"what": f"{change.count} times"}
        _print_entry({**entry, "data": {**change.said, **times}})


def _print_entry(entry: dict[str, Any]) -> None:
    event = str(entry.get("event", ""))
    data = entry.get("data") or {}
    style = _STYLES.get(event.rpartition(".")[2], "")
    who = " → ".join(str(entry[name]) for name in ("identity", "target") if entry.get(name))
    say(
        styled(local_date(str(entry.get("time", "")), now()), "dim"),
        "  ",
        styled(f"{event:<20}", style),
        f"  {who}",
        styled("".join(f"  {part}" for part in _details(data)), "dim"),
    )


def _details(data: dict[str, Any]) -> list[str]:
    """What of an entry's data tells most, in few words."""
    names = ("rule", "review", "reason", "error", "what", "where")
    named = [f"{name}={data[name]}" for name in names if data.get(name)]
    if data.get("why") and data["why"] != data.get("reason"):
        named.append(f"why={data['why']}")
    verb = [str(data["verb"])] if data.get("verb") else []
    resources = [str(resource) for resource in data.get("resources") or []][:2]
    return [*verb, *resources, *named]
