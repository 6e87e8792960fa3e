"""Every key and command: searched as one types, run with enter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
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
from hoopterm.console.store import matches
from hoopterm.console.themes import LOOKS
from hoopterm.console.widgets.live_table import Column, LiveTable

if TYPE_CHECKING:
    from hoopterm.console.app import Console
    from hoopterm.console.screens.page import Page

_COLUMNS = (
    Column("keys", "", 7, right=True),
    Column("label", "", 14),
    Column("help", "", 40, flex=1, most=64),
    Column("scope", "", 9, drop=1),
)


@dataclass(frozen=True, slots=True)
class Command:
    """One line of help: what it is, and the action it runs on `on`, where it can be run from here."""

    keys: str
    label: str
    help: str
    scope: str
    action: str
    on: str  # page | app | "" (a movement: it needs the list)


def commands(page: Page) -> Iterable[Command]:
    """What can be done on a page, then what can be done anywhere."""
    for scope in page.SCOPES:
        for action in actions.of([scope]):
            yield Command(
                action.shown, page.labels().get(action.id, action.label), action.help, scope, action.id, "page"
            )
    for action in actions.of([Scope.MOVE, Scope.GRID]):
        yield Command(action.shown, action.label, action.help, action.scope, action.id, "")
    for action in actions.of([Scope.APP]):
        yield Command(action.shown, action.label, action.help, Scope.APP, action.id, "app")
    for name in LOOKS:
        short = name.removeprefix("hoopterm-")
        yield Command("", f"theme {short}", f"Wear the {short} theme", Scope.APP, f"theme('{name}')", "app")


class Help(ModalScreen[Command | None]):
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

    def __init__(self, page: Page, title: str) -> None:
        super().__init__()
        self._commands = {str(place): command for place, command in enumerate(commands(page))}
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
        self.query_one(LiveTable).show([key for key, found in self._commands.items() if matches(words, _words(found))])

    def _run(self) -> None:
        key = self.query_one(LiveTable).cursor
        self.dismiss(self._commands[key] if key is not None else None)

    def _row(self, key: str) -> dict[str, Line]:
        found = self._commands[key]
        return {
            "keys": (Span(found.keys, "key"),),
            "label": (Span(found.label, "bright" if found.on else ""),),
            "help": (Span(found.help, "dim"),),
            "scope": (Span(found.scope, "faint"),),
        }


def _words(command: Command) -> str:
    return f"{command.keys} {command.label} {command.help} {command.scope}"


def open_help(console: Console, page: Page, title: str) -> None:
    """Show the list, and run what was chosen."""

    def chosen(command: Command | None) -> None:
        if command is not None and command.on:
            console.perform(page if command.on == "page" else console, command.action)
        elif command is not None:
            console.say(f"{command.keys} moves in lists and texts: {command.help.lower()}")

    console.push_screen(Help(page, title), chosen)
