"""The policy in an editor: checked as one types, compared with what is in force, applied."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from textual import on, work
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import TextArea

from engine.api.schema import DiffView
from hoopterm.console import completion, diagnostics
from hoopterm.console.actions import Scope, bindings, of
from hoopterm.console.completion import Names
from hoopterm.console.diagnostics import Diagnostic
from hoopterm.console.lines import Line
from hoopterm.console.screens.applying import ask_to_apply, ask_to_discard, put_in_force
from hoopterm.console.screens.backtest import Backtest
from hoopterm.console.screens.history import History
from hoopterm.console.screens.page import Page
from hoopterm.console.screens.patch import Patch
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.suggest import Suggest
from hoopterm.console.store import LinkState, Topic
from hoopterm.console.text import clean
from hoopterm.console.views import chrome, difference, policy
from hoopterm.console.views.policy import Verdict
from hoopterm.console.widgets.bars import Bar, Rule
from hoopterm.console.widgets.choices import Choices
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.console.widgets.yaml_editor import YamlEditor
from hoopterm.console.workbench import Workbench, with_rules
from hoopterm.errors import Problem

PAUSE = 0.3  # seconds without a keystroke until the engine is asked
PROBLEMS = (Column("place", "where", 8), Column("kind", "", 9), Column("why", "why", 20, flex=1))
FILES = (Column("name", "files", 12, flex=1), Column("mark", "", 2))


class Policy(Page):
    """What is written stays, whatever becomes of the engine, until it is applied or discarded."""

    MODE = "policy"
    SCOPES = (Scope.POLICY, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)
    AUTO_FOCUS = "#editor"

    def __init__(self) -> None:
        super().__init__()
        self.bench = Workbench()
        self.verdict = Verdict()
        self.choices = Choices()
        self.difference: DiffView | None = None
        self._why_not_compared = ""
        self._file = ""
        self._cause = ""
        self._schema: Mapping[str, Any] = {}
        self._names = Names()
        self._later: Timer | None = None
        self._key = ""  # what the engine's draft is kept under; another engine may be in front by the end

    def body(self) -> Iterable[Widget]:
        """Files, editor, problems, and what would change."""
        with Horizontal(id="bench"):
            yield LiveTable(FILES, lambda name: policy.file(self.bench, name), id="files", titles=False)
            with Vertical(id="desk"):
                yield Bar(self._tabs, id="tabs")
                yield YamlEditor(self.choices, id="editor")
                yield Bar(lambda cells: policy.summary(self.verdict, cells), id="verdict")
                yield LiveTable(PROBLEMS, self._problem_row, id="problems", titles=False)
            with Vertical(id="side"):
                yield Rule(lambda: "against what is in force", id="side-title")
                yield Document(id="changes")
        yield Document(id="state")
        yield self.choices

    @property
    def editor(self) -> YamlEditor:
        """The editor."""
        return self.query_one("#editor", YamlEditor)

    def changed(self, topics: frozenset[Topic]) -> None:
        """Ask anew when the engine is back, or runs on another revision."""
        super().changed(topics)
        store = self.console.store
        is_new = self.bench.live is None or (
            store.status is not None and store.status.policy != self.bench.live.revision
        )
        if topics & {Topic.LINK, Topic.STATUS} and is_new and store.link is LinkState.LIVE and self.is_ready:
            self._load()
        if Topic.LINK in topics and self.bench.live is not None:
            self._check_soon()

    @work(name="policy", exclusive=True, group="policy")
    async def _load(self) -> None:
        try:
            live = await self.console.engine.policy()
            self._schema = self._schema or await self.console.engine.policy_schema()
            self._cause = ""
        except Problem as problem:
            self._cause = problem.message
        else:
            self.bench.load(live)
            if not self._key:
                self._restore()
            self._open(self._file)
        if self.is_ready:
            self.show(frozenset())

    def _restore(self) -> None:
        status = self.console.store.status
        self._key = f"{self.console.place.name}\0{status.state if status is not None else ''}"
        self.bench.take(self.console.drafts.load(self._key))
        if self.bench.draft is not None:
            self.console.say("your draft is as you left it")

    def _keep(self) -> None:
        if self._key:
            self.console.drafts.keep(self._key, self.bench.draft)

    def on_unmount(self) -> None:
        """What was typed last is kept, too."""
        super().on_unmount()
        self._keep()

    def _open(self, name: str) -> None:
        """Have a file in the editor, where it is not there already with the same text."""
        files = self.bench.files
        if name not in files:
            name = next(iter(files), "")
        is_other, self._file = name != self._file, name
        text = files.get(name, "")
        if is_other or self.editor.text != text:
            place = self.editor.cursor_location
            with self.editor.prevent(TextArea.Changed):
                self.editor.show(text)
            if not is_other:
                self.editor.go(place[0] + 1, place[1] + 1)
        self._names = completion.names(files.values())
        self._check_soon()

    @on(TextArea.Changed)
    def _typed(self) -> None:
        self.bench.write(self._file, self.editor.text)
        self.choices.close()
        self.query_one("#tabs").refresh()
        self._check_soon()

    @on(YamlEditor.Typing)
    def _turned(self, event: YamlEditor.Typing) -> None:
        self.choices.close()
        if not event.is_typing:
            self._settle()
        self.changed(frozenset())

    def _check_soon(self) -> None:
        """Ask the engine once the typing pauses."""
        self.verdict.is_awaited = True
        if self._later is not None:
            self._later.stop()
        self._later = self.set_timer(PAUSE, self._settle)

    def _settle(self) -> None:
        """The typing pauses: keep the draft, look at its names, have it checked."""
        if self._later is not None:
            self._later.stop()
        if not self.is_ready or self.bench.live is None:
            return
        self._keep()
        self._names = completion.names(self.bench.files.values())
        self._check(dict(self.bench.files))
        self.show(frozenset())

    @work(name="check", exclusive=True, group="check")
    async def _check(self, files: dict[str, str]) -> None:
        try:
            said = await self.console.engine.check_policy(files)
        except Problem as problem:
            verdict = Verdict(cause=problem.message)
        else:
            wrong = diagnostics.read(map(str, said.problems), files)
            found = wrong + diagnostics.read(map(str, said.warnings), files, are_warnings=True)
            verdict = Verdict(True, False, said.ok, found, said.revision or "")
            await self._compare(files, said.ok)
        if files == self.bench.files and self.is_ready:
            self.verdict = verdict
            self._mark()
            self.show(frozenset())

    async def _compare(self, files: dict[str, str], holds: bool) -> None:
        """Who gains and loses what by files that hold."""
        found, why = None, "" if holds else "the text has problems"
        if holds:
            try:
                found = await self.console.engine.policy_diff(files)
            except Problem as problem:
                why = problem.message
        if files == self.bench.files:
            self.difference, self._why_not_compared = found, why

    def _mark(self) -> None:
        self.editor.mark(found for found in self.verdict.found if found.file == self._file)
        self.query_one("#problems", LiveTable).show([str(index) for index in range(len(self.verdict.found))])

    def show(self, topics: frozenset[Topic]) -> None:
        """The editor, or why there is none."""
        has_text = self.bench.live is not None
        self.query_one("#bench").display = has_text
        state = self.query_one("#state", Document)
        state.display = not has_text
        if not has_text:
            cause = self._cause or self.console.store.cause
            state.show(policy.nothing(self.console.link is not None, cause, self.console.place.name))
            return
        files = self.query_one("#files", LiveTable)
        files.show(list(self.bench.files))
        files.select(self._file)
        files.display = len(self.bench.files) > 1 and self.has_class("wide")
        self.query_one("#problems").display = bool(self.verdict.found)
        for id in ("#tabs", "#verdict"):
            self.query_one(id).refresh()
        if self.has_class("wide"):
            self.query_one("#changes", Document).fold(self._changes)

    def _changes(self, cells: int) -> list[Line]:
        """What would change, in meaning and in text."""
        return difference.both(self.bench.patch(), self.difference, self._why_not_compared, cells)

    def _tabs(self, cells: int) -> Line:
        return policy.tabs(self.bench, self._file, self.editor.is_typing, cells)

    def _problem_row(self, key: str) -> Mapping[str, Line]:
        found = self.verdict.found[int(key)]
        return policy.problem(found, len(self.bench.files) > 1)

    def _footer(self, cells: int) -> Line:
        if not self.editor.is_typing:
            return super()._footer(cells)
        return chrome.footer(of([Scope.TYPING]), frozenset(), {}, cells)

    @on(YamlEditor.Asked)
    def _offer(self, event: YamlEditor.Asked) -> None:
        at = event.at
        if at is None or (not at.typed and not event.by_hand):
            self.choices.close()
            return
        fitting = completion.offers(self._schema, self._names, at)
        self.choices.open(fitting, self.editor.cursor_screen_offset)
        if event.by_hand and not fitting:
            self.console.say("nothing is known that fits here")

    def off(self) -> frozenset[str]:
        """Nothing to apply where nothing is changed, or while it does not hold."""
        found = set(super().off())
        if not self.bench.changed():
            found |= {"apply", "discard", "patch"}
        if self.verdict.is_known and not self.verdict.holds:
            found |= {"apply", "backtest"}
        if not self.verdict.found:
            found |= {"next_problem", "previous_problem"}
        if self.bench.live is None:
            found |= {"edit", "backtest", "suggest"}
        return frozenset(found)

    def why_off(self, id: str) -> str:
        """Why, in words."""
        if id in super().off():
            return super().why_off(id)
        if self.bench.live is None:
            return "there is no policy yet"
        if id.endswith("_problem"):
            return "there is no problem to go to"
        if id != "backtest" and not self.bench.changed():
            return "nothing is changed: the text is what is in force"
        return "the text has problems; ] goes to the next one"

    def action_edit(self) -> None:
        """Type from here on."""
        focused = self.focused
        if isinstance(focused, LiveTable):
            self._pick(focused)
        elif not self.is_off("edit"):
            self.editor.focus()
            self.editor.action_type()

    def _pick(self, table: LiveTable) -> None:
        """Enter on a row: the file, or the problem's place."""
        if table.cursor is None:
            return
        if table.id == "files":
            self._open(table.cursor)
            self._mark()
            self.editor.focus()
        else:
            self._go(self.verdict.found[int(table.cursor)])

    def on_live_table_opened(self, event: LiveTable.Opened) -> None:
        """A second click does what `enter` does."""
        self._pick(event.table)

    def _go(self, found: Diagnostic) -> None:
        if found.file != self._file and found.file in self.bench.files:
            self._open(found.file)
            self._mark()
        self.editor.focus()
        self.editor.go(found.line, found.column)

    def action_next_problem(self) -> None:
        """To the next problem."""
        self._leap(True)

    def action_previous_problem(self) -> None:
        """To the one before."""
        self._leap(False)

    def _leap(self, forward: bool) -> None:
        if self.is_off("next_problem"):
            return
        row, column = self.editor.cursor_location
        found = diagnostics.beside(self.verdict.found, self._file, row + 1, column + 1, forward=forward)
        if found is not None:
            self._go(found)
            self.query_one("#problems", LiveTable).select(str(list(self.verdict.found).index(found)))

    def action_file(self) -> None:
        """The next file."""
        every = list(self.bench.files)
        if len(every) < 2:
            self.console.say("the configuration is one file")
        self._open(every[(every.index(self._file) + 1) % len(every)])
        self._mark()
        self.show(frozenset())

    def action_changes(self) -> None:
        """What would change, and for whom, on the whole screen."""
        self.app.push_screen(Reader("against what is in force", self.bench.patch(), self._changes))

    def action_history(self) -> None:
        """Who put what in force when, and why."""
        self.app.push_screen(History())

    def action_backtest(self) -> None:
        """Recorded operations, decided by the text."""
        if not self.is_off("backtest"):
            self.app.push_screen(Backtest(self.bench.files))

    def action_suggest(self) -> None:
        """Rules drafted from what was observed."""
        if not self.is_off("suggest"):
            self.app.push_screen(Suggest(self._insert))

    def _insert(self, drafted: str) -> None:
        before = self.editor.text
        self.editor.text = after = with_rules(before, drafted)
        pairs = zip(before.split("\n"), after.split("\n"), strict=False)
        self.editor.go(next((row for row, (old, new) in enumerate(pairs, 1) if old != new), 1), 1)
        self.console.say("the rule is in your text; it is in force once you apply that")

    def action_patch(self) -> None:
        """What would change, as text, to be read, copied or saved."""
        if not self.is_off("patch"):
            self.app.push_screen(Patch(self.bench.patch(), "what would change of what is in force"))

    def action_discard(self) -> None:
        """Ask, then forget the draft."""
        if not self.is_off("discard"):
            ask_to_discard(self)

    def discard(self) -> None:
        """The text is what is in force again."""
        self.bench.discard()
        self._open(self._file)
        self._settle()
        self.console.say("the draft is gone; the text is what is in force")

    def action_apply(self) -> None:
        """Ask, then put it in force."""
        if not self.is_off("apply"):
            ask_to_apply(self)

    @work(group="apply", exclusive=True)
    async def apply(self, files: dict[str, str], revision: str, reason: str) -> None:
        """Put files in force that were written on a revision."""
        written = self.bench.files
        is_in_force = await put_in_force(self.console, self.bench.patch(), files, revision, reason)
        if is_in_force and self.bench.files == written:  # else more was typed meanwhile
            self.bench.discard()
        self._load()

    def copied(self) -> tuple[str, str]:
        """What is selected, else the file."""
        if self.editor.selected_text:
            return self.editor.selected_text, "the selection"
        return self.editor.text, clean(self._file, 60)
