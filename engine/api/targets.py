"""What may be reached, and who may come: targets as they answer, agents as they are registered. Never a credential."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

from engine.api.call import Call
from engine.api.schema import AgentView, TargetDetailView
from engine.api.views import moment_or_none, target_view
from engine.config.publickeys import fingerprint
from engine.identity.locks import Locked
from engine.loopback import is_loopback
from engine.protocols import registry

if TYPE_CHECKING:
    from engine.config.revision import Agent
    from engine.gateway import Gateway
    from engine.model import Target


async def list_targets(call: Call) -> list[TargetDetailView]:
    """Every target, as the configuration has it and as it answered last."""
    gateway = call.gateway
    live = Counter(session.target.name for session in gateway.sessions.values())
    return [_target(gateway, target, live[target.name]) for target in gateway.revision.targets.values()]


def _target(gateway: Gateway, target: Target, sessions: int) -> TargetDetailView:
    credential = gateway.revision.credentials.get(target.name)
    reached = gateway.reach.of(target.name)
    has_host_key = registry.knows(target.protocol, "target.host_key")
    is_locked = gateway.locks.get(Locked.TARGET, target.name) is not None
    brief = target_view(target, credential, sessions, is_locked=is_locked, is_failing=reached.is_failing)
    return TargetDetailView(
        **structs.asdict(brief),
        tls=_tls(gateway, target),
        needs_host_key=has_host_key and not target.host_keys,
        host_keys=[fingerprint(key) for key in target.host_keys],
        login=credential.user if credential is not None else "",
        trusted=list(target.trusted),
        answers=str(target.answers),
        answered=moment_or_none(reached.answered),
        failed=moment_or_none(reached.failed),
        trouble=reached.trouble,
    )


def _tls(gateway: Gateway, target: Target) -> str:
    credential = gateway.revision.credentials.get(target.name)
    if credential is None or not registry.knows(target.protocol, "target.tls"):
        return ""
    return credential.tls.resolved(is_local=is_local(target.address)).value


def is_local(address: str) -> bool:
    """Whether a target is on this machine, as far as its address says: a path, or an address of loopback."""
    host, _, _ = address.rpartition(":")
    return address.startswith("/") or is_loopback(host.strip("[]"))


async def list_agents(call: Call) -> list[AgentView]:
    """Every agent of the configuration."""
    gateway = call.gateway
    now = gateway.now()
    live = Counter(session.identity.subject for session in gateway.sessions.values())
    tokens = Counter(token.subject for token in gateway.tokens.list() if token.is_live(now))
    return [_agent(gateway, agent, live[agent.name], tokens[agent.name]) for agent in gateway.revision.agents.values()]


def _agent(gateway: Gateway, agent: Agent, sessions: int, tokens: int) -> AgentView:
    return AgentView(
        name=agent.name,
        sponsor=agent.sponsor,
        purpose=agent.purpose,
        groups=sorted(agent.groups),
        expires=moment_or_none(agent.expires),
        logins=[name for name, has in (("oidc", agent.oidc), ("ssh", agent.ssh)) if has],
        tokens=tokens,
        sessions=sessions,
        locked=gateway.locks.why_not(gateway.revision.identity_of_agent(agent.name)) or "",
    )
