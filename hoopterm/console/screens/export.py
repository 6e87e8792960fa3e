"""Export: which form, to which file; what was written, and where."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Static

from hoopterm.console import exporting, phrases
from hoopterm.console.actions import Scope, bindings
from hoopterm.console.exporting import FORMS, Form, Wanted
from hoopterm.console.lines import BLANK, Line, Span, line, wrap
from hoopterm.console.screens.page import Page
from hoopterm.console.store import Topic
from hoopterm.console.text import clean
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.errors import Problem

COLUMNS = (Column("form", "form", 14), Column("about", "what it is for", 30, flex=1, most=100))


class Export(Page):
    """The forms, the file's name, and the command that does the same."""

    MODE = "replay"
    SCOPES = (Scope.EXPORT, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#forms"

    def __init__(self, recording: Path, wanted: Wanted) -> None:
        super().__init__()
        self._recording = recording
        self._wanted = wanted
        self._told: tuple[str, str] | None = None  # what came of it, and its role
        self._refused = ""  # the name that is there already: entered again, it is replaced

    def body(self) -> Iterable[Widget]:
        """Forms, name, what is told of it."""
        yield Rule(lambda: f"export {clean(self._wanted.session, 60)}", id="rule")
        yield LiveTable(COLUMNS, self._row, id="forms")
        with Horizontal(id="file"):
            yield Static("to file", id="file-label")
            yield Input(id="path", compact=True, select_on_focus=False)
        yield Document(id="told")

    @property
    def form(self) -> Form:
        """The form under the cursor."""
        return FORMS[self.query_one("#forms", LiveTable).index or 0]

    @property
    def path(self) -> Input:
        """The file's name."""
        return self.query_one("#path", Input)

    def on_mount(self) -> None:
        """The first form."""
        self.query_one("#forms", LiveTable).show([str(at) for at in range(len(FORMS))])
        self.query_one("#file").display = self.console.has_files
        self.path.value = exporting.named(self.form, self._wanted)

    def show(self, topics: frozenset[Topic]) -> None:
        """What can be done, or what came of it."""
        self.query_one("#told", Document).fold(self._lines)

    def on_live_table_moved(self) -> None:
        """Another form has another name."""
        self._told, self._refused = None, ""
        self.path.value = exporting.named(self.form, self._wanted)
        self.changed(frozenset())

    def on_live_table_opened(self) -> None:
        """A second click goes on."""
        self.action_write()

    def on_input_changed(self) -> None:
        """Another name was not refused yet."""
        if self.path.value != self._refused:
            self._refused = ""
        self.changed(frozenset())

    def on_input_submitted(self) -> None:
        """Write it."""
        self.action_write()

    def action_write(self) -> None:
        """Write the file; where one has no files, copy the command."""
        if not self.console.has_files:
            self.console.copy(self.command, "the command")
        elif self.path.value.strip():
            self._write(self.form, self.path.value.strip())

    @work(name="export", exclusive=True)
    async def _write(self, form: Form, name: str) -> None:
        self._told = ("writing…", "dim")
        self.changed(frozenset())
        replaces = name == self._refused
        try:
            size, path = await asyncio.to_thread(
                exporting.write, self._recording, form, self._wanted, name, replaces=replaces
            )
        except Problem as problem:
            self._told = (f"✗ not written: {problem.sentence}", "red")
            self._refused = name if problem.code == "exists" else ""
        else:
            verb = "replaced" if replaces else "wrote"
            self._told = (f"✓ {verb} {path}: {form.name}, {phrases.size(size)}, readable by you alone", "running")
            self._refused = ""
        self.changed(frozenset())

    def action_name(self) -> None:
        """To the file's name, or back to the forms."""
        forms = self.query_one("#forms", LiveTable)
        (forms if self.path.has_focus or not self.console.has_files else self.path).focus()

    @property
    def command(self) -> str:
        """The same for a shell."""
        name = self.path.value if self.console.has_files else exporting.named(self.form, self._wanted)
        return exporting.command(self.form, self._wanted, name)

    def copied(self) -> tuple[str, str]:
        """The command."""
        return self.command, "the command"

    def _row(self, key: str) -> dict[str, Line]:
        form = FORMS[int(key)]
        return {"form": (Span(form.name, "bright"),), "about": (Span(form.about, "dim"),)}

    def _lines(self, cells: int) -> list[Line]:
        out: list[Line] = []
        if not self.console.has_files:
            here = "This console runs beside the engine, where you have no files: nothing is written here."
            out += [*wrap(line((here, "amber")), cells), line(("Where you have some, the same is", "dim")), BLANK]
        elif self._told is not None:
            out += [*wrap(line(self._told), cells), BLANK, line(("the same as a command", "dim"))]
        else:
            out += [line(("masked text only, as it was recorded; the same as a command", "dim"))]
        return [*out, *wrap(line("  ", (clean(self.command, 2000), "bright")), cells, indent=line("  "))]
