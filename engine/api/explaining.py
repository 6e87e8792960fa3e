"""`policy explain`: the pipeline's own decision on a statement that nobody sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from engine.api.schema import DecisionView
from engine.api.views import access_views
from engine.config.revision import Revision
from engine.errors import HooptermError
from engine.masking.plan import Masks
from engine.model import Decision, Identity, Operation, Target, Verdict
from engine.policy.explain import explain as considered
from engine.protocols import registry
from engine.session import Session

if TYPE_CHECKING:
    from engine.gateway import Gateway

_SEVERITY = {Verdict.ALLOW: 0, Verdict.REVIEW: 1, Verdict.DENY: 2}


@dataclass(frozen=True, slots=True)
class Supposed:
    """What `Pipeline.decide` asks of a session, where there is none."""

    revision: Revision
    identity: Identity
    target: Target
    masks: Masks
    facts: Mapping[str, object]


async def explain(
    gateway: Gateway, identity: Identity, target: Target, text: str, database: str | None
) -> DecisionView:
    """Analyse a text against a target and decide it for an identity; of several statements the worst one is told."""
    operations = await registry.get(target.protocol).explain(gateway, target, database, text)
    if not operations:
        raise HooptermError("there is no statement in this text")
    revision, now = gateway.revision, gateway.now()
    supposed = Supposed(
        revision,
        identity,
        target,
        Masks(revision.mask_rules, identity, target, gateway.mask_key),
        {"id": "", "client": "", "database": database or "", "opened": now},
    )
    decided = [(gateway.pipeline.decide(cast(Session, supposed), operation), operation) for operation in operations]
    decision, operation = max(decided, key=lambda pair: _SEVERITY[pair[0].verdict])
    rules = considered(revision.policy, identity, target, supposed.facts, operation, now)
    return _view(decision, operation, supposed.masks, rules)


def _view(decision: Decision, operation: Operation, masks: Masks, rules: list[dict[str, Any]]) -> DecisionView:
    columns = operation.columns or ()
    plan = masks.plan(columns)
    return DecisionView(
        verdict=decision.verdict.value,
        rule=decision.rule,
        reason=decision.reason,
        text=operation.text,
        verb=operation.verb,
        accesses=access_views(operation.accesses),
        considered=rules,
        masked_columns=[column.name for column, mask in zip(columns, plan.columns, strict=True) if mask is not None],
        why_opaque=operation.why_opaque,
    )
