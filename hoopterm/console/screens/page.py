"""What every screen shares: header, banner, footer, prompt, and its part of the action registry."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget

from hoopterm.console import actions
from hoopterm.console.actions import Scope
from hoopterm.console.lines import Line
from hoopterm.console.store import Topic
from hoopterm.console.views import chrome
from hoopterm.console.widgets.bars import Bar
from hoopterm.console.widgets.prompt import Prompt

if TYPE_CHECKING:
    from hoopterm.console.app import Console

ALL = frozenset(Topic)
WIDE = 120


class Page(Screen[None]):
    """A full screen. Subclasses give `SCOPES`, `MODE`, a `body`, and `show` what changed."""

    SCOPES: ClassVar[tuple[Scope, ...]] = ()
    MODE: ClassVar[str] = ""
    AUTO_FOCUS = ""
    _has_widgets = False

    @property
    def console(self) -> Console:
        """The application, with its store and its link."""
        return cast("Console", self.app)

    @property
    def is_ready(self) -> bool:
        """Whether its widgets are there: timers and workers come before that and after it, too."""
        return self._has_widgets and self.app.is_running

    def compose(self) -> ComposeResult:
        """Header, banner, body, prompt, footer."""
        yield Bar(self._header, id="header")
        yield Bar(self._banner, id="banner")
        yield from self.body()
        yield Prompt()
        yield Bar(self._footer, id="footer")

    def body(self) -> Iterable[Widget]:
        """The screen's own widgets."""
        return ()

    def on_mount(self) -> None:
        """The first picture."""
        self._has_widgets = True
        self.changed(ALL)

    def on_unmount(self) -> None:
        """Nothing to paint on any more."""
        self._has_widgets = False

    def on_screen_resume(self) -> None:
        """Whatever happened meanwhile."""
        self.changed(ALL)

    def on_resize(self) -> None:
        """Panes come and go with the width."""
        self.set_class(self.app.size.width >= WIDE, "wide")
        self.set_class(self.app.size.height < 20, "short")
        self.call_after_refresh(self.changed, ALL)

    def changed(self, topics: frozenset[Topic]) -> None:
        """The store changed: repaint what depends on these topics."""
        if not self.is_ready:
            return
        banner = self.query_one("#banner")
        banner.display = bool(chrome.banner(self.console.store, 80)) and not self.console.place.file
        for id in ("#header", "#banner", "#footer"):
            self.query_one(id, Bar).look()
        self.show(topics)

    def refetch(self) -> None:
        """Ask the engine again for what no feed tells, now that something was done."""

    def tick(self) -> None:
        """A second has passed."""
        self.changed(frozenset())

    def show(self, topics: frozenset[Topic]) -> None:
        """Repaint the body."""

    def off(self) -> frozenset[str]:
        """Ids of actions that cannot be done now."""
        stale = self.console.store.is_stale
        return frozenset(action.id for action in actions.of(self.SCOPES) if action.needs_live and stale)

    def labels(self) -> dict[str, str]:
        """Labels that differ from the registry's while something is so: `pause` becomes `resume`."""
        return {}

    def is_off(self, id: str) -> bool:
        """Whether an action cannot be done now; says why, so that no key is silent."""
        if id not in self.off():
            return False
        self.console.say(self.why_off(id), "warning")
        return True

    def why_off(self, id: str) -> str:
        """Why an action is off."""
        return "the engine is away: what is shown may be old, so nothing can be decided on it"

    def action_back(self) -> None:
        """To where one came from; from a first screen, out."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        else:
            self.app.exit()

    def action_close(self) -> None:
        """To where one came from; a first screen stays: who closes one thing too many is not thrown out."""
        if len(self.app.screen_stack) > 1:
            self.app.pop_screen()

    def action_copy(self) -> None:
        """Copy what is selected."""
        text, what = self.copied()
        if text:
            self.console.copy(text, what)
        else:
            self.console.say("nothing is selected", "warning")

    def copied(self) -> tuple[str, str]:
        """What `copy` copies, and its name."""
        return "", ""

    def _header(self, cells: int) -> Line:
        place = self.console.place
        here = chrome.Place(place.name, self.MODE, place.file, self.console.beside(cells))
        return chrome.header(self.console.store, here, cells, self.console.now(), is_quiet=self.console.is_quiet)

    def _banner(self, cells: int) -> Line:
        return chrome.banner(self.console.store, cells)

    def _footer(self, cells: int) -> Line:
        shown = actions.of((*self.SCOPES, Scope.APP))
        return chrome.footer(shown, self.off(), self.labels(), cells)
