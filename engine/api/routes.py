"""The one table: every route, and the permission it needs. Docs and tests read it; nothing is allowed elsewhere.

A caller needs any one of a route's permissions. None implies another: an administrator who is to read the record is
made an auditor. Routes without one are for everybody the configuration knows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

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
from engine.api.changes import changes
from engine.api.evidence import checkpoint, download, events, key, recordings
from engine.api.hosts import learn, ssh_keys
from engine.api.locks import list_locks, lock, unlock
from engine.api.policies import (
    apply_policy,
    backtest,
    check_policy,
    diff_policy,
    explain_statement,
    history,
    policy_schema,
    roll_back,
    show_policy,
    show_revision,
    suggest,
)
from engine.api.reviews import approve, deny, list_reviews, revoke_review, show_review
from engine.api.searching import entry, reindex, search
from engine.api.service import ca, connect, live, status, stop
from engine.api.sessions import kill, list_sessions, show_session, watch
from engine.api.targets import list_agents, list_targets
from engine.api.tokens import create_token, list_tokens, revoke_token


@dataclass(frozen=True, slots=True)
class Route:
    """One thing that can be asked. `does` completes "may not …"."""

    method: str
    path: str
    needs: frozenset[Permission]
    does: str
    handle: Callable[[Call], Awaitable[Any]]


ROUTES = (
    Route("GET", "/status", KNOWN, "see the engine's status", status),
    Route("GET", "/live", ANY_PERMISSION, "follow what happens", live),
    Route("GET", "/ca", KNOWN, "read the certificate", ca),
    Route("GET", "/ca/ssh", KNOWN, "read the keys of SSH", ssh_keys),
    Route("POST", "/connect", KNOWN, "connect to targets", connect),
    Route("GET", "/targets", ANY_PERMISSION, "see targets", list_targets),
    Route("GET", "/agents", ANY_PERMISSION, "see agents", list_agents),
    Route("POST", "/targets/{id}/learn", ADMIN, "pin host keys", learn),
    Route("POST", "/engine/stop", ADMIN, "stop the engine", stop),
    Route("GET", "/reviews", SEES_REVIEWS, "see reviews", list_reviews),
    Route("GET", "/reviews/{id}", SEES_REVIEWS, "see reviews", show_review),
    Route("POST", "/reviews/{id}/approve", APPROVER, "approve", approve),
    Route("POST", "/reviews/{id}/deny", APPROVER, "deny", deny),
    Route("POST", "/reviews/{id}/revoke", APPROVER | ADMIN, "revoke approvals", revoke_review),
    Route("GET", "/sessions", SEES_SESSIONS, "see sessions", list_sessions),
    Route("GET", "/sessions/{id}", SEES_SESSIONS, "see sessions", show_session),
    Route("GET", "/sessions/{id}/watch", SEES_SESSIONS, "watch sessions", watch),
    Route("POST", "/sessions/{id}/kill", OPERATOR, "end sessions", kill),
    Route("GET", "/locks", SEES_SESSIONS, "see locks", list_locks),
    Route("POST", "/lock", OPERATOR, "lock", lock),
    Route("POST", "/unlock", OPERATOR, "unlock", unlock),
    Route("GET", "/tokens", OPERATOR, "see tokens", list_tokens),
    Route("POST", "/tokens", OPERATOR, "mint tokens", create_token),
    Route("POST", "/tokens/{id}/revoke", OPERATOR, "revoke tokens", revoke_token),
    Route("GET", "/events", AUDITOR, "read the record", events),
    Route("GET", "/changes", AUDITOR, "read the record", changes),
    Route("GET", "/recordings", AUDITOR, "see recordings", recordings),
    Route("GET", "/recordings/{id}", AUDITOR, "read recordings", download),
    Route("GET", "/audit/search", AUDITOR, "search the record", search),
    Route("GET", "/audit/entries/{id}", AUDITOR, "read the record", entry),
    Route("POST", "/audit/reindex", AUDITOR | ADMIN, "rebuild the search index", reindex),
    Route("GET", "/audit/key", KNOWN, "read the verification key", key),
    Route("GET", "/audit/checkpoint", KNOWN, "read the checkpoint", checkpoint),
    Route("GET", "/policy", ANY_PERMISSION, "read the policy", show_policy),
    Route("GET", "/policy/schema", KNOWN, "read the schema", policy_schema),
    Route("POST", "/policy/check", OPERATOR, "check policy", check_policy),
    Route("POST", "/policy/diff", OPERATOR, "compare policy", diff_policy),
    Route("POST", "/policy/backtest", AUDITOR, "read the record", backtest),
    Route("GET", "/policy/suggest", AUDITOR, "read the record", suggest),
    Route("GET", "/policy/history", ANY_PERMISSION, "read the policy", history),
    Route("GET", "/policy/history/{id}", ANY_PERMISSION, "read the policy", show_revision),
    Route("POST", "/policy/rollback", ADMIN, "apply policy", roll_back),
    Route("POST", "/policy/apply", ADMIN, "apply policy", apply_policy),
    Route("POST", "/policy/explain", ANY_PERMISSION, "have policy explained", explain_statement),
)
