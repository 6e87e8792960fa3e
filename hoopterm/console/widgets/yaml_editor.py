"""An editor of YAML: highlighted, its problems underlined, its words completed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual import events
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import TextArea

from hoopterm.console import themes
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.diagnostics import Diagnostic
from hoopterm.console.text import clean
from hoopterm.console.widgets.choices import Choices
from hoopterm.console.yaml import ROLES, START, Spot, State, scan, spot

INDENT = 2
_HIDDEN = "�"  # one character for one, so that columns stay what they are


class YamlEditor(TextArea):
    """A text that is looked at until it is typed into: `type` begins, `leave` ends.

    `choices` has its words while they are offered, and no focus: their keys are taken from the editor's.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings(Scope.MOVE, Scope.TYPING)]

    class Asked(Message):
        """The words that fit the place of the cursor are wanted; `by_hand` when they were asked for."""

        def __init__(self, at: Spot | None, by_hand: bool) -> None:
            super().__init__()
            self.at = at
            self.by_hand = by_hand

    class Typing(Message):
        """Typing began or ended."""

        def __init__(self, is_typing: bool) -> None:
            super().__init__()
            self.is_typing = is_typing

    def __init__(self, choices: Choices, *, id: str) -> None:
        self._choices = choices
        self._spot: Spot | None = None
        self._asked_at = (0, 0)
        self._states: list[State] = []
        self._found: dict[int, list[Diagnostic]] = {}
        super().__init__(  # it paints already
            id=id, soft_wrap=False, tab_behavior="indent", read_only=True, show_line_numbers=True, compact=True
        )
        self.indent_width = INDENT
        self.cursor_blink = False

    @property
    def is_typing(self) -> bool:
        """Whether keys are text."""
        return not self.read_only

    @property
    def lines(self) -> Sequence[str]:
        """The text's lines."""
        return self.document.lines

    def show(self, text: str) -> None:
        """Another text, from its beginning; what was undone is forgotten."""
        self._states.clear()
        self.load_text(text)

    def mark(self, found: Iterable[Diagnostic]) -> None:
        """These are the text's problems."""
        self._found = {}
        for each in found:
            self._found.setdefault(each.line - 1, []).append(each)
        self.notify_style_update()
        self.refresh()

    def go(self, line: int, column: int) -> None:
        """The cursor to a place, counted from 1."""
        self.move_cursor(self.clamp_visitable((line - 1, column - 1)), center=True)

    def ask(self, *, by_hand: bool) -> None:
        """Ask for the words that fit here."""
        row, column = self.cursor_location
        self._spot, self._asked_at = spot(self.lines, row, column), (row, column)
        self.post_message(self.Asked(self._spot, by_hand))

    def take(self, at: Spot, words: str) -> None:
        """Put words in place of what is typed at a spot, whose row is the cursor's."""
        self._choices.close()
        row, column = self.cursor_location
        rest = self.lines[row][column:]
        if words.endswith(": ") and rest.lstrip().startswith(":"):
            words = words[:-2]
        self.replace(words, (row, at.start), (row, column), maintain_selection_offset=False)
        self.move_cursor((row, at.start + len(words)))

    def _build_highlight_map(self) -> None:
        super()._build_highlight_map()
        self._states.clear()

    def _state(self, row: int) -> State:
        """What the lines before a row leave open."""
        states = self._states or [START]
        for line in self.lines[len(states) - 1 : row]:
            states.append(scan(line, states[-1])[1])
        self._states = states
        return states[row]

    def get_line(self, line_index: int) -> Text:
        """A line with its colours; nothing in it may move the cursor or hide."""
        line = self.document.get_line(line_index)
        text = Text(_shown(line), end="", no_wrap=True)
        for kind, start, end in scan(line, self._state(line_index))[0]:
            if role := ROLES.get(kind):
                text.stylize(themes.style(self.app.theme, role), start, end)
        for found in self._found.get(line_index, ()):
            role = "amber" if found.is_warning else "red"
            start, end = self._extent(line_index, found)
            text.stylize(themes.style(self.app.theme, role) + Style(underline=True), start, end)
        return text

    def _extent(self, row: int, found: Diagnostic) -> tuple[int, int]:
        """The word that a problem is about, in characters."""
        line, column = self.document.get_line(row), found.column - 1
        tokens = scan(line, self._state(row))[0]
        for token in tokens:
            if token.start <= column < token.end:
                return column, token.end
        return (min(column, max(len(line) - 1, 0)), len(line)) if line else (0, 1)

    def render_line(self, y: int) -> Strip:
        strip = super().render_line(y)
        row = y + self.scroll_offset.y
        if not (found := self._found.get(row)) or row >= self.document.line_count:
            return strip
        is_error = any(not each.is_warning for each in found)
        look = themes.style(self.app.theme, "danger" if is_error else "amber")
        mark = Strip([Segment("✗" if is_error else "▲", self.rich_style + look)], 1)
        at = self.gutter_width - 2
        return Strip.join([strip.crop(0, at), mark, strip.crop(at + 1)])

    async def _on_key(self, event: events.Key) -> None:
        if self._choose(event.key) or (self.read_only and event.key == "escape"):
            event.stop()  # an escape too many must not leave the screen
            event.prevent_default()
        elif self.is_typing and event.key == "enter":
            event.stop()
            event.prevent_default()
            self._break_line()
        elif self.is_typing and event.key in ("escape", "tab"):
            event.prevent_default()  # they are bindings of ours
        else:
            await super()._on_key(event)
            if self.is_typing and event.is_printable:
                self.ask(by_hand=False)

    def _choose(self, key: str) -> bool:
        """What a key does to the words that are offered; whether it did."""
        offer = self._choices.chosen
        if offer is not None and self.cursor_location != self._asked_at:
            self._choices.close()
            offer = None
        if offer is None:
            return False
        if key in ("down", "up"):
            self._choices.move(1 if key == "down" else -1)
        elif key in ("tab", "enter") and self._spot is not None:
            self.take(self._spot, offer.insert)
        elif key == "escape":
            self._choices.close()
        else:
            return False
        return True

    def check_consume_key(self, key: str, character: str | None = None) -> bool:
        """Printable keys while typing; `tab` is a binding."""
        return key != "tab" and super().check_consume_key(key, character)

    def _break_line(self) -> None:
        start, end = self.selection
        before = self.lines[min(start, end)[0]][: min(start, end)[1]]
        self._replace_via_keyboard("\n" + " " * indentation(before), start, end)

    def action_move(self, by: int) -> None:
        """The cursor down or up."""
        (self.action_cursor_down if by > 0 else self.action_cursor_up)()

    def action_leap(self, pages: int) -> None:
        """The cursor a page down or up."""
        (self.action_cursor_page_down if pages > 0 else self.action_cursor_page_up)()

    def action_top(self) -> None:
        """To the beginning: of the line while typing, else of the text."""
        if self.is_typing:
            self.action_cursor_line_start()
        else:
            self.move_cursor((0, 0))

    def action_bottom(self) -> None:
        """To the end: of the line while typing, else of the text."""
        if self.is_typing:
            self.action_cursor_line_end()
        else:
            self.move_cursor(self.document.end)

    def action_type(self) -> None:
        """Keys are text from now on."""
        self.read_only = False
        self.post_message(self.Typing(True))

    def action_leave(self) -> None:
        """Keys are commands again."""
        self.read_only = True
        self.post_message(self.Typing(False))

    def action_complete(self) -> None:
        """Ask for the words that fit here."""
        if self.is_typing:
            self.ask(by_hand=True)

    def action_indent(self) -> None:
        """Spaces up to the next stop."""
        if self.is_typing:
            self._replace_via_keyboard(" " * self._find_columns_to_next_tab_stop(), *self.selection)


def indentation(before: str) -> int:
    """How deep a line begins that is broken off after this beginning of one."""
    depth = len(before) - len(before.lstrip(" "))
    rest = before[depth:]
    while rest.startswith("- "):
        depth += len(rest) - len(rest[2:].lstrip(" "))
        rest = rest[2:].lstrip(" ")
    is_opening = rest.rstrip().endswith((":", "|", ">", ">-", "|-"))
    return depth + INDENT if is_opening else depth


def _shown(line: str) -> str:
    """The line in as many characters, with what would hide or reorder shown as a replacement."""
    plain = line.replace("\t", " ")
    if clean(plain) == plain:
        return line
    return "".join(character if character == "\t" or clean(character) == character else _HIDDEN for character in line)
