"""One entry of the audit log: its proof, its fields, its statement."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from textual import work
from textual.widget import Widget

from engine.api.schema import EntryDetailView, EntryView
from hoopterm.console import proof
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.screens.page import Page
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, entry
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.errors import Problem


class Entry(Page):
    """Read one entry; its proof is checked here."""

    MODE = "audit"
    SCOPES = (Scope.ENTRY, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#page"

    def __init__(self, found: EntryView) -> None:
        super().__init__()
        self._entry = found
        self._detail: EntryDetailView | None = None

    def body(self) -> Iterable[Widget]:
        """A title and the page."""
        yield Rule(lambda: f"entry {self._entry.sequence:,} · {clean(self._entry.event, 40)}", id="rule")
        yield Document(id="page")

    def on_mount(self) -> None:
        """Ask for all of it."""
        self.query_one(Document).show(chrome.loading("reading the entry and its proof", self.console.place.name))
        self._load()

    @work(name="entry", exclusive=True)
    async def _load(self) -> None:
        page = self.query_one(Document)
        try:
            detail = await self.console.engine.entry(self._entry.sequence)
        except Problem as problem:
            page.show(chrome.broken("The entry cannot be read", problem.sentence, "q", "back"))
            return
        self._detail = detail
        proven = proof.check(detail)
        if self.is_ready:
            page.fold(partial(entry.whole, detail, proven))

    def off(self) -> frozenset[str]:
        """Without a recording there is nothing to replay."""
        has_recording = self._detail is not None and self._detail.has_recording
        return super().off() | (frozenset() if has_recording else frozenset({"replay"}))

    def why_off(self, id: str) -> str:
        """Why, in words."""
        return "there is no recording of this entry's session" if id == "replay" else super().why_off(id)

    def action_replay(self) -> None:
        """The recording, at its operation."""
        if not self.is_off("replay") and self._entry.session is not None:
            self.console.open_recording(self._entry.session, self._entry.operation)

    def copied(self) -> tuple[str, str]:
        """Its bytes, as they are hashed."""
        return (self._detail.raw, "the entry as it was logged") if self._detail is not None else ("", "")
