"""Modules that say `RUNS_ON_EVERY_LOOP = True` meet both asyncio's own event loop and uvloop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.engine.protocols.postgres.lineage.shop import shop as shop

LoopFactory = Callable[[], asyncio.AbstractEventLoop]


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Function) -> Mapping[str, LoopFactory]:
    loops: dict[str, LoopFactory] = {"uvloop": uvloop.new_event_loop}
    if getattr(item.module, "RUNS_ON_EVERY_LOOP", False):
        loops["asyncio"] = asyncio.new_event_loop
    return loops
