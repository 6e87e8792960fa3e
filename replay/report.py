"""What a verification found."""

from __future__ import annotations

import msgspec

MAX_LISTED = 1000


class Problem(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that is wrong: where it is, as exactly as can be told. `entry` is a sequence, `offset` a byte."""

    what: str
    file: str = ""
    entry: int | None = None
    offset: int | None = None

    def __str__(self) -> str:
        places = [
            self.file,
            f"entry {self.entry}" if self.entry is not None else "",
            f"offset {self.offset}" if self.offset is not None else "",
        ]
        place = ", ".join(filter(None, places))
        return f"{place}: {self.what}" if place else self.what


class InFlight(msgspec.Struct, frozen=True):
    """An operation whose intent is recorded and whose outcome is not: it may or may not have run."""

    operation: str
    session: str
    entry: int
    time: str


class Gap(msgspec.Struct, frozen=True):
    """Something the engine says is missing from the record."""

    entry: int
    time: str
    session: str
    why: str
    dropped: int = 0


class Report(msgspec.Struct, kw_only=True):
    """What the files show.

    `size` entries are under the checkpoint, `unsigned_tail` more only in the journal. `anchored_to` is how many entries
    something kept elsewhere vouches for: a key for all that is signed, a checkpoint for as many as it has.
    """

    ok: bool = True
    verdict: str = "self-asserted"  # anchored | self-asserted | broken
    problems: list[Problem] = []
    problems_not_listed: int = 0
    origin: str = ""
    key: str = ""
    size: int = 0
    anchored_to: int = 0
    unsigned_tail: int = 0
    torn_tail: str = ""
    in_flight: list[InFlight] = []
    in_flight_not_listed: int = 0
    gaps: list[Gap] = []
    sessions: int = 0
    recordings: int = 0
    recorded_bytes: int = 0
    unsealed: dict[str, int] = {}

    def add(self, what: str, file: str = "", entry: int | None = None, offset: int | None = None) -> None:
        """Note a problem; beyond a thousand they are only counted."""
        if len(self.problems) < MAX_LISTED:
            self.problems.append(Problem(what, file, entry, offset))
        else:
            self.problems_not_listed += 1
