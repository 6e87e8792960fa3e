"""The question before anything that grants, denies or kills."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Button, Input, Static

from hoopterm.console.lines import Line, line, shorten
from hoopterm.console.text import clean
from hoopterm.console.widgets.bars import Bar
from hoopterm.console.widgets.document import Document

_HINTS = {
    "cancel": ("tab", "or type a reason"),
    "reason": ("enter", "goes on"),
    "confirm": ("enter", "does it"),
}
_AROUND = 8  # lines of the dialog that are not facts


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `facts` and `moot` are asked again every second: the world goes on meanwhile.

    `moot` says why there is nothing left to decide, or is empty.
    """

    title: str
    button: str
    facts: Callable[[int], Sequence[Line]]
    moot: Callable[[], str]
    is_dangerous: bool = False
    reason_hint: str = "goes into the record"
    has_reason: bool = True


class Confirm(ModalScreen[str | None]):
    """Who, what, where and how long, a reason, and Cancel under the finger. Gives the reason, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "cancel", show=False),
        Binding("right,down", "app.focus_next", show=False),
        Binding("left,up", "app.focus_previous", show=False),
    ]
    AUTO_FOCUS = "#cancel"

    def __init__(self, question: Question) -> None:
        super().__init__()
        self._question = question

    def compose(self) -> ComposeResult:
        """One box."""
        with Vertical(id="dialog", classes="danger" if self._question.is_dangerous else ""):
            yield Static(Content(clean(self._question.title)), id="dialog-title")
            yield Document(id="dialog-facts")
            with Horizontal(id="dialog-reason", classes="" if self._question.has_reason else "none"):
                yield Static("reason", id="dialog-label")
                yield Input(
                    id="reason",
                    placeholder=self._question.reason_hint,
                    max_length=1000,
                    compact=True,
                    select_on_focus=False,
                    disabled=not self._question.has_reason,
                )
            with Horizontal(id="dialog-buttons"):
                yield Bar(self._hint, id="dialog-hint")
                yield Button("Cancel", id="cancel", compact=True)
                yield Button(Content(clean(self._question.button)), id="confirm", compact=True)

    def on_mount(self) -> None:
        """Facts, and again every second."""
        self.call_after_refresh(self.tick)
        self.set_interval(1.0, self.tick)

    def on_resize(self) -> None:
        """Fold the facts again."""
        self.call_after_refresh(self.tick)

    def tick(self) -> None:
        """The facts as they are now; a question that is moot can only be left."""
        if not self.is_attached or not self.app.is_running:
            return
        facts = self.query_one("#dialog-facts", Document)
        facts.fold(self._question.facts)
        room = int(self.app.size.height * 0.96) - _AROUND
        facts.styles.height = max(min(len(facts.lines), room), 1)
        moot = self._question.moot()
        button = self.query_one("#confirm", Button)
        if moot and not button.disabled:
            button.disabled = True
            self.query_one("#reason", Input).disabled = True
            self.query_one("#dialog-title", Static).update(Content(clean(moot)))
            self.query_one("#cancel", Button).focus()
        self.query_one("#dialog-hint").refresh()

    def action_cancel(self) -> None:
        """Leave everything as it is."""
        self.dismiss(None)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """One of the two."""
        if event.button.id == "confirm" and not self._question.moot():
            self.dismiss(self.query_one("#reason", Input).value.strip())
        else:
            self.dismiss(None)

    def on_input_submitted(self) -> None:
        """`enter` in the reason goes on to the button, it does not press it."""
        self.query_one("#confirm", Button).focus()

    def on_key(self, event: events.Key) -> None:
        """A letter typed on a button begins the reason: no button is a letter.

        The entry takes its own letters; those that come here were on their way to a button, before or after the first.
        """
        entry = self.query_one("#reason", Input)
        if event.is_printable and event.character and not entry.disabled:
            event.stop()
            self.set_focus(entry)
            entry.insert_text_at_cursor(event.character)

    def on_descendant_focus(self) -> None:
        """The hint says what the keys do from here."""
        self.query_one("#dialog-hint").refresh()

    def _hint(self, cells: int) -> Line:
        focused = self.focused.id if self.focused is not None else None
        keys, does = _HINTS.get(focused or "", ("tab", "next"))
        if focused == "cancel" and not self._question.has_reason:
            does = "goes to the other"
        if self.query_one("#confirm", Button).disabled:
            keys, does = "enter", "leaves"
        return shorten(line((f"{keys} ", "key"), (f"{does}  ", "dim"), ("esc ", "key"), ("cancels", "dim")), cells)
