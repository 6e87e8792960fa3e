"""A recording as a file: which forms there are, what the same is on a command line, and writing it."""

from __future__ import annotations

import os
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from hoopterm.console.phrases import timecode
from hoopterm.errors import Problem
from replay.export import export
from replay.format import Damaged
from replay.index import Recording


@dataclass(frozen=True, slots=True)
class Form:
    """One form: its name, how a file of it ends, what it is for, and the options of `hoopterm replay` that make it."""

    name: str
    suffix: str
    about: str
    kind: str
    version: int = 3
    is_moment: bool = False  # it shows the moment one is at


FORMS = (
    Form("asciicast v3", ".cast", "plays in asciinema 3 and its web player", "asciicast"),
    Form("asciicast v2", ".v2.cast", "plays in asciinema 2, too", "asciicast", 2),
    Form("text", ".txt", "for reading: statements, decisions, answers, with times", "text"),
    Form("JSON", ".jsonl", "for programs: one object a line", "json"),
    Form("CSV", ".csv", "for spreadsheets: the rows of every answer", "csv"),
    Form("SVG", ".svg", "a picture of the frame one is at", "svg", is_moment=True),
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported: whose terminal, where there is one, and which moment in seconds."""

    session: str
    source: str  # what `hoopterm replay` knows it by: the session, or a file
    operation: str | None = None
    at: float = 0.0


def named(form: Form, wanted: Wanted) -> str:
    """The name that is proposed."""
    moment = f"-{timecode(wanted.at).replace(':', '.')}" if form.is_moment else ""
    safe = "".join(each for each in wanted.session if each.isalnum() or each in "-_") or "recording"
    return f"{safe}{moment}{form.suffix}"


def command(form: Form, wanted: Wanted, path: str) -> str:
    """The same for a shell."""
    words = ["hoopterm", "replay", wanted.source, "--export", form.kind]
    if form.version != 3:
        words += ["--version", str(form.version)]
    if wanted.operation is not None and form.kind in ("asciicast", "svg"):
        words += ["--operation", wanted.operation]
    if form.is_moment:
        words += ["--at", f"{wanted.at:.3f}"]
    return f"{shlex.join(words)} > {shlex.quote(path)}"


def write(recording: Path, form: Form, wanted: Wanted, name: str, *, replaces: bool = False) -> tuple[int, str]:
    """Write it for its owner alone; how many bytes, and where. Nothing half written is left behind.

    Raises Problem where the file is there already, unless it `replaces`, and for what cannot be read or written."""
    path = Path(name).expanduser().absolute()
    if not replaces and os.path.lexists(path):
        raise Problem("exists", f"{path} is there already", "enter again replaces it")
    try:
        # under another name until it is whole; a temporary file's mode is 0600
        descriptor, draft = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        try:
            with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
                _pour(recording, form, wanted, file)
                size = file.tell()
            if replaces:
                os.replace(draft, path)
            else:
                os.link(draft, path)  # refuses what came there meanwhile
        finally:
            Path(draft).unlink(missing_ok=True)
    except FileExistsError:
        raise Problem("exists", f"{path} is there already", "enter again replaces it") from None
    except OSError as error:
        raise Problem("file", f"{path}: {error.strerror or error}", "name another file") from error
    return size, str(path)


def _pour(recording: Path, form: Form, wanted: Wanted, file: TextIO) -> None:
    operation = wanted.operation if form.kind in ("asciicast", "svg") else None
    at = wanted.at if form.is_moment else None
    try:
        with Recording.open(recording) as frames:
            pieces = export(frames, frames.header, form.kind, version=form.version, operation=operation, at=at)
            file.writelines(pieces)
            damage = frames.damage
    except Damaged as error:
        raise Problem("damaged", f"the recording is damaged {error}", "hoopterm audit verify says more") from error
    except ValueError as error:
        raise Problem("form", str(error), "choose another form") from error
    if damage is not None and not damage.is_torn:
        raise Problem("damaged", f"the recording is damaged {damage}", "hoopterm audit verify says more")
