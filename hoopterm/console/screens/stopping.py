"""The questions before a session ends, and before somebody is kept out or let in again. The engine decides who may."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from engine.api.schema import LockView, SessionView, TokenView
from hoopterm.console.lines import Line
from hoopterm.console.link import Engine
from hoopterm.console.phrases import plural
from hoopterm.console.screens.confirm import Confirm, Question
from hoopterm.console.screens.page import Page
from hoopterm.console.text import clean
from hoopterm.console.views import access, session

Facts = Callable[[int], Sequence[Line]]
_AWAY = "the engine is away: nothing can be {} now"


def ask_to_end(page: Page, found: SessionView) -> None:
    """Ask, then end a session; its list and its watch both do."""
    console = page.console
    id = found.id

    def moot() -> str:
        now = console.store.sessions.get(id)
        if now is None or now.state != "live":
            return "this session has ended already"
        return _AWAY.format("ended") if console.store.is_stale else ""

    async def end(engine: Engine, reason: str) -> str:
        await engine.kill(id, reason)
        return f"terminated session {id}"

    question = Question(
        title=f"Terminate the session of {clean(found.identity.subject, 60)} on {clean(found.target, 60)}?",
        button="Terminate",
        facts=lambda cells: session.question(console.store.sessions.get(id, found), console.now(), cells),
        moot=moot,
        is_dangerous=True,
        reason_hint="why; goes into the record",
    )
    _ask(page, question, end, "not terminated")


def ask_to_lock(page: Page, kind: str, name: str, facts: Facts) -> None:
    """Ask, then keep an `identity` or everybody from a `target`."""
    console = page.console

    async def lock(engine: Engine, reason: str) -> str:
        if kind == "target":
            locked = await engine.lock(target=name, reason=reason)
        else:
            locked = await engine.lock(identity=name, reason=reason)
        return f"locked {name}: {plural(locked.ended, 'session')} ended"

    question = Question(
        title=f"Lock {'target ' if kind == 'target' else ''}{clean(name, 60)}?",
        button="Lock",
        facts=facts,
        moot=lambda: _AWAY.format("locked") if console.store.is_stale else "",
        is_dangerous=True,
        reason_hint="why; a lock needs a reason",
    )
    _ask(page, question, lock, "not locked")


def ask_to_unlock(page: Page, found: LockView) -> None:
    """Ask, then let it be used again."""
    console = page.console

    async def unlock(engine: Engine, reason: str) -> str:
        if found.kind == "target":
            await engine.unlock(target=found.name, reason=reason)
        else:
            await engine.unlock(identity=found.name, reason=reason)
        return f"unlocked {found.name}"

    def moot() -> str:
        if console.store.is_stale:
            return _AWAY.format("unlocked")
        now = console.store.access
        return "" if now is None or now.lock_on(found.kind, found.name) else "it is unlocked already"

    question = Question(
        title=f"Unlock {'target ' if found.kind == 'target' else ''}{clean(found.name, 60)}?",
        button="Unlock",
        facts=lambda cells: access.unlock_question(found, console.now(), cells),
        moot=moot,
        is_dangerous=True,
        reason_hint="why; unlocking needs a reason",
    )
    _ask(page, question, unlock, "not unlocked")


def ask_to_revoke(page: Page, found: TokenView) -> None:
    """Ask, then end a token and what it opened."""
    console = page.console

    async def revoke(engine: Engine, _reason: str) -> str:
        await engine.revoke_token(found.id)
        return f"revoked token {found.id} of {found.subject}"

    def moot() -> str:
        if console.store.is_stale:
            return _AWAY.format("revoked")
        now = console.store.access.tokens.get(found.id) if console.store.access is not None else None
        return "this token was revoked already" if now is not None and now.revoked else ""

    question = Question(
        title=f"Revoke token {clean(found.id, 40)} of {clean(found.subject, 40)}?",
        button="Revoke",
        facts=lambda cells: access.revoke_question(found, console.now(), cells),
        moot=moot,
        is_dangerous=True,
        has_reason=False,
    )
    _ask(page, question, revoke, "not revoked")


def _ask(page: Page, question: Question, act: Callable[[Engine, str], Awaitable[str]], refused: str) -> None:
    """Ask, and do it with the reason that was given; `refused` begins what is said where the engine does not."""

    def answered(reason: str | None) -> None:
        if reason is not None:
            page.console.act(lambda engine: act(engine, reason), refused)

    page.app.push_screen(Confirm(question), answered)
