"""How far a person has looked, on their own machine: what changed since is what the first screen tells."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

_MOST = 100  # places that are remembered


class Mark(NamedTuple):
    """Up to where: the number of the log's next entry, and the time, both as the engine gave them."""

    entry: int
    time: str


class Seen:
    """One mark for each engine and person, in a file; in memory alone where there is none."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._marks: dict[str, Mark] = {}

    @classmethod
    def of(cls, environ: Mapping[str, str], *, has_files: bool) -> Seen:
        """Where the XDG base directory specification keeps what may be lost without harm."""
        if not has_files:
            return cls(None)
        state = environ.get("XDG_STATE_HOME") or os.path.join(environ.get("HOME") or "~", ".local", "state")
        return cls(Path(state).expanduser() / "hoopterm" / "seen.json")

    def get(self, place: str) -> Mark | None:
        """How far it was looked there; a file that does not read says nothing."""
        return self._read().get(place)

    def put(self, place: str, mark: Mark) -> None:
        """Remember; where that cannot be written, until the console ends."""
        known = self._read()
        known.pop(place, None)
        self._marks = dict([*known.items(), (place, mark)][-_MOST:])
        if self._path is not None:
            with suppress(OSError):
                self._write(self._path)

    def _read(self) -> dict[str, Mark]:
        if self._path is None:
            return self._marks
        try:
            kept = json.loads(self._path.read_text())
            return {str(place): Mark(int(entry), str(time)) for place, (entry, time) in kept.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return self._marks

    def _write(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            json.dump(self._marks, file)
        Path(file.name).replace(path)
