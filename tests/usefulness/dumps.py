"""pg_dump in its forms, and what restores it, on both sides."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tests.usefulness.programs import Difference
from tests.usefulness.sides import Side, Sides

FORMS = (
    (),
    ("--schema-only",),
    ("--data-only",),
    ("--column-inserts", "--data-only"),
    ("--inserts", "--rows-per-insert=50", "--on-conflict-do-nothing"),
    ("--clean", "--if-exists", "--no-owner", "--no-privileges"),
    ("--table=film", "--table=payment*"),
    ("--exclude-table-data=payment*", "--exclude-schema=nothing*"),
    ("--section=pre-data",),
    ("--section=post-data",),
    ("--load-via-partition-root", "--data-only"),
    ("--serializable-deferrable", "--data-only", "--table=category"),
)
"""Plain dumps that must be the same, byte for byte."""


def dump(sides: Sides, folder: Path) -> tuple[int, list[Difference]]:
    """Dump on both sides in every form: how many forms, and which differ."""
    differences = []
    for options in FORMS:
        texts = [_plain(side, *options) for side in sides.both()]
        if texts[0] != texts[1]:
            differences.append(Difference(f"pg_dump {' '.join(options)}", *_around(*texts)))
    archives = (("--format=custom",), ("--format=directory", "--jobs=2"), ("--format=tar",))
    for options in archives:
        texts = []
        for side in sides.both():
            archive = folder / f"{side.name}{options[0].replace('=', '-')}"
            done = side.run("pg_dump", *options, f"--file={archive}")
            texts.append(done.stderr if done.returncode else _listed(side, archive))
        if texts[0] != texts[1]:
            differences.append(Difference(f"pg_dump {' '.join(options)}", *_around(*texts)))
    return len(FORMS) + len(archives), differences


def _plain(side: Side, *options: str) -> str:
    done = side.run("pg_dump", *options)
    return done.stderr if done.returncode else without_key(done.stdout)


def _listed(side: Side, archive: Path) -> str:
    """An archive as the script it stands for."""
    done = side.run("pg_restore", "--file=-", str(archive))
    return done.stderr if done.returncode else without_key(done.stdout)


def without_key(text: str) -> str:
    """A dump without the lines that are new in each: the key of \\restrict."""
    return "\n".join(line for line in text.splitlines() if "restrict " not in line)


WAYS = (
    ("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-f", "script"),
    ("psql", "-X", "-q", "-1", "-v", "ON_ERROR_STOP=1", "-f", "script"),
    ("pg_restore", "--exit-on-error", "--dbname", "archive"),
    ("pg_restore", "--jobs=2", "--dbname", "archive"),
)
"""How a dump is restored: as a script, in one transaction or not, and as an archive, in one session or more."""


def restore(
    source: Side, targets: Sequence[Sides], folder: Path, ways: Sequence[tuple[str, ...]] = WAYS
) -> tuple[int, list[Difference]]:
    """Restore a dump in each way, through the engine into an empty database: it has to become the one dumped."""
    expected = _plain(source)
    files = {"script": str(folder / "dump.sql"), "archive": str(folder / "dump.custom")}
    source.run("pg_dump", f"--file={files['script']}")
    source.run("pg_dump", "--format=custom", f"--file={files['archive']}")
    differences = []
    for (program, *options), target in zip(ways, targets, strict=True):
        database = [target.through.database] if program == "pg_restore" else []
        done = target.through.run(program, *options[:-1], *database, files[options[-1]])
        restored = done.stderr if done.returncode else _plain(target.direct)
        if restored != expected:
            differences.append(Difference(f"{program} {' '.join(options)}", *_around(expected, restored)))
    return len(ways), differences


def _around(one: str, other: str) -> tuple[str, str]:
    """Both texts from a little before where they part."""
    place = next((n for n, pair in enumerate(zip(one, other, strict=False)) if pair[0] != pair[1]), 0)
    start = max(0, place - 200)
    return one[start : place + 800], other[start : place + 800]
