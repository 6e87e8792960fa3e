"""A patch that a person reads, copies, or saves to bring it to git."""

from __future__ import annotations

import os
from pathlib import Path

from hoopterm.console.actions import Scope, bindings
from hoopterm.console.screens.reader import Reader
from hoopterm.console.views.difference import patch
from hoopterm.console.widgets.prompt import Prompt

NAME = "policy.patch"


class Patch(Reader):
    """One patch, as `git apply` takes it."""

    MODE = "policy"
    SCOPES = (Scope.PATCH, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)

    def __init__(self, text: str, title: str) -> None:
        super().__init__(title, text, lambda cells: patch(text))
        self._patch = text

    def off(self) -> frozenset[str]:
        """A console that may write no file saves none."""
        return super().off() | (frozenset() if self.console.has_files else frozenset({"save"}))

    def why_off(self, id: str) -> str:
        """Why, in words."""
        return "this console may write no file; y copies the patch"

    def action_save(self) -> None:
        """Ask where to."""
        if not self.is_off("save"):
            self.query_one(Prompt).open("save", "save as", NAME, "a file that is not there yet")

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Save it; a file that is there stays."""
        if not event.done:
            return
        self.query_one("#page").focus()
        if not event.value.strip():
            return
        path = Path(event.value.strip()).expanduser()
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with open(descriptor, "w", encoding="utf-8") as file:
                file.write(self._patch)
        except OSError as error:
            self.console.say(f"not saved: {path}: {error.strerror}", "error")
        else:
            self.console.say(f"saved {path.absolute()}: git apply {path.name}")

    def copied(self) -> tuple[str, str]:
        """All of it."""
        return self._patch, "the patch"
