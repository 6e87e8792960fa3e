"""Policy: shown, checked, applied, explained."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import web

from engine.api.call import Call
from engine.api.explaining import explain
from engine.api.feeds import stream
from engine.api.schema import (
    AppliedView,
    BacktestRequest,
    CheckView,
    DecisionView,
    DiffView,
    ExplainRequest,
    PolicyRequest,
    PolicyView,
    RevisionDetailView,
    RevisionView,
    RollbackRequest,
    ShiftView,
    SuggestionView,
)
from engine.api.views import applied_view, check_view
from engine.config.diagnosis import diagnose
from engine.config.loading import json_schema, load_sources
from engine.config.shifts import shifts
from engine.errors import ConfigError, HooptermError, NotFound
from engine.hindsight.worker import Task
from engine.policy_history import patch

MOST_OPERATIONS = 1_000_000  # of one backtest
_OPERATIONS = 10_000  # that are looked at where nobody says how many


async def show_policy(call: Call) -> PolicyView:
    """The policy in force, as it was written."""
    revision = call.gateway.revision
    return PolicyView(revision.digest, {path.name: content.decode() for path, content in revision.sources.items()})


async def policy_schema(call: Call) -> dict[str, Any]:
    """The JSON Schema of a configuration file."""
    return json_schema()


async def check_policy(call: Call) -> CheckView:
    """Whether the engine would take these files; nothing changes."""
    asked = await call.body(PolicyRequest)
    found = await asyncio.to_thread(diagnose, call.gateway.policy_files.sources(asked.files))
    return check_view(found)


async def diff_policy(call: Call) -> DiffView:
    """What these files would change of the policy in force."""
    asked = await call.body(PolicyRequest)
    sources, live = call.gateway.policy_files.sources(asked.files), call.gateway.revision

    def compared() -> DiffView:
        proposed = load_sources(sources)
        found = [
            ShiftView(**{each.name: _listed(getattr(shift, each.name)) for each in fields(shift)})
            for shift in shifts(live, proposed)
        ]
        changes = list(proposed.changes_from(live))
        return DiffView(live.digest, proposed.digest, changes, found, patch(sources, live.sources))

    return await asyncio.to_thread(compared)


def _listed(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


async def apply_policy(call: Call) -> AppliedView:
    """Put these files in force, or the engine's own as they are on disk now."""
    asked = await call.body(PolicyRequest)
    files, author = call.gateway.policy_files, call.caller.name
    if asked.files:
        applied = await files.replace(asked.files, asked.expected, author, asked.reason)
    else:
        applied = await files.reload(author, asked.reason)
    return applied_view(applied, author)


async def roll_back(call: Call) -> AppliedView:
    """Put an earlier revision's files in force again."""
    asked = await call.body(RollbackRequest)
    if not asked.reason.strip():
        raise HooptermError("a rollback says why", hint="give a reason")
    author = call.caller.name
    applied = await call.gateway.policy_files.roll_back(asked.revision, asked.expected, author, asked.reason)
    return applied_view(applied, author)


async def history(call: Call) -> list[RevisionView]:
    """Every revision that was put in force, newest first."""
    steps = await asyncio.to_thread(call.gateway.policy_files.history.steps)
    live = call.gateway.revision.digest
    return [
        RevisionView(
            step.kept.revision,
            step.kept.time,
            step.kept.author,
            step.kept.reason,
            step.previous.revision if step.previous else None,
            index == 0 and step.kept.revision == live,
        )
        for index, step in enumerate(steps)
    ]


async def show_revision(call: Call) -> RevisionDetailView:
    """One revision's files, and what it changed."""
    files = call.gateway.policy_files
    kept = files.history

    def looked() -> RevisionDetailView:
        step = kept.step(call.id)
        shown = kept.files(step.kept.revision)
        sources = files.placed(shown)
        before = files.placed(kept.files(step.previous.revision)) if step.previous else {}
        return RevisionDetailView(
            step.kept.revision,
            step.kept.time,
            step.kept.author,
            step.kept.reason,
            step.previous.revision if step.previous else None,
            shown,
            _changed(before, sources),
            patch(sources, before),
        )

    return await asyncio.to_thread(looked)


def _changed(before: Mapping[Path, bytes], sources: Mapping[Path, bytes]) -> list[str]:
    """In lines of meaning; none where this version reads one of them no more."""
    try:
        return list(load_sources(sources).changes_from(load_sources(before))) if before else []
    except ConfigError:
        return []


async def backtest(call: Call) -> web.StreamResponse:
    """How recorded operations would be decided by these files: lines of progress, ended when nobody reads them."""
    asked = await call.body(BacktestRequest)
    last = _bounded(asked.last)
    sources = call.gateway.policy_files.sources(asked.files)
    await asyncio.to_thread(load_sources, sources)  # what does not hold is refused before anything is streamed
    await call.evidence("backtest", last=last)
    return await stream(call, call.gateway.hindsight.answers(_task(call, "backtest", sources, last)))


async def suggest(call: Call) -> SuggestionView:
    """Rules drafted from what targets in `mode: observe` recorded."""
    asked = call.number("last")
    last = _bounded(_OPERATIONS if asked is None else asked)
    task = _task(call, "suggest", call.gateway.revision.sources, last)
    await call.evidence("suggest", last=last)
    lines = [line async for line in call.gateway.hindsight.answers(task)]
    if not lines or lines[0].startswith(b'{"error"'):
        why = lines[0].decode() if lines else ""
        raise HooptermError("no rules could be drafted", why, "try again in a moment")
    return msgspec.json.decode(lines[0], type=SuggestionView)


def _bounded(last: int) -> int:
    return min(max(last, 1), MOST_OPERATIONS)


def _task(call: Call, what: str, sources: Mapping[Path, bytes], last: int) -> Task:
    files = {str(path.resolve()): text.decode() for path, text in sources.items()}
    return Task(what, files, last, call.gateway.revision.hides_values)


async def explain_statement(call: Call) -> DecisionView:
    """What would be decided of one statement, and why; it is analysed and does not run."""
    asked = await call.body(ExplainRequest)
    revision = call.gateway.revision
    target = revision.targets.get(asked.target)
    if target is None:
        raise NotFound(f"there is no target {asked.target!r}", hint="hoopterm engine status lists them")
    identity = revision.identity_of(asked.identity)
    return await explain(call.gateway, identity, target, asked.text, asked.database or target.database)
