"""Every rule of a policy, and for each access of an operation whether it matched or the first reason it did not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engine.model import Identity, Operation, Target
from engine.policy.evaluate import NOTHING_TOUCHED, Moment, Policy


def explain(
    policy: Policy,
    identity: Identity,
    target: Target,
    session: Mapping[str, object],
    operation: Operation,
    now: datetime,
    *,
    parameters_known: bool = True,
) -> list[dict[str, Any]]:
    """One entry a rule: `rule`, `decide`, `limit` in words, `matched` (any access), else `why`, and `accesses` with the
    same for each."""
    coverage = policy.coverage(identity, target)
    moment = Moment(coverage, target, session, operation, now, parameters_known)
    about = {rule.name: exceptions for rule, exceptions in coverage.rules}
    entries: list[dict[str, Any]] = []
    for rule in policy.rules:
        entry: dict[str, Any] = {
            "rule": rule.name,
            "decide": rule.decide.value,
            "limit": str(rule.limit) if rule.limit else "",
            "accesses": [],
        }
        for access in dict.fromkeys(operation.accesses or (NOTHING_TOUCHED,)):
            exceptions = about.get(rule.name)
            if exceptions is None:
                miss = rule.is_about(identity, target)
            else:
                miss = moment.miss(rule, exceptions, access)
            entry["accesses"].append(
                {
                    "effect": access.effect.value,
                    "resource": str(access.resource),
                    "matched": miss is None,
                    "why": "" if miss is None else miss.value,
                }
            )
        entry["matched"] = any(access["matched"] for access in entry["accesses"])
        entry["why"] = "" if entry["matched"] else entry["accesses"][0]["why"]
        entries.append(entry)
    return entries
