"""The questions before a policy is put in force, and before a draft of one is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hoopterm.console.screens.confirm import Confirm, Question
from hoopterm.console.screens.patch import Patch
from hoopterm.console.views import policy
from hoopterm.errors import EngineUnreachable, Problem

if TYPE_CHECKING:
    from hoopterm.console.app import Console
    from hoopterm.console.screens.policy import Policy


def ask_to_apply(page: Policy) -> None:
    """Ask, then have the engine put it in force."""
    console, bench = page.console, page.bench
    files, revision = bench.changed(), bench.revision

    def moot() -> str:
        if console.store.is_stale:
            return "the engine is away: nothing can be applied now"
        return "" if bench.changed() else "this is in force already"

    def answered(reason: str | None) -> None:
        if reason is not None:
            page.apply(files, revision, reason)

    question = Question(
        title="Put this policy in force?",
        button="Apply",
        facts=lambda cells: policy.question(bench, console.store.status, console.place.name, page.difference, cells),
        moot=moot,
        is_dangerous=True,
        reason_hint="why; kept with the revision",
    )
    page.app.push_screen(Confirm(question), answered)


async def put_in_force(console: Console, patch: str, files: dict[str, str], revision: str, reason: str) -> bool:
    """Have the engine apply files, and say what came of it; whether they are in force.

    Where the engine may not write, its hint is a patch: the person gets theirs.
    """
    try:
        applied = await console.engine.apply_policy(files, revision, reason)
    except EngineUnreachable as problem:
        console.say(f"whether it was applied is not known: {problem.message}; your draft is kept", "error")
        return False
    except Problem as problem:
        is_patch = "\n" in problem.hint
        hint = f"; {problem.hint}" if problem.hint and not is_patch else ""
        console.say(f"not applied: {problem.message}{hint}. Your draft is kept", "error")
        if is_patch:
            console.push_screen(Patch(patch, "the engine may not write its files: bring this to where they come from"))
        return False
    merged = ", merged with what somebody else had applied meanwhile" if applied.merged else ""
    console.say(f"in force: revision {applied.revision[:12]}{merged}")
    return True


def ask_to_discard(page: Policy) -> None:
    """Ask, then forget the draft."""
    bench = page.bench

    def answered(reason: str | None) -> None:
        if reason is not None:
            page.discard()

    question = Question(
        title="Discard the draft?",
        button="Discard",
        facts=lambda cells: policy.discarding(bench, cells),
        moot=lambda: "" if bench.changed() else "there is no draft any more",
        is_dangerous=True,
        reason_hint="not needed",
    )
    page.app.push_screen(Confirm(question), answered)
