"""What a search found, as far as it was read: a window that moves along the log, however long that is. No widgets."""

from __future__ import annotations

from collections.abc import Sequence

from engine.api.schema import EntryView, SearchView

PAGE = 200
MOST = 2_000
"""Entries that are kept at a time: those around the reader, dropped at the other end."""

NEWEST = 1 << 53
"""A sequence behind every entry: a page before it is one of the search that was made, and no new one."""


class Findings:
    """Entries of one query, the newest first."""

    def __init__(self) -> None:
        self.query = ""
        self._entries: dict[str, EntryView] = {}
        self.keys: list[str] = []
        self.has_older = False
        self.has_newer = False
        self.size = 0
        self.indexed = 0
        self.trouble = ""
        self.is_known = False

    def get(self, key: str | None) -> EntryView | None:
        """One entry by its key, while it is kept."""
        return self._entries.get(key) if key is not None else None

    def begin(self, query: str, page: SearchView, *, from_oldest: bool = False) -> None:
        """The first page of a query, or its last where it is read from the oldest."""
        self.query = query
        self._entries.clear()
        self.keys = []
        self.is_known = True
        self._note(page)
        if from_oldest:
            self._put(page.entries[::-1], older=True)
            self.has_older, self.has_newer = False, page.more
        else:
            self._put(page.entries, older=True)
            self.has_older, self.has_newer = page.more, False

    def add_older(self, page: SearchView) -> None:
        """The page behind the oldest one."""
        self._note(page)
        self._put(page.entries, older=True)
        self.has_older = page.more
        self._drop(older=False)

    def add_newer(self, page: SearchView) -> None:
        """The page before the newest one, the oldest first."""
        self._note(page)
        self._put(page.entries[::-1], older=False)
        self.has_newer = page.more
        self._drop(older=True)

    def add_new(self, entries: Sequence[EntryView]) -> None:
        """What has just been recorded, the oldest first."""
        self._put([entry for entry in entries if str(entry.sequence) not in self._entries][::-1], older=False)
        self._drop(older=True)

    @property
    def oldest(self) -> int | None:
        """The sequence of the last entry of the window."""
        return int(self.keys[-1]) if self.keys else None

    @property
    def newest(self) -> int | None:
        """The sequence of its first."""
        return int(self.keys[0]) if self.keys else None

    def _note(self, page: SearchView) -> None:
        self.size, self.indexed, self.trouble = page.size, page.indexed, page.trouble

    def _put(self, entries: Sequence[EntryView], *, older: bool) -> None:
        keys = [str(entry.sequence) for entry in entries]
        self._entries.update(zip(keys, entries, strict=True))
        self.keys = [*self.keys, *keys] if older else [*keys, *self.keys]

    def _drop(self, *, older: bool) -> None:
        over = len(self.keys) - MOST
        if over <= 0:
            return
        gone, self.keys = (self.keys[-over:], self.keys[:-over]) if older else (self.keys[:over], self.keys[over:])
        for key in gone:
            del self._entries[key]
        if older:
            self.has_older = True
        else:
            self.has_newer = True
