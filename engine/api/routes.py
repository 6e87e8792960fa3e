"""The one table: every route, and the permission it needs. Docs and tests read it; nothing is allowed elsewhere.

A caller needs any one of a route's permissions. None implies another: an administrator who is to read the record is
made an auditor. Routes without one are for everybody the configuration knows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from engine.api import evidence, policies, reviews, service, sessions, tokens
from engine.api.auth import (
    ADMIN,
    ANY_PERMISSION,
    APPROVER,
    AUDITOR,
    KNOWN,
    OPERATOR,
    SEES_REVIEWS,
    SEES_SESSIONS,
    Permission,
)
from engine.api.call import Call


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked. `does` completes "may not …"."""

    method: str
    path: str
    needs: frozenset[Permission]
    does: str
    handle: Callable[[Call], Awaitable[Any]]


ROUTES = (
    Route("GET", "/status", KNOWN, "see the engine's status", service.status),
    Route("GET", "/live", ANY_PERMISSION, "follow what happens", service.live),
    Route("GET", "/ca", KNOWN, "read the certificate", service.ca),
    Route("POST", "/connect", KNOWN, "connect to targets", service.connect),
    Route("POST", "/engine/stop", ADMIN, "stop the engine", service.stop),
    Route("GET", "/reviews", SEES_REVIEWS, "see reviews", reviews.list_all),
    Route("GET", "/reviews/{id}", SEES_REVIEWS, "see reviews", reviews.show),
    Route("POST", "/reviews/{id}/approve", APPROVER, "approve", reviews.approve),
    Route("POST", "/reviews/{id}/deny", APPROVER, "deny", reviews.deny),
    Route("POST", "/reviews/{id}/revoke", APPROVER | ADMIN, "revoke approvals", reviews.revoke),
    Route("GET", "/sessions", SEES_SESSIONS, "see sessions", sessions.list_all),
    Route("GET", "/sessions/{id}", SEES_SESSIONS, "see sessions", sessions.show),
    Route("GET", "/sessions/{id}/watch", SEES_SESSIONS, "watch sessions", sessions.watch),
    Route("POST", "/sessions/{id}/kill", OPERATOR, "end sessions", sessions.kill),
    Route("GET", "/tokens", OPERATOR, "see tokens", tokens.list_all),
    Route("POST", "/tokens", OPERATOR, "mint tokens", tokens.create),
    Route("POST", "/tokens/{id}/revoke", OPERATOR, "revoke tokens", tokens.revoke),
    Route("GET", "/events", AUDITOR, "read the record", evidence.events),
    Route("GET", "/recordings", AUDITOR, "see recordings", evidence.recordings),
    Route("GET", "/recordings/{id}", AUDITOR, "read recordings", evidence.download),
    Route("GET", "/audit/key", KNOWN, "read the verification key", evidence.key),
    Route("GET", "/audit/checkpoint", KNOWN, "read the checkpoint", evidence.checkpoint),
    Route("GET", "/policy", ANY_PERMISSION, "read the policy", policies.show),
    Route("POST", "/policy/check", OPERATOR, "check policy", policies.check),
    Route("POST", "/policy/apply", ADMIN, "apply policy", policies.apply),
    Route("POST", "/policy/explain", ANY_PERMISSION, "have policy explained", policies.explain),
)
