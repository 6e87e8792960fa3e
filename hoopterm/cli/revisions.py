"""`hoopterm policy` about revisions: what one would change, which there were, and back to an earlier one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from engine.api.schema import AppliedView, DiffView, RevisionView, ShiftView
from hoopterm.address import CONFIG_NAME
from hoopterm.cli.options import Engine, Json, ask
from hoopterm.cli.output import Column, draw, emit, facts, note, say, say_whole, styled
from hoopterm.console.phrases import plural
from hoopterm.console.text import clean_block
from hoopterm.errors import Misused

_SUFFIXES = (".yaml", ".yml")
_DIRECTIONS = {"loses": "▼", "gains": "▲", "differs": "~"}

Revision = Annotated[str, typer.Argument(metavar="REV", help="A revision, or the beginning of its digest.")]
Files = Annotated[
    list[Path] | None, typer.Argument(metavar="[FILE]...", help="Files, or a directory of them, by their names.")
]


def diff(paths: Files = None, engine: Engine = None, as_json: Json = False) -> None:
    """Show what files would change of the policy in force: rules, and who gains or loses what."""
    files = read_files(paths or [Path(CONFIG_NAME)])
    found = ask(engine, lambda client: client.policy_diff(files))
    if as_json:
        emit(found)
    else:
        _draw_diff(found)


def history(engine: Engine = None, as_json: Json = False) -> None:
    """List the revisions that were in force, newest first."""
    found = ask(engine, lambda client: client.policy_history())
    if as_json:
        emit(found)
        return
    columns = [Column("REVISION"), Column("SINCE"), Column("BY"), Column("WHY", gives=True)]
    draw(columns, (_row(each) for each in found), empty="no revision is kept")


def show(revision: Revision, engine: Engine = None, as_json: Json = False) -> None:
    """Show one revision: who put it in force when and why, and what it changed."""
    found = ask(engine, lambda client: client.policy_revision(revision))
    if as_json:
        emit(found)
        return
    facts(
        [
            ("revision", found.revision),
            ("in force since", found.time),
            ("by", found.author),
            ("why", found.reason),
            ("before it", found.previous or ""),
        ]
    )
    for change in found.changes:
        say_whole(f"  {change}")
    for line in clean_block(found.patch):
        say_whole(line)


def rollback(
    revision: Revision,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept with the revision.")],
    engine: Engine = None,
    as_json: Json = False,
) -> None:
    """Put an earlier revision's files in force again, as they were written."""
    draw_applied(ask(engine, lambda client: client.rollback(revision, reason)), as_json=as_json)


def draw_applied(applied: AppliedView, *, as_json: bool) -> None:
    """What is in force now."""
    if as_json:
        emit(applied)
        return
    merged = " · merged with what was in force by then" if applied.merged else ""
    say(styled("✓ ", "green"), f"in force · revision {applied.revision[:12]} · {plural(applied.rules, 'rule')}{merged}")
    for change in applied.changes:
        say_whole(f"  {change}")
    for warning in applied.warnings:
        note(styled("▲ ", "yellow"), warning)


def read_files(paths: Sequence[Path]) -> dict[str, str]:
    """The text of these files, and of the YAML files of these folders, by name; raises Misused."""
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


def _row(revision: RevisionView) -> list[str]:
    mark = " (in force)" if revision.is_in_force else ""
    return [f"{revision.revision[:12]}{mark}", revision.time, revision.author, revision.reason]


def _draw_diff(found: DiffView) -> None:
    if found.before == found.after:
        note(styled("the files are what is in force", "dim"))
        return
    for change in found.changes:
        say_whole(f"  {change}")
    print()
    columns = [
        Column(""),
        Column("WHO", gives=True),
        Column("EFFECTS", gives=True),
        Column("TARGETS", gives=True),
        Column("BEFORE"),
        Column("AFTER"),
        Column("RULES", gives=True),
    ]
    draw(columns, (_shift(each) for each in found.shifts), empty="nobody gains or loses anything")


def _shift(shift: ShiftView) -> list[str]:
    lists = (shift.identities, shift.effects, shift.targets)
    told = (" ".join(names) for names in lists)
    return [
        f"{_DIRECTIONS[shift.direction]} {shift.direction}",
        *told,
        _verdicts(shift.before),
        _verdicts(shift.after),
        " ".join(shift.rules),
    ]


def _verdicts(words: Sequence[str]) -> str:
    """Several hang on what is touched, or on a condition."""
    return words[0] if len(words) == 1 else f"partly {'/'.join(words)}"
