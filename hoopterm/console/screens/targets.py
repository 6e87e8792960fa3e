"""Targets and agents, tokens and locks: who is let in where, and what keeps them out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual import work
from textual.containers import Horizontal
from textual.widget import Widget

from engine.api.schema import LockView, TokenView
from hoopterm.console import access, actions, phrases
from hoopterm.console.access import Access, Kind
from hoopterm.console.actions import Scope, bindings, modes
from hoopterm.console.lines import Line, line, plain
from hoopterm.console.screens.page import Page
from hoopterm.console.screens.reader import Reader
from hoopterm.console.screens.stopping import ask_to_lock, ask_to_revoke, ask_to_unlock
from hoopterm.console.store import LinkState, Topic, matches
from hoopterm.console.text import clean
from hoopterm.console.views import access as views
from hoopterm.console.views import chrome, target
from hoopterm.console.widgets.bars import Rule
from hoopterm.console.widgets.document import Document
from hoopterm.console.widgets.live_table import Column, LiveTable
from hoopterm.console.widgets.prompt import Prompt
from hoopterm.console.widgets.tabs import Tab, Tabs
from hoopterm.errors import Problem

COLUMNS = {
    Kind.TARGETS: (
        Column("state", "state", 13),
        Column("name", "target", 9, flex=2, most=24),
        Column("protocol", "protocol", 8, drop=5),
        Column("address", "address", 13, flex=2, most=32),
        Column("sessions", "live", 4, right=True),
        Column("answered", "answered", 8, drop=4),
        Column("credential", "credential", 11, drop=3),
        Column("mode", "mode", 8, drop=6),
        Column("labels", "labels", 10, drop=7, flex=1, most=40),
    ),
    Kind.AGENTS: (
        Column("state", "state", 11),
        Column("name", "agent", 10, flex=2, most=26),
        Column("sponsor", "sponsor", 8, flex=1, most=18),
        Column("expires", "expires", 7),
        Column("seen", "seen", 7),
        Column("sessions", "live", 4, right=True),
        Column("tokens", "tokens", 6, right=True, drop=2),
        Column("purpose", "purpose", 12, drop=4, flex=3, most=60),
        Column("groups", "groups", 10, drop=5, flex=1, most=30),
        Column("logins", "logs in by", 10, drop=6, most=20, flex=1),
    ),
    Kind.TOKENS: (
        Column("state", "state", 11),
        Column("id", "token", 10),
        Column("subject", "lets in", 10, flex=2, most=26),
        Column("minted", "minted by", 9, flex=1, most=20),
        Column("expires", "ends", 8),
        Column("used", "last used", 9, drop=2),
        Column("created", "created", 8, drop=3),
    ),
    Kind.LOCKS: (
        Column("kind", "locked", 10),
        Column("name", "name", 10, flex=1, most=26),
        Column("reason", "why", 14, flex=3, most=80),
        Column("since", "since", 8),
        Column("by", "by", 8, flex=1, most=18, drop=1),
        Column("covers", "also stops", 12, drop=2, flex=1, most=40),
    ),
}
_NEEDS_ROW = frozenset({"open", "lock", "unlock", "revoke", "sessions", "record", "copy"})
_EMPTY = {
    Kind.TARGETS: ("No target yet", "targets are listed under `targets` in the configuration", "policy"),
    Kind.AGENTS: ("No agent yet", "agents are listed under `agents` in the configuration", "policy"),
    Kind.TOKENS: ("No token yet", "hoopterm token create AGENT mints one, and prints it once", ""),
    Kind.LOCKS: ("Nothing is locked", "L in the other lists, or hoopterm lock, stops an identity or a target", ""),
}
_NOUN = {Kind.TARGETS: "target", Kind.AGENTS: "agent", Kind.TOKENS: "token", Kind.LOCKS: "lock"}


class Targets(Page):
    """Four lists, one in front; each keeps its cursor and its filter."""

    MODE = "targets"
    SCOPES = (Scope.TARGETS, Scope.FILTER, Scope.SCREEN)
    BINDINGS = bindings(*SCOPES)

    def __init__(self) -> None:
        super().__init__()
        self._kind = Kind.TARGETS
        self._filters = dict.fromkeys(Kind, "")
        self._cause = ""
        self._wanted: tuple[Kind, str] | None = None  # what to put the cursor on once it is there
        self._is_asking = False
        self._seen: dict[str, str] = {}

    def body(self) -> Iterable[Widget]:
        """Tabs, the lists, and beside them all of one entry."""
        yield Tabs(self._tabs, lambda: self._kind.value, hint="tab next list", id="tabs")
        with Horizontal(id="panes"):
            for kind in Kind:
                yield LiveTable(COLUMNS[kind], self._row, id=f"list-{kind}")
            yield Document(id="aside")
        yield Document(id="state")
        yield Rule(self._rule_title, id="rule")

    @property
    def table(self) -> LiveTable:
        """The list in front."""
        return self.query_one(f"#list-{self._kind}", LiveTable)

    @property
    def access(self) -> Access | None:
        """What the engine said last."""
        return self.console.store.access

    @property
    def key(self) -> str:
        """The key of the row under the cursor, empty where there is none."""
        return (self.table.cursor or "") if self.is_ready else ""

    def select(self, kind: Kind, key: str = "") -> None:
        """Put a list in front, and the cursor on an entry of it once there is one."""
        self._kind = kind
        if key:
            self._filters[kind] = ""
            self._wanted = kind, key
        self.changed(frozenset())
        self.table.focus()

    def on_screen_resume(self) -> None:
        """What is shown may be from long ago."""
        super().on_screen_resume()
        self.refetch()

    def refetch(self) -> None:
        """Ask for all four, unless that goes on already."""
        if self.console.store.link is LinkState.LIVE and not self._is_asking:
            self._is_asking = True
            self._load()

    @work(name="access")
    async def _load(self) -> None:
        store = self.console.store
        try:
            store.access, self._cause = await access.ask(self.console.engine), ""
        except Problem as problem:
            self._cause = problem.message
        finally:
            self._is_asking = False
        if self.is_ready:
            self.changed(frozenset())

    def changed(self, topics: frozenset[Topic]) -> None:
        """The engine's heartbeat asks anew: nothing else tells of tokens and agents."""
        super().changed(topics)
        if Topic.STATUS in topics and self.is_current:
            self.refetch()

    def show(self, topics: frozenset[Topic]) -> None:
        """The list in front, what is under its cursor, or why there is nothing."""
        found = self.access
        if found is not None:
            self._seen = access.last_seen(self.console.store.sessions.values(), found.tokens.values())
        for kind in Kind:
            self.query_one(f"#list-{kind}").display = kind is self._kind
        table = self.table
        table.show(self._order(found) if found is not None else [])
        if self._wanted is not None and self._wanted[0] is self._kind and found is not None:
            table.select(self._wanted[1])
            self._wanted = None
        table.tick()
        is_empty = not table.keys
        self.query_one("#panes").display = not is_empty
        state = self.query_one("#state", Document)
        state.display = is_empty
        if is_empty:
            state.show(self._nothing())
        elif self.focused is None:
            table.focus()
        self._show_aside()
        for id in ("#tabs", "#rule"):
            self.query_one(id).refresh()

    def _show_aside(self) -> None:
        aside = self.query_one("#aside", Document)
        aside.display = self.has_class("wide")
        if aside.display:
            kind, key = self._kind, self.key
            aside.fold(lambda cells: self._facts(kind, key, cells))

    def _order(self, found: Access) -> list[str]:
        now, keep = self.console.now(), self._filters[self._kind]
        if self._kind is Kind.TARGETS:
            targets = sorted(found.targets.values(), key=target.order)
            return [each.name for each in targets if matches(keep, target.words(each))]
        if self._kind is Kind.AGENTS:
            agents = sorted(found.agents.values(), key=lambda agent: views.agent_order(agent, now))
            return [each.name for each in agents if matches(keep, views.agent_words(each, now))]
        if self._kind is Kind.TOKENS:
            tokens = sorted(found.tokens.values(), key=lambda token: views.token_order(token, now))
            return [each.id for each in tokens if matches(keep, views.token_words(each, now))]
        return [key for key, lock in reversed(list(found.locks.items())) if matches(keep, views.lock_words(lock))]

    def _row(self, key: str) -> dict[str, Line]:
        found, now, is_stale = self.access, self.console.now(), self.console.store.is_stale
        if found is None:
            return {}
        if self._kind is Kind.TARGETS and key in found.targets:
            return target.row(found.targets[key], now, is_stale=is_stale)
        if self._kind is Kind.AGENTS and key in found.agents:
            return views.agent_row(found.agents[key], self._seen.get(key, ""), now, is_stale=is_stale)
        if self._kind is Kind.TOKENS and key in found.tokens:
            return views.token_row(found.tokens[key], now, is_stale=is_stale)
        if self._kind is Kind.LOCKS and key in found.locks:
            return views.lock_row(found.locks[key], now, is_stale=is_stale)
        return {}

    def _facts(self, kind: Kind, key: str, cells: int) -> Sequence[Line]:
        found, now = self.access, self.console.now()
        if found is None or not key:
            return ()
        lock = self._lock(kind, key)
        if kind is Kind.TARGETS and key in found.targets:
            return target.facts(found.targets[key], lock, now, cells)
        if kind is Kind.AGENTS and key in found.agents:
            return views.agent_facts(found.agents[key], lock, self._seen.get(key, ""), now, cells)
        if kind is Kind.TOKENS and key in found.tokens:
            return views.token_facts(found.tokens[key], lock, now, cells)
        return views.lock_facts(lock, now, cells) if lock is not None else ()

    def _named(self, kind: Kind, key: str) -> tuple[str, str]:
        """What a lock would be on: `identity` or `target`, and its name."""
        found = self.access
        if found is not None and kind is Kind.TOKENS and key in found.tokens:
            return "identity", found.tokens[key].subject
        if found is not None and kind is Kind.LOCKS and key in found.locks:
            return found.locks[key].kind, found.locks[key].name
        return ("target" if kind is Kind.TARGETS else "identity"), key

    def _lock(self, kind: Kind, key: str) -> LockView | None:
        return self.access.lock_on(*self._named(kind, key)) if self.access is not None and key else None

    @property
    def _token(self) -> TokenView | None:
        """The token under the cursor, while it lets somebody in."""
        found = self.access.tokens.get(self.key) if self.access is not None and self._kind is Kind.TOKENS else None
        is_over = found is not None and views.token_state(found, self.console.now()) in ("revoked", "expired")
        return None if is_over else found

    def on_live_table_moved(self) -> None:
        """What can be done depends on the row."""
        self._show_aside()
        for id in ("#footer", "#rule"):
            self.query_one(id).refresh()

    def on_live_table_opened(self) -> None:
        """A second click opens."""
        self.action_open()

    def on_tabs_picked(self, event: Tabs.Picked) -> None:
        """Another list by the mouse."""
        self.select(Kind(event.key))

    def on_prompt_changed(self, event: Prompt.Changed) -> None:
        """Filter as it is typed."""
        self._filters[self._kind] = event.value
        self.changed(frozenset())
        if event.done:
            self.table.focus()

    def off(self) -> frozenset[str]:
        """A thing is locked or it is not, and only a token that lets in is revoked."""
        key = self.key
        if not key:
            return super().off() | _NEEDS_ROW
        lock = self._lock(self._kind, key)
        off = super().off() | {"unlock" if lock is None else "lock"}
        return off | {"revoke"} if self._token is None else off

    def why_off(self, id: str) -> str:
        """Why, in words."""
        if not self.key:
            return f"no {_NOUN[self._kind]} is selected"
        if self.console.store.is_stale:
            return super().why_off(id)
        name = self._named(self._kind, self.key)[1]
        if id == "revoke":
            is_here = self._kind is Kind.TOKENS
            return "this token lets nobody in any more" if is_here else "tokens are revoked in the list of tokens"
        return f"{name} is locked already" if id == "lock" else f"no lock is on {name} itself"

    def _footer(self, cells: int) -> Line:
        """Of lock and unlock the one that can be done; revocation where there are tokens."""
        off = self.off()
        gone = {"lock" if "unlock" not in off else "unlock"} | (set() if self._kind is Kind.TOKENS else {"revoke"})
        shown = [action for action in actions.of((*self.SCOPES, Scope.APP)) if action.id not in gone]
        return chrome.footer(shown, off, self.labels(), cells)

    def action_section(self, by: int) -> None:
        """The next list, or the one before."""
        kinds = list(Kind)
        self.select(kinds[(kinds.index(self._kind) + by) % len(kinds)])

    def action_open(self) -> None:
        """All of one entry, on a page of its own."""
        if self.is_off("open"):
            return
        kind, key = self._kind, self.key
        text = "\n".join(plain(each).rstrip() for each in self._facts(kind, key, 10_000))
        self.app.push_screen(Reader(_NOUN[kind], text, lambda cells: self._facts(kind, key, cells)))

    def action_lock(self) -> None:
        """Ask, then keep it out."""
        if self.is_off("lock"):
            return
        kind, name = self._named(self._kind, self.key)
        sessions = self.console.store.sessions

        def facts(cells: int) -> Sequence[Line]:
            live = [each for each in sessions.values() if each.state == "live"]
            if kind == "target":
                return target.lock_question(name, sum(each.target == name for each in live), cells)
            return views.identity_question(name, sum(each.identity.subject == name for each in live), [], cells)

        ask_to_lock(self, kind, name, facts)

    def action_unlock(self) -> None:
        """Ask, then let it in again."""
        lock = self._lock(self._kind, self.key)
        if not self.is_off("unlock") and lock is not None:
            ask_to_unlock(self, lock)

    def action_revoke(self) -> None:
        """Ask, then end the token."""
        token = self._token
        if not self.is_off("revoke") and token is not None:
            ask_to_revoke(self, token)

    def action_sessions(self) -> None:
        """The sessions of it."""
        if not self.is_off("sessions"):
            self.console.open_filtered("sessions", self._named(self._kind, self.key)[1])

    def action_record(self) -> None:
        """What the record has of it."""
        if not self.is_off("record"):
            kind, name = self._named(self._kind, self.key)
            self.console.open_filtered("audit", f"{kind}:{name}", "search")

    def action_filter(self) -> None:
        """Ask for words."""
        self.query_one(Prompt).open("filter", "/", self._filters[self._kind], "words to keep, !words to leave out")

    def copied(self) -> tuple[str, str]:
        """What the row is called."""
        name = self.key if self._kind is Kind.TOKENS else self._named(self._kind, self.key)[1]
        return name, f"the {_NOUN[self._kind]}'s {'id' if self._kind is Kind.TOKENS else 'name'}"

    def _tabs(self) -> list[Tab]:
        found = self.access
        return [
            (
                kind.value,
                line((kind.value, "dim"), (f" {found.count(kind)}" if found and kind not in found.why else "", "dim")),
            )
            for kind in Kind
        ]

    def _rule_title(self) -> str:
        found, keep = self.access, self._filters[self._kind]
        if found is None:
            return ""
        parts = [phrases.plural(found.count(self._kind), _NOUN[self._kind])]
        if keep:
            parts.append(f"filter: {clean(keep, 40)} ({len(self.table.keys)} kept)")
        if self.console.store.is_stale and self.console.store.age is not None:
            parts.append(f"as it was {phrases.age(self.console.store.age)} ago")
        elif self._cause:
            parts.append(f"old: {clean(self._cause, 80)}")
        return " · ".join(parts)

    def _nothing(self) -> list[Line]:
        store, found, kind, keep = self.console.store, self.access, self._kind, self._filters[self._kind]
        if found is None and (self._cause or store.link is LinkState.LOST):
            return chrome.broken("Targets and agents cannot be listed", self._cause or store.cause)
        if found is None:
            return chrome.loading("asking the engine for its targets and agents", self.console.place.name)
        if kind in found.why:
            title = f"Your permissions do not show you {kind.value}"
            return chrome.empty(title, clean(found.why[kind], 300), "tab", "next list")
        if keep and found.count(kind):
            return chrome.empty(f"No {_NOUN[kind]} matches the filter", f"it is: {clean(keep, 80)}", "/", "changes it")
        title, why, mode = _EMPTY[kind]
        return (
            chrome.empty(title, why, modes()[mode].shown, modes()[mode].help.lower())
            if mode
            else chrome.empty(title, why, "tab", "next list")
        )
