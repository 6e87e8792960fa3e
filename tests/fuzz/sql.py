"""SQL texts: the analysis says something of every one, and remembers nothing that it would not say afresh."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from engine.model import Effect
from engine.protocols.postgres.analysis.analyst import Analyst
from engine.protocols.postgres.statement import SessionState, Statement

_STATES = (
    SessionState("shop", "clerk", settings_may_revert=False),
    SessionState("shop", "clerk", settings_may_revert=False, standard_conforming_strings=False),
    SessionState("shop", "clerk", settings_may_revert=False, client_encoding="SJIS"),
    SessionState("shop", "clerk", settings_may_revert=False, server_version=140000),
)
_LOOP = asyncio.new_event_loop()


def analysis(source: Any) -> Callable[[bytes], None]:
    """The target, over a catalog that does not change."""
    remembering, fresh = Analyst(source), Analyst(source, capacity=0)

    def run(data: bytes) -> None:
        state = _STATES[data[0] % len(_STATES) if b"" < data[:1] < b"\x08" else 0]
        text = data.lstrip(b"\x00\x01\x02\x03\x04\x05\x06\x07").decode("utf-8", "surrogateescape")
        said = _analysed(remembering, text, state)
        assert said == _analysed(fresh, text, state), "what is remembered is not what would be said"
        for statement in said:
            _is_told(statement)

    return run


def _analysed(analyst: Analyst, text: str, state: SessionState) -> tuple[Statement, ...]:
    return _LOOP.run_until_complete(analyst.analyse(text, replace(state)))


def _is_told(statement: Statement) -> None:
    """What could not be told is opaque, and what could not be traced says so."""
    effects = {access.effect for access in statement.accesses}
    assert (statement.why_opaque is None) == (Effect.OPAQUE not in effects), statement
    assert not statement.is_pure_read or effects <= {Effect.READ, Effect.HOUSEKEEPING}, statement
    assert statement.verb != "SYNTAX ERROR" or not statement.accesses, statement
