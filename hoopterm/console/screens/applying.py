"""The questions before a policy is put in force, and before a draft of one is forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hoopterm.console.screens.confirm import Confirm, Question
from hoopterm.console.views import policy

if TYPE_CHECKING:
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
            page.apply(files, revision)

    question = Question(
        title="Put this policy in force?",
        button="Apply",
        facts=lambda cells: policy.question(bench, console.store.status, console.place.name, cells),
        moot=moot,
        is_dangerous=True,
        reason_hint="why; kept with the revision",
    )
    page.app.push_screen(Confirm(question), answered)


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
