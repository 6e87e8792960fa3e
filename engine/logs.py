"""The engine's own log: JSON lines, for its operators. The record of what agents did is `engine.audit`, not this."""

from __future__ import annotations

from typing import TextIO

import structlog


def write_logs_to(stream: TextIO) -> None:
    """Send the log to a stream, from now on.

    JSON escapes what strangers wrote. Tracebacks are plain: those that show local variables would show secrets.
    """
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(stream),
    )
