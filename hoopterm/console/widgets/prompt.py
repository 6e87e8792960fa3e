"""One line of input at the foot of a screen: a filter, a search, a time."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input, Static


class Prompt(Horizontal):
    """Hidden until it is opened; `enter` keeps what was typed, `escape` drops it."""

    class Changed(Message):
        """Something was typed; `done` once it was kept or dropped."""

        def __init__(self, purpose: str, value: str, done: bool) -> None:
            super().__init__()
            self.purpose = purpose
            self.value = value
            self.done = done

    def __init__(self) -> None:
        super().__init__(id="prompt")
        self._purpose = ""

    def compose(self) -> ComposeResult:
        """A label and an input."""
        yield Static("", id="prompt-label", markup=False)
        yield Input(id="prompt-input", compact=True)

    def on_mount(self) -> None:
        """Closed at first."""
        self.display = False

    def open(
        self, purpose: str, label: str, value: str = "", placeholder: str = "", suggester: Suggester | None = None
    ) -> None:
        """Ask for something; a `suggester` completes what was begun."""
        self._purpose = purpose
        self.query_one("#prompt-label", Static).update(label)
        entry = self.query_one(Input)
        with entry.prevent(Input.Changed):
            entry.value = value
        entry.placeholder = placeholder
        entry.suggester = suggester
        self.display = True
        self.screen.set_focus(entry)  # at once: what is typed in the same burst is for it, not for the list

    def close(self) -> None:
        """Put it away."""
        self.display = False

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell the screen at once."""
        event.stop()
        self.post_message(self.Changed(self._purpose, event.value, False))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Keep it."""
        event.stop()
        self.close()
        self.post_message(self.Changed(self._purpose, event.value, True))

    def on_key(self, event: events.Key) -> None:
        """Drop it."""
        if event.key == "escape":
            event.stop()
            self.close()
            self.post_message(self.Changed(self._purpose, "", True))
