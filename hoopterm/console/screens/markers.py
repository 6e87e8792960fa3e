"""Every marker of a recording in a list: enter goes there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from textual.widget import Widget

from hoopterm.console import phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.lines import Line, Span, line
from hoopterm.console.screens.listing import Listing
from hoopterm.console.store import Topic, matches
from hoopterm.console.text import clean
from hoopterm.console.views import chrome
from hoopterm.console.views.timeline import MARKS
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from replay.statements import Marker

COLUMNS = (
    Column("at", "time", 8, right=True),
    Column("glyph", "", 1),
    Column("kind", "marker", 7),
    Column("label", "what", 20, flex=1, most=400),
)


class Markers(Listing):
    """Denials, reviews, masks, errors, gaps, resizes, typed lines; `go` is called with the place of the chosen one."""

    MODE = "replay"
    SCOPES = (Scope.MARKERS, Scope.FILTER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#list"
    HINT = "denial, review, mask… or words; !words leave out"

    def __init__(self, markers: Sequence[Marker], position: int, go: Callable[[Marker], None]) -> None:
        """`position`: where one is now; the list begins at the last marker up to there."""
        super().__init__()
        self._markers = markers
        self._position = position
        self._go = go

    def body(self) -> Iterable[Widget]:
        """The list, or why there is none."""
        yield LiveTable(COLUMNS, self._row, id="list")
        yield Document(id="state")
        yield Rule(self._title, id="rule")

    def on_mount(self) -> None:
        """Begin where one is."""
        self.narrow()
        before = sum(marker.position <= self._position for marker in self._markers)
        self.table.select(str(max(before - 1, 0)))

    def narrow(self) -> None:
        """Keep the markers that match; nothing else changes which there are."""
        keys = [str(at) for at, marker in enumerate(self._markers) if matches(self.words, _words(marker))]
        self.table.show(keys)
        super().narrow()

    def show(self, topics: frozenset[Topic]) -> None:
        """The list, or why there is none."""
        self.list_or(self._nothing)

    def on_live_table_opened(self) -> None:
        """A second click goes there."""
        self.action_open()

    def off(self) -> frozenset[str]:
        """Nothing to go to where there is nothing."""
        return super().off() | (frozenset() if self.table.cursor else frozenset({"open", "copy"}))

    def why_off(self, id: str) -> str:
        """Why, in words."""
        return "no marker is selected"

    def action_open(self) -> None:
        """Back to the replay, at the marker."""
        key = self.table.cursor
        if not self.is_off("open") and key is not None:
            self.app.pop_screen()
            self._go(self._markers[int(key)])

    def copied(self) -> tuple[str, str]:
        """What it says."""
        key = self.table.cursor
        return (self._markers[int(key)].label, "the marker's text") if key else ("", "")

    def _row(self, key: str) -> dict[str, Line]:
        marker = self._markers[int(key)]
        glyph, role, _ = MARKS[marker.kind]
        return {
            "at": (Span(phrases.timecode(marker.at), "dim"),),
            "glyph": (Span(glyph, role),),
            "kind": (Span(marker.kind, role),),
            "label": line(clean(" ".join(marker.label[:800].split()), 400)),
        }

    def _title(self) -> str:
        kept = f" · {self.kept}" if self.kept else ""
        return phrases.plural(len(self._markers), "marker") + kept

    def _nothing(self) -> list[Line]:
        if self._markers:
            return chrome.empty("No marker matches the filter", f"it is: {clean(self.words, 80)}", "/", "changes it")
        return chrome.empty(
            "No marker in this recording",
            "nothing was denied, held, masked or failed, and nothing resized",
            "q",
            "back",
        )


def _words(marker: Marker) -> str:
    return f"{marker.kind} {marker.label}"
