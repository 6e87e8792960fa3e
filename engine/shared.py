"""What the sessions of one target and database share, such as its catalog: made once, closed when the engine stops."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

import structlog

from engine.errors import HooptermError, UpstreamError

if TYPE_CHECKING:
    from engine.model import Target

logger = structlog.get_logger()


class Shared:
    """Things by target and database; who asks first has them made."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, str, str], asyncio.Task[Any]] = {}

    async def get(
        self, target: Target, database: str, factory: Callable[[], Awaitable[Any]], tasks: asyncio.TaskGroup
    ) -> Any:
        """What is shared there, made in `tasks` by the factory of whoever asks first; a failure is not kept."""
        key = (target.name, target.address, database)
        making = self._made.get(key)
        if making is None:
            making = self._made[key] = tasks.create_task(_made(factory))
        result = await asyncio.shield(making)
        if isinstance(result, HooptermError):
            self._made.pop(key, None)
            raise result
        return result

    async def close(self) -> None:
        """Close what was made, and stop what is being made."""
        for making in self._made.values():
            if making.done() and not making.cancelled() and making.exception() is None:
                if not isinstance(made := making.result(), HooptermError):
                    await made.close()
            else:
                making.cancel()


async def _made(factory: Callable[[], Awaitable[Any]]) -> Any:
    """The factory's result, or its error as a value: a task group must not end because one target is down."""
    try:
        return await factory()
    except HooptermError as error:
        return error
    except Exception as error:
        logger.exception("a target could not be prepared")
        return UpstreamError("the target could not be prepared", type(error).__name__, "see the engine's log")
