"""What moves a replay: step, play, jump, search. What is shown of it is `screens.replay`'s."""

from __future__ import annotations

import asyncio

from textual import work

from hoopterm.console import phrases
from hoopterm.console.reel import IDLE, Reel
from hoopterm.console.screens.markers import Markers
from hoopterm.console.screens.page import Page
from hoopterm.console.widgets.prompt import Prompt
from replay.statements import Marker

TICK = 0.1
_SLOWEST, _FASTEST = 0.25, 16.0


class Playing(Page):
    """A page that has a place in a recording."""

    def __init__(self) -> None:
        super().__init__()
        self._reel: Reel | None = None
        self._words = ""
        self._is_listed = False  # statements are wanted where a terminal could be shown
        self._is_left = False

    def labels(self) -> dict[str, str]:
        """What plays can be paused."""
        return {"play": "pause"} if self._reel is not None and self._reel.is_playing else {}

    def action_play(self) -> None:
        """Play or pause; at the end, from the start."""
        reel = self._reel
        if reel is not None and reel.player.frames:
            if reel.player.is_at_end and not reel.is_playing:
                reel.seek(0.0)
            reel.is_playing = not reel.is_playing
            self.changed(frozenset())

    def action_step(self) -> None:
        """One frame on."""
        self._step(1)

    def action_back_step(self) -> None:
        """One frame back."""
        self._step(-1)

    def action_next_marker(self) -> None:
        """To the next marker."""
        self._mark(forward=True)

    def action_previous_marker(self) -> None:
        """To the marker before."""
        self._mark(forward=False)

    def action_slower(self) -> None:
        """Half the speed."""
        self._speed(0.5)

    def action_faster(self) -> None:
        """Twice the speed."""
        self._speed(2.0)

    def action_goto(self) -> None:
        """Ask for a time."""
        self.query_one(Prompt).open("goto", "go to", "", "1:30, or seconds")

    def action_search(self) -> None:
        """Ask for words."""
        self.query_one(Prompt).open("search", "/", self._words, "words in a statement, its rule or its error")

    def action_next_match(self) -> None:
        """The next that matches."""
        self._find(1)

    def action_previous_match(self) -> None:
        """The one before that matches."""
        self._find(-1)

    def action_first(self) -> None:
        """To the first statement."""
        if self._reel is not None:
            self._reel.is_playing = False
            self._reel.begin()
            self.changed(frozenset())

    def action_last(self) -> None:
        """To the terminal's last screen, and from there to the last frame."""
        if self._reel is not None:
            self._reel.is_playing = False
            self._reel.finish()
            self.changed(frozenset())

    def action_idle(self) -> None:
        """Play silences as they were, or cut them."""
        reel = self._reel
        if reel is not None:
            reel.cuts_idle = not reel.cuts_idle
            told = f"are cut to {IDLE:g} seconds" if reel.cuts_idle else "are played as long as they were"
            self.console.say(f"silences {told}")

    def action_markers(self) -> None:
        """Every marker, to pick one."""
        reel = self._reel
        if reel is not None:
            reel.is_playing = False
            self.app.push_screen(Markers(reel.player.markers, reel.player.position, self._go))

    def _go(self, marker: Marker) -> None:
        if self._reel is not None:
            self._reel.go(marker.position)
            self.changed(frozenset())

    def _step(self, by: int) -> None:
        if self._reel is not None:
            self._reel.is_playing = False
            self._reel.step(by)
            self.changed(frozenset())

    def _mark(self, *, forward: bool) -> None:
        reel = self._reel
        if reel is not None:
            reel.is_playing = False
            if not reel.mark(forward=forward):
                self.console.say(f"no marker {'after' if forward else 'before'} this place")
            self.changed(frozenset())

    def _speed(self, factor: float) -> None:
        if self._reel is not None:
            self._reel.speed = min(max(self._reel.speed * factor, _SLOWEST), _FASTEST)
            self.query_one("#timeline").refresh()

    def _goto(self, value: str) -> None:
        reel = self._reel
        try:
            seconds = phrases.moment(value)
        except ValueError:
            self.console.say(f"{value} is no time; write 1:30, or seconds", "warning")
            return
        if reel is not None:
            reel.seek(seconds)
            self.changed(frozenset())

    @work(name="find", exclusive=True)
    async def _find(self, by: int) -> None:
        """What came up on the terminal, else a statement that says it."""
        reel = self._reel
        if reel is None or not self._words or not reel.player.all_statements:
            return
        if reel.terminal is not None and not self._is_listed:
            position = await asyncio.to_thread(
                reel.search, self._words, forward=by > 0, is_wanted=lambda: not self._is_left
            )
            if position is not None:
                reel.go(position)
                self.changed(frozenset())
                return
        found = reel.find(self._words, by)
        if found is None:
            self.console.say(f"no statement has: {self._words}", "warning")
        else:
            reel.show(found)
            self.changed(frozenset())

    def _play_on(self) -> None:
        reel = self._reel
        if (
            reel is None
            or not reel.is_playing
            or not reel.is_indexed
            or not self.is_ready
            or self.console.front is not self
        ):
            return
        if reel.advance(TICK):
            self.show(frozenset())
        if reel.player.is_at_end:
            reel.is_playing = False
            self.changed(frozenset())
        self.query_one("#timeline").refresh()
