"""The console: modes and wiring, nothing else."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from contextlib import aclosing
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, ClassVar, Literal, cast

from textual import events, work
from textual.app import App
from textual.message_pump import MessagePump
from textual.screen import Screen

from hoopterm.console import clipboard, collector, engines, themes
from hoopterm.console.actions import Scope, bindings, rebound
from hoopterm.console.actions import keymap as own_keys
from hoopterm.console.drafts import Drafts
from hoopterm.console.keyboard import Keyboard, Passed, Typed
from hoopterm.console.lines import Line
from hoopterm.console.link import Engine, Link, Road
from hoopterm.console.pulse import Pulse
from hoopterm.console.scratch import Directory, Memory, Scratch
from hoopterm.console.screens.page import Page
from hoopterm.console.seen import Seen
from hoopterm.console.store import Store
from hoopterm.console.text import clean
from hoopterm.console.views.chrome import Place
from hoopterm.console.widgets.prompt import Prompt
from hoopterm.errors import Problem

if TYPE_CHECKING:
    from hoopterm.console.access import Kind
    from hoopterm.console.screens.approvals import Approvals
    from hoopterm.console.screens.targets import Targets

_QUIET_AFTER = 20.0  # seconds
_BETWEEN = "between"  # the mode while another engine comes to the front
Severity = Literal["information", "warning", "error"]


def _page(module: str, name: str) -> Callable[[], Screen[Any]]:
    """A first screen, imported when it is gone to."""
    return lambda: cast("Screen[Any]", getattr(import_module(f"hoopterm.console.screens.{module}"), name)())


class Console(App[None]):
    """One person's console of some engines, or of one recording."""

    TITLE = "hoopterm"
    CSS_PATH: ClassVar[str | None] = "hoopterm.tcss"
    ENABLE_COMMAND_PALETTE = False  # ours, made from the action registry
    MODES: ClassVar[dict[str, str | Callable[[], Screen[Any]]]] = {
        "overview": _page("overview", "Overview"),
        "approvals": _page("approvals", "Approvals"),
        "sessions": _page("sessions", "Sessions"),
        "policy": _page("policy", "Policy"),
        "audit": _page("audit", "Audit"),
        "replay": _page("recordings", "Recordings"),
        "targets": _page("targets", "Targets"),
    }
    BINDINGS = bindings(Scope.APP)

    def __init__(
        self,
        road: Road | None,
        *,
        name: str = "engine",
        recording: Path | None = None,
        theme: str = themes.DEFAULT,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        store: Store | None = None,
        has_files: bool = True,
        others: Sequence[tuple[str, Road]] = (),
        drafts: Drafts | None = None,
    ) -> None:
        # without colours Textual would make greys of a theme's: only the terminal's own can be left out altogether
        super().__init__(ansi_color=True if "NO_COLOR" in os.environ else None)
        self.now = now
        self.store = store or Store()
        self.recording = recording
        self.place = Place(name, "", recording.name if recording and road is None else "")
        self.link = Link(self.store, road, self._poke) if road is not None else None
        self.engines = [engines.Attached(name, self.store, self.link), *engines.attach(others, self._poke)]
        self._in_front = 0
        for look in themes.LOOKS.values():
            self.register_theme(look.theme)
        self.theme = theme
        self.has_files = has_files
        self.drafts = drafts or Drafts(None)
        self.has_opened = False  # where to is decided: see Overview
        self.seen = Seen.of(os.environ, has_files=has_files)
        self._scratch: Scratch = Directory() if has_files else Memory()
        self._had_terminal = os.isatty(0)
        self._pulse = Pulse(self._beat, self.set_timer, self.call_after_refresh)
        self._stirred = monotonic()  # when a person did something
        self._rests = collector.Rests()
        self._keyboard = Keyboard(self._hand_on, self._under_the_keys)

    @work(name="keyboard")
    async def _type(self) -> None:
        await self._keyboard.run()

    def _under_the_keys(self) -> MessagePump | None:
        return (self.focused or self.screen) if self.screen_stack else None

    async def _hand_on(self, typed: Typed) -> None:
        if self.screen_stack:  # there is none when it quits
            await super().on_event(typed)

    async def on_event(self, event: events.Event) -> None:
        """What is typed goes through one door; all else as ever."""
        if isinstance(event, events.InputEvent):
            self._stirred = monotonic()
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            self._keyboard.take(event)
        else:
            await super().on_event(event)

    def on_passed(self, message: Passed) -> None:
        """What was typed before it has been here."""
        message.done.set()

    @work(name="link")
    async def _follow(self, link: Link) -> None:
        await link.run()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Our own variables, for themes that do not have them."""
        return themes.LOOKS[themes.DEFAULT].theme.variables

    def on_mount(self) -> None:
        """Begin: the keys, the first screen, the link, the clock."""
        self._type()
        self.set_keymap({name: ",".join(keys) for name, keys in own_keys().items()})
        self.switch_mode("replay" if self.recording else "overview")
        if self.recording:
            self.open_recording(self.recording)
        for engine in self.engines:
            if engine.link is not None:
                self._follow(engine.link)
        self.set_interval(1.0, self._tick)

    def on_unmount(self) -> None:
        """Leave nothing of the evidence behind."""
        self._scratch.cleanup()

    @property
    def is_quiet(self) -> bool:
        """Whether nobody has done anything for a while: nothing needs to move for its own sake."""
        return monotonic() - self._stirred > _QUIET_AFTER

    @property
    def front(self) -> Page | None:
        """The page in front, unless a dialog is, or nothing is any more."""
        stack = self.screen_stack
        return stack[-1] if stack and isinstance(stack[-1], Page) else None

    def _poke(self) -> None:
        self._pulse.poke()

    def _beat(self) -> None:
        front = self.front
        if front is not None:
            front.changed(self.store.take_changes())
        elif self.screen_stack:
            from hoopterm.console.screens.confirm import Confirm

            if isinstance(self.screen, Confirm):
                self.screen.tick()  # what it asks may have been decided by somebody else

    def _tick(self) -> None:
        if self._had_terminal and not os.isatty(0):  # hung up, and nobody sent us SIGHUP: input would end for ever
            self.exit()
        if self.is_quiet:
            self._rests.rest(monotonic())
        for screen in self.screen_stack:
            if isinstance(screen, Page):
                screen.tick()

    def beside(self, cells: int) -> Line:
        """What a header of so many cells says of the other engines."""
        return engines.note(self.engines, self._in_front, cells)

    @work(group="engines")
    async def bring(self, place: int) -> None:
        """Another engine to the front. Every screen begins anew: none keeps what the one before said."""
        if place == self._in_front:
            return
        mode = self.current_mode
        self.add_mode(_BETWEEN, Screen)
        await self.switch_mode(_BETWEEN)
        for name, first in self.MODES.items():
            await self.remove_mode(name)
            self.add_mode(name, first)
        self._in_front = place
        engine = self.engines[place]
        self.store, self.link, self.place = engine.store, engine.link, Place(engine.name, "")
        await self.switch_mode(mode)
        await self.remove_mode(_BETWEEN)

    @property
    def engine(self) -> Engine:
        """The engine; raises EngineUnreachable while it is away, and where only a file is read."""
        if self.link is None:
            raise Problem("no-engine", "only a file is open, no engine", "start `hoopterm console` without a file")
        return self.link.engine

    def say(self, message: str, severity: Severity = "information") -> None:
        """A toast. Strangers' text passes the gate like everywhere else."""
        self.notify(clean(message, 600), severity=severity, markup=False, timeout=6 if severity != "error" else 12)

    @work(group="copy", exclusive=True)
    async def copy(self, text: str, what: str) -> None:
        """Copy, and say by which road, and what came of it as far as that can be known."""
        size = f"{len(text):,} characters"
        program = clipboard.native(os.environ) if self.has_files else ()
        if program and not (why := await clipboard.send(program, text)):
            self.say(f"copied {what} ({size}, by {program[0]})")
            return
        self.copy_to_clipboard(text)
        instead = f"{why}; " if program else ""
        self.say(f"copied {what} ({instead}{size}, sent as OSC 52: a terminal that does not take it does not tell)")

    @work(group="decide")
    async def decide(self, id: str, verdict: str, reason: str) -> None:
        """Send a vote and tell what came of it."""
        store = self.store
        try:
            if verdict == "approve":
                found = await self.engine.approve(id, reason)
            else:
                found = await self.engine.deny(id, reason)
        except Problem as problem:
            self.say(f"not {'approved' if verdict == 'approve' else 'denied'}: {problem.sentence}", "error")
            return
        store.decided(found)
        self._poke()
        self.say(_told(found.state, found.verb, found.identity.subject, found.quorum, len(found.votes)))

    @work(group="decide")
    async def act(self, doing: Callable[[Engine], Awaitable[str]], failed: str) -> None:
        """Do something at the engine, and tell what came of it."""
        try:
            self.say(await doing(self.engine))
        except Problem as problem:
            self.say(f"{failed}: {problem.sentence}", "error")
        if self.front is not None:
            self.front.refetch()

    @work(group="command")
    async def perform(self, on: Page | Console, action: str) -> None:
        """Run an action that was picked by name."""
        await on.run_action(action)

    def open_session(self, id: str) -> None:
        """Watch a session."""
        from hoopterm.console.screens.watch import Watch

        self.push_screen(Watch(id))

    @work(group="command")
    async def open_review(self, id: str) -> None:
        """Show a review in the queue."""
        if self.current_mode != "approvals":
            await self.switch_mode("approvals")
        self.home()
        cast("Approvals", self.screen).select(id)

    @work(group="command")
    async def open_access(self, kind: Kind, key: str = "") -> None:
        """A target, an agent, a token or a lock, or the list of them."""
        if self.current_mode != "targets":
            await self.switch_mode("targets")
        self.home()
        cast("Targets", self.screen).select(kind, key)

    @work(group="command")
    async def open_filtered(self, mode: str, words: str, purpose: str = "filter") -> None:
        """A list with what has these words."""
        if self.current_mode != mode:
            await self.switch_mode(mode)
        self.home()
        self.screen.post_message(Prompt.Changed(purpose, words, True))

    def open_recording(self, source: Path | str, operation: str | None = None) -> None:
        """Replay a file, or the recording of a session of the engine, at an operation where one is named."""
        from hoopterm.console.screens.replay import Replay

        self.push_screen(Replay(source, operation))

    async def fetch(self, session: str) -> Path:
        """The recording of a session of the engine, as a file of ours; raises Problem."""
        async with aclosing(self.engine.download(session)) as chunks:
            return await self._scratch.keep(chunks)

    def home(self) -> None:
        """Back to this mode's first screen."""
        while len(self.screen_stack) > 1:
            self.pop_screen()

    def action_mode(self, name: str) -> None:
        """Another first screen; the same again goes back to its beginning."""
        if self.current_mode != name:
            self.switch_mode(name)
        elif isinstance(self.screen, Page):
            self.home()

    def action_retry(self) -> None:
        """Reach for the engine now."""
        if self.link is not None:
            self.link.hurry()

    def action_engines(self) -> None:
        """Pick the engine to have in front."""
        from hoopterm.console.screens.help import open_help

        if len(self.engines) > 1:
            open_help(self, engines.entries(self.engines, self._in_front), "Engines")
        else:
            self.say("this console has one engine; `hoopterm console --engine A --engine B` has more")

    def action_help(self) -> None:
        """The keys of the page in front."""
        from hoopterm.console.screens.help import keys, open_help

        if self.front is not None:
            open_help(self, keys(self.front), "Keys")

    def action_palette(self) -> None:
        """Everything by name."""
        from hoopterm.console.screens.help import everything, open_help

        if self.front is not None:
            open_help(self, everything(self.front), "Commands, and anything by name")

    def action_theme(self, name: str) -> None:
        """Another theme."""
        self.theme = name


def _told(state: str, verb: str, who: str, quorum: int, votes: int) -> str:
    if state == "pending":
        return f"your vote counts: {votes} of {quorum} for {verb} of {who}"
    return f"{'approved' if state in ('approved', 'used') else state} {verb} of {who}"


def run(addresses: Sequence[str] = (), recording: Path | None = None, keys: Path | None = None) -> None:
    """Run the console against engines, or on one recording when a file is given and no engine.

    `keys` is a file of the user's own keys, else the usual one, where there is one.
    """
    from hoopterm.console import drafts, keymap

    collector.calm()
    theme = themes.chosen(os.environ)
    file = keys or keymap.usual(os.environ)
    with rebound(keymap.read(file) if keys is not None or file.is_file() else {}):
        if recording is not None and not addresses:
            Console(None, recording=recording, theme=theme).run()
            return
        (name, road), *others = engines.roads(addresses)
        kept = Drafts(drafts.usual(os.environ))
        Console(road, name=name, others=others, recording=recording, theme=theme, drafts=kept).run()
