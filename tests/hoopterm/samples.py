"""Views as an engine would answer them."""

from __future__ import annotations

from typing import Any

from engine.api.schema import (
    AccessView,
    IdentityView,
    ListenerView,
    ReviewView,
    SessionView,
    StatusView,
    TargetView,
    TokenView,
)

TIME = "2026-11-22T21:00:00.000000Z"
AGENT = IdentityView("report-bot", "agent", ["agents"], "alice", "nightly reports")


def review(**changes: Any) -> ReviewView:
    fields: dict[str, Any] = {
        "id": "r-7q2",
        "state": "pending",
        "session": "s-1",
        "operation": "o-1",
        "identity": AGENT,
        "target": "shop",
        "verb": "DELETE",
        "text": "DELETE FROM orders\n WHERE status = 'stale'",
        "rule": "deletes-need-a-human",
        "reason": "somebody must look",
        "reviewers": ["dba"],
        "quorum": 1,
        "requested": TIME,
        "deadline": "2026-11-22T21:15:00.000000Z",
        "accesses": [AccessView("delete", "table:public.orders")],
        "has_where": True,
    }
    return ReviewView(**{**fields, **changes})


def session(**changes: Any) -> SessionView:
    fields: dict[str, Any] = {
        "id": "s-1",
        "state": "live",
        "identity": AGENT,
        "target": "shop",
        "protocol": "postgres",
        "client": "127.0.0.1:5000 psql",
        "opened": TIME,
        "operations": 12,
        "last_verb": "SELECT",
    }
    return SessionView(**{**fields, **changes})


def token(**changes: Any) -> TokenView:
    fields: dict[str, Any] = {
        "id": "abcd",
        "subject": "report-bot",
        "minted_by": "alice",
        "created": TIME,
        "expires": "2999-01-01T00:00:00.000000Z",
    }
    return TokenView(**{**fields, **changes})


def status(**changes: Any) -> StatusView:
    fields: dict[str, Any] = {
        "pid": 4242,
        "version": "0.1.0",
        "started": TIME,
        "state": "/var/lib/hoopterm",
        "listeners": [ListenerView("postgres", "127.0.0.1", 15432, "auto")],
        "targets": [TargetView("shop", "postgres", "127.0.0.1:5432", "shop", "enforce", {"env": "prod"}, "env", 1)],
        "sessions": 1,
        "pending_reviews": 1,
        "operations": 12,
        "denied": 1,
        "masked": 40,
        "log_size": 120,
        "checkpoint": TIME,
        "policy": "0123456789abcdef",
        "you": "bob",
        "permissions": ["approver"],
    }
    return StatusView(**{**fields, **changes})
