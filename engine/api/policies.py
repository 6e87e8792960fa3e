"""Policy: shown, checked, applied, explained."""

from __future__ import annotations

import asyncio
from typing import Any

from engine.api.call import Call
from engine.api.explaining import explain
from engine.api.schema import AppliedView, CheckView, DecisionView, ExplainRequest, PolicyRequest, PolicyView
from engine.config.loading import json_schema, load_sources
from engine.errors import ConfigError, NotFound


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
    sources = call.gateway.policy_files.sources(asked.files)
    try:
        revision = await asyncio.to_thread(load_sources, sources)
    except ConfigError as error:
        return CheckView(False, list(error.problems))
    return CheckView(True, list(revision.warnings), revision.digest)


async def apply_policy(call: Call) -> AppliedView:
    """Put these files in force, or the engine's own as they are on disk now."""
    asked = await call.body(PolicyRequest)
    files, author = call.gateway.policy_files, call.caller.name
    if asked.files:
        applied = await files.replace(asked.files, asked.expected, author)
    else:
        applied = await files.reload(author)
    return AppliedView(
        revision=applied.revision.digest,
        previous=applied.previous.digest,
        rules=len(applied.revision.policy.rules),
        author=author,
        files=[str(path) for path in applied.revision.files],
        changes=list(applied.changes),
    )


async def explain_statement(call: Call) -> DecisionView:
    """What would be decided of one statement, and why; it is analysed and does not run."""
    asked = await call.body(ExplainRequest)
    revision = call.gateway.revision
    target = revision.targets.get(asked.target)
    if target is None:
        raise NotFound(f"there is no target {asked.target!r}", hint="hoopterm engine status lists them")
    identity = revision.identity_of(asked.identity)
    return await explain(call.gateway, identity, target, asked.text, asked.database or target.database)
