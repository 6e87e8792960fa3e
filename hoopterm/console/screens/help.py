"""Every key of a screen, and the palette of everything: searched as one types, run with enter."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from hoopterm.console import actions
from hoopterm.console.actions import Scope
from hoopterm.console.lines import Line, Span
from hoopterm.console.palette import PROVIDERS, Entry, rank
from hoopterm.console.text import clean
from hoopterm.console.themes import LOOKS
from hoopterm.console.widgets.live_table import Column, LiveTable

if TYPE_CHECKING:
    from hoopterm.console.app import Console
    from hoopterm.console.screens.page import Page

_COLUMNS = (
    Column("keys", "", 7, right=True),
    Column("label", "", 16, flex=1, most=36),
    Column("help", "", 36, flex=2, most=64),
    Column("scope", "", 9, drop=1),
)


def keys(page: Page) -> Iterable[Entry]:
    """What can be done on a page, how one moves, and what can be done anywhere."""
    for action in actions.of(page.SCOPES):
        label = page.labels().get(action.id, action.label)
        yield Entry(action.scope, label, action.help, _does(page, action.id), action.shown)
    for action in actions.of([Scope.MOVE, Scope.GRID]):
        yield Entry(action.scope, action.label, action.help, _explains(action), action.shown)
    yield from _everywhere()


def everything(page: Page) -> Iterable[Entry]:
    """Commands, then what the engine has."""
    yield from keys(page)
    for name in LOOKS:
        short = name.removeprefix("hoopterm-")
        yield Entry(Scope.APP, f"theme {short}", f"Wear the {short} theme", _wears(name))
    for provider in PROVIDERS:
        yield from provider(page.console.store)


def _everywhere() -> Iterable[Entry]:
    for action in actions.of([Scope.APP]):
        yield Entry(Scope.APP, action.label, action.help, _does(None, action.id), action.shown)


def _does(page: Page | None, id: str) -> Callable[[Console], object]:
    return lambda console: console.perform(page or console, id)


def _explains(action: actions.Action) -> Callable[[Console], object]:
    return lambda console: console.say(f"{action.shown} moves in lists and texts: {action.help.lower()}")


def _wears(theme: str) -> Callable[[Console], object]:
    return lambda console: console.action_theme(theme)


class Help(ModalScreen[Entry | None]):
    """The list with its search in front."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", show=False),
        Binding("down", "move(1)", show=False, priority=True),
        Binding("up", "move(-1)", show=False, priority=True),
        Binding("pagedown", "move(10)", show=False, priority=True),
        Binding("pageup", "move(-10)", show=False, priority=True),
        Binding("f1", "leave", show=False, priority=True),
    ]
    AUTO_FOCUS = "#help-search"

    def __init__(self, entries: Iterable[Entry], title: str) -> None:
        super().__init__()
        self._entries = list(entries)
        self._heading = title

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(id="help"):
            yield Static(Content(self._heading), id="dialog-title")
            yield Input(placeholder="search; enter runs, esc leaves", id="help-search", compact=True)
            yield LiveTable(_COLUMNS, self._row, id="help-list", titles=False)

    def on_mount(self) -> None:
        """Everything at first."""
        self._search("")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Fewer as one types."""
        self._search(event.value)

    def on_input_submitted(self) -> None:
        """Run it."""
        self._run()

    def on_live_table_opened(self) -> None:
        """Run it."""
        self._run()

    def action_leave(self) -> None:
        """Run nothing."""
        self.dismiss(None)

    def action_move(self, by: int) -> None:
        """The cursor of the list, while the search keeps the focus."""
        self.query_one(LiveTable).action_move(by)

    def on_click(self, event: events.Click) -> None:
        """A click beside the box leaves."""
        if event.widget is self:
            self.dismiss(None)

    def _search(self, words: str) -> None:
        table = self.query_one(LiveTable)
        table.show([str(place) for place in rank(words, self._entries)])
        table.action_top()  # the best match is what enter runs

    def _run(self) -> None:
        key = self.query_one(LiveTable).cursor
        self.dismiss(self._entries[int(key)] if key is not None else None)

    def _row(self, key: str) -> dict[str, Line]:
        found = self._entries[int(key)]
        return {
            "keys": (Span(found.keys, "key") if found.keys else Span(found.kind, "faint"),),
            "label": (Span(clean(found.label, 120), "bright"),),
            "help": (Span(clean(found.help, 240), "dim"),),
            "scope": (Span(found.kind, "faint"),),
        }


def open_help(console: Console, entries: Iterable[Entry], title: str) -> None:
    """Show the list, and run what was chosen."""

    def chosen(entry: Entry | None) -> None:
        if entry is not None:
            entry.run(console)

    console.push_screen(Help(entries, title), chosen)
