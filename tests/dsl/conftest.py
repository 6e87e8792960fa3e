"""The script's `x`: every exchange runs whole, byte by byte, and randomly cut."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.dsl.conversation import Conversation
from tests.dsl.wire import Cut, byte_by_byte, randomly, whole

CUTS = {"whole": whole, "byte by byte": byte_by_byte, "randomly": randomly(2026)}


@pytest.fixture(params=CUTS)
def cut(request: pytest.FixtureRequest) -> Cut:
    """How bytes are cut on their way."""
    return CUTS[request.param]


@pytest.fixture
async def x(cut: Cut) -> AsyncIterator[Conversation]:
    """A session, greeted, idle."""
    async with Conversation(cut) as conversation:
        yield conversation
