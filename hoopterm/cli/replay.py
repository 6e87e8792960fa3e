"""`hoopterm replay`: play a recording back, or export it."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hoopterm.cli.options import Engine, Json, ask, complete_recordings
from hoopterm.cli.output import note, styled
from hoopterm.cli.statements import Transcript
from hoopterm.console.phrases import moment
from hoopterm.errors import Misused, Refused
from replay.export import FORMS, export
from replay.format import SUFFIX, Damaged
from replay.index import Recording

if TYPE_CHECKING:
    from hoopterm.client import Client

app = typer.Typer(rich_markup_mode=None, add_completion=False)


@app.command(
    epilog="Examples: hoopterm replay s-6fb9ec6aed71; hoopterm replay s-6fb9ec6aed71.hoop --export asciicast > s.cast; "
    "hoopterm replay s-6fb9ec6aed71 --export svg --at 1:30 > screen.svg"
)
def replay(
    recording: Annotated[
        str,
        typer.Argument(
            metavar="SESSION|FILE",
            help="A session of the engine, or a recording's file: that needs no engine.",
            autocompletion=complete_recordings,
        ),
    ],
    form: Annotated[
        str | None,
        typer.Option("--export", metavar="FORM", help=f"Print it as {', '.join(FORMS)}.", show_default=False),
    ] = None,
    version: Annotated[
        int, typer.Option("--version", min=2, max=3, help="Of the asciicast: asciinema 2.4 and older read 2 alone.")
    ] = 3,
    operation: Annotated[
        str | None,
        typer.Option("--operation", metavar="ID", help="Whose terminal, where there are several.", show_default=False),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="With svg or text: the screen then, as 1:30.", show_default=False),
    ] = None,
    step: Annotated[
        bool, typer.Option("--step", help="Print step after step instead of opening the player.", show_default=False)
    ] = False,
    rows: Annotated[
        int, typer.Option("--rows", min=0, help="With --step: rows or lines shown of each answer; 0: all.")
    ] = 20,
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Play a session back: on a terminal in the player, else step after step as text. --json is --export json."""
    form = "json" if as_json else form
    if form is not None and form not in FORMS:
        raise Misused(f"there is no form {form!r}", f"one of {', '.join(FORMS)}")
    if at is not None and form not in ("svg", "text"):
        raise Misused("--at needs a form that shows one moment", "--export svg, or --export text")
    wanted: dict[str, Any] = {"version": version, "operation": operation, "at": None if at is None else _moment(at)}
    with _found(recording, engine) as path:
        if form is None and not step and sys.stdin.isatty() and sys.stdout.isatty():
            from hoopterm.console.app import run

            run(recording=path)
        else:
            _print(path, form, rows, wanted)


def _moment(text: str) -> float:
    try:
        return moment(text)
    except ValueError as error:
        raise Misused(f"{text!r} is no time", "write 1:30, or seconds") from error


def _print(path: Path, form: str | None, rows: int, wanted: dict[str, Any]) -> None:
    try:
        with Recording.open(path) as recording:
            if form is not None:
                for piece in _exported(recording, form, wanted):
                    sys.stdout.write(piece)
            else:
                transcript = Transcript(rows or sys.maxsize)
                for frame in recording:
                    transcript.print(frame)
            damage = recording.damage
    except Damaged as broken:
        damage = broken
    except ValueError as error:
        raise Refused("damaged", f"the recording does not read: {error}", "hoopterm audit verify says more") from error
    except BrokenPipeError:
        raise  # who read the output has gone: nothing is wrong with the recording
    except OSError as error:
        raise Refused("unreadable", f"the recording cannot be read: {error}") from error
    if damage is None:
        return
    if damage.is_torn:
        note(styled(f"the end is missing: a crash tore the file ({damage})", "yellow"))
    else:
        raise Refused("damaged", f"the recording is damaged {damage}", "hoopterm audit verify says more")


def _exported(recording: Recording, form: str, wanted: dict[str, Any]) -> Iterator[str]:
    try:
        return export(recording, recording.header, form, **wanted)
    except Damaged:
        raise
    except ValueError as error:
        raise Misused(str(error), "hoopterm replay FILE --step lists what there is") from error


@contextmanager
def _found(name: str, engine: str | None) -> Iterator[Path]:
    """The file of that name, else the engine's recording of that session, for as long as it is needed."""
    path = Path(name)
    if path.is_file():
        yield path
        return
    if path.suffix == SUFFIX or "/" in name:
        raise Misused(f"there is no recording {name}", "name a file, or a session: hoopterm sessions list --state all")
    with tempfile.TemporaryDirectory(prefix="hoopterm-") as directory:  # for us alone; the player's title is the file's
        path = Path(directory) / f"{name}{SUFFIX}"

        async def download(client: Client) -> None:
            with path.open("wb") as file:
                async with aclosing(client.download(name)) as chunks:
                    async for chunk in chunks:
                        file.write(chunk)

        ask(engine, download)
        yield path
