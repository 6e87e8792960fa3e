"""What does the same without a terminal: the `hoopterm` subcommand of every action that asks something of an engine.

Each of them has `--json`. An action that is not here only moves the picture.
"""

from __future__ import annotations

TWINS: dict[str, str] = {
    "app.approvals": "approvals list",
    "app.audit": "audit search",
    "app.policy": "policy check",
    "app.overview": "engine status",
    "app.replay": "sessions list",
    "app.sessions": "sessions list",
    "approvals.approve": "approvals approve",
    "approvals.deny": "approvals deny",
    "approvals.read": "approvals show",
    "approvals.watch": "sessions watch",
    "audit.export": "audit search",
    "audit.follow": "audit search",
    "audit.open": "audit show",
    "audit.replay": "replay",
    "audit.search": "audit search",
    "entry.replay": "replay",
    "history.open": "policy history",
    "history.rollback": "policy rollback",
    "policy.apply": "policy apply",
    "policy.backtest": "policy backtest",
    "policy.changes": "policy diff",
    "policy.history": "policy history",
    "policy.discard": "policy check",
    "policy.edit": "policy check",
    "policy.file": "policy check",
    "policy.next_problem": "policy check",
    "policy.previous_problem": "policy check",
    "overview.open": "approvals show",
    "policy.suggest": "policy suggest",
    "recordings.open": "replay",
    "replay.recordings": "sessions list",
    "sessions.lock": "lock",
    "sessions.open": "sessions watch",
    "sessions.replay": "replay",
    "sessions.terminate": "sessions kill",
    "watch.decide": "approvals show",
    "watch.replay": "replay",
    "watch.terminate": "sessions kill",
}
