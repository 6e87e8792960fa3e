"""What people write: YAML files and CEL conditions."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from engine.config.loading import load_sources
from engine.errors import ConfigError
from engine.model import Access, Effect, Identity, Operation, Resource, Target
from engine.policy.conditions import BadCondition, activation, compile_condition, identity_message, target_message

_IDENTITY = Identity("bot", "agent")
_TARGET = Target("db", "postgres", "127.0.0.1:5432")
_OPERATION = Operation("1", "s", "sql", "SELECT", "select 1", (Access(Effect.READ, Resource("table", "public.t")),))
_NOW = datetime(2026, 1, 1, tzinfo=UTC)


def yaml(data: bytes) -> None:
    """A configuration file is a revision, or its mistakes."""
    with contextlib.suppress(ConfigError):
        load_sources({Path("/nowhere/hoopterm.yaml"): data})


def cel(data: bytes) -> None:
    """A condition is an expression that holds, does not or cannot be told; or its flaws."""
    with contextlib.suppress(BadCondition):
        condition = compile_condition(data.decode(errors="replace"))
        seen = activation(identity_message(_IDENTITY), target_message(_TARGET), {}, _OPERATION, _NOW)
        assert condition.holds(seen) in (True, False, None)
        assert condition.constant is None or condition.constant == condition.holds(seen)
