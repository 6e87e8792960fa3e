"""A table that says when its reader comes near an end of what is loaded."""

from __future__ import annotations

from textual.app import App, ComposeResult

from hoopterm.console.lines import Line, Span
from hoopterm.console.themes import DEFAULT, LOOKS
from hoopterm.console.widgets.entry_table import EntryTable
from hoopterm.console.widgets.live_table import Column


class Stage(App[None]):
    """One table of a thousand rows."""

    def __init__(self) -> None:
        super().__init__()
        self.near: list[tuple[bool, bool]] = []
        self.edges: list[bool] = []
        for look in LOOKS.values():
            self.register_theme(look.theme)
        self.theme = DEFAULT

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return LOOKS[DEFAULT].theme.variables

    def compose(self) -> ComposeResult:
        yield EntryTable((Column("key", "key", 10),), self._row)

    def _row(self, key: str) -> dict[str, Line]:
        return {"key": (Span(key),)}

    def on_mount(self) -> None:
        self.table.show([str(number) for number in range(1000)])
        self.table.focus()

    @property
    def table(self) -> EntryTable:
        return self.query_one(EntryTable)

    def on_entry_table_near(self, event: EntryTable.Near) -> None:
        self.near.append((event.first, event.last))

    def on_entry_table_edge(self, event: EntryTable.Edge) -> None:
        self.edges.append(event.is_last)


async def test_near_the_end_it_says_so_and_in_the_middle_it_does_not() -> None:
    app = Stage()
    async with app.run_test(size=(40, 20)) as pilot:
        app.near.clear()
        app.table.select("500")
        app.table.action_move(1)
        await pilot.pause()
        assert app.near == []
        app.table.action_move(480)
        await pilot.pause()
        assert (False, True) in app.near


async def test_top_and_bottom_are_asked_for_and_not_gone_to() -> None:
    app = Stage()
    async with app.run_test(size=(40, 20)) as pilot:
        app.table.select("500")
        await pilot.press("G", "g")
        assert app.edges == [True, False]
        assert app.table.cursor == "500"
