"""The engine's own log, for its operators: JSON lines on stderr. It holds no statement and no value: `audit` does."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Write to stderr. JSON escapes what strangers wrote; tracebacks are plain, since locals would show secrets."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
    )
