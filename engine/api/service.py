"""The engine itself: how it is, what happens, how to reach a target, and its end."""

from __future__ import annotations

import os
from collections import Counter
from importlib.metadata import version
from ipaddress import ip_address

from aiohttp import web

from engine import admission
from engine.api.auth import SEES_REVIEWS, SEES_SESSIONS
from engine.api.call import Call
from engine.api.feeds import TOO_SLOW, Lines, line, stream
from engine.api.hosts import keys_of
from engine.api.reviews import pending, shown
from engine.api.schema import (
    ConnectRequest,
    ConnectView,
    DoneView,
    ListenerView,
    LiveView,
    PaceView,
    StatusView,
    TextView,
)
from engine.api.tokens import mint
from engine.api.views import moment, moment_or_none, session_view, space_view, target_view
from engine.errors import NotFound
from engine.identity.locks import Locked
from engine.listeners import Listening
from engine.pace import STEP, Pace
from engine.protocols import registry

_LIVE_CAPACITY = 4096
_STATUS_SECONDS = 2.0


async def status(call: Call) -> StatusView:
    """How the engine is, and who it takes the caller for."""
    return status_view(call)


def status_view(call: Call) -> StatusView:
    """The same, at once."""
    gateway, revision = call.gateway, call.gateway.revision
    sessions = Counter(session.target.name for session in gateway.sessions.values())
    totals = gateway.totals()
    return StatusView(
        pid=os.getpid(),
        version=version("hoopterm"),
        started=moment(gateway.started),
        state=str(gateway.state.absolute()),
        listeners=[ListenerView(it.protocol, it.host, it.port, it.tls) for it in gateway.listeners.listening],
        targets=[
            target_view(
                target,
                revision.credentials.get(target.name),
                sessions[target.name],
                is_locked=gateway.locks.get(Locked.TARGET, target.name) is not None,
                is_failing=gateway.reach.of(target.name).is_failing,
            )
            for target in revision.targets.values()
        ],
        sessions=len(gateway.sessions),
        pending_reviews=gateway.approvals.pending,
        operations=totals.operations,
        denied=totals.denied,
        masked=totals.masked,
        log_size=gateway.log.size,
        checkpoint=moment_or_none(gateway.log.checkpoint_time),
        policy=revision.digest,
        policy_files=[str(path) for path in revision.files],
        you=call.caller.name,
        permissions=sorted(call.caller.permissions),
        draining=gateway.is_draining,
        locks=len(gateway.locks.list()),
        space=[space_view(space) for space in gateway.room.spaces],
        troubles=gateway.log.all_troubles,
        store=revision.settings.engine.store.partition(":")[0],
        pace=_pace_view(gateway.pace),
    )


def _pace_view(pace: Pace) -> PaceView:
    operations, denied, masked = (list(each) for each in zip(*pace.steps, strict=True))
    return PaceView(STEP, pace.into, operations, denied, masked)


async def live(call: Call) -> web.StreamResponse:
    """What is now, then every change of what the caller may see."""
    return await stream(
        call, _changes(call), heartbeat=_STATUS_SECONDS, beat=lambda: line(LiveView(status=status_view(call)))
    )


async def _changes(call: Call) -> Lines:
    gateway = call.gateway
    sees_reviews, sees_sessions = call.caller.has(SEES_REVIEWS), call.caller.has(SEES_SESSIONS)
    topics = [topic for topic, sees in (("reviews", sees_reviews), ("sessions", sees_sessions)) if sees]
    subscription = gateway.bus.subscribe(*topics, capacity=_LIVE_CAPACITY)
    try:
        yield line(LiveView(status=status_view(call)))
        if sees_sessions:
            for session in tuple(gateway.sessions.values()):
                yield line(LiveView(session=session_view(session, gateway.locks)))
        if sees_reviews:
            for review in await pending(call):
                yield line(LiveView(review=review))
        async for topic, item in subscription:
            if topic == "reviews":
                yield line(LiveView(review=await shown(call, item)))
            else:
                is_live = item.id in gateway.sessions
                yield line(LiveView(session=session_view(item, gateway.locks, None if is_live else gateway.now())))
        if subscription.dropped:
            yield TOO_SLOW
    finally:
        subscription.close()


async def ca(call: Call) -> TextView:
    """The certificate that listeners with `tls: auto` are signed by."""
    return TextView(call.gateway.authority.ca_pem)


async def connect(call: Call) -> ConnectView:
    """What a client needs to reach a target as the caller, with a token minted for that."""
    asked = await call.body(ConnectRequest)
    gateway, revision = call.gateway, call.gateway.revision
    name, _, _ = asked.target.partition("/")
    identity = revision.identity_of_person(call.caller.name)
    target = admission.permitted(revision, gateway.locks, identity, name, gateway.now())
    listening = next((it for it in gateway.listeners.listening if it.protocol == target.protocol), None)
    if listening is None:
        raise NotFound(f"no listener speaks {target.protocol}", hint=f"add one under `listeners: {target.protocol}:`")
    _, secret = await mint(call, identity.subject, asked.ttl)
    has_tls = listening.tls not in ("off", "")
    return ConnectView(
        protocol=target.protocol,
        host=_reachable(call, listening),
        port=listening.port,
        user=identity.subject,
        target=asked.target,
        token=secret.reveal(),
        tls=listening.tls,
        ca=gateway.authority.ca_pem if has_tls else None,
        known_hosts=keys_of(gateway).known_hosts if registry.knows(target.protocol, "target.host_key") else [],
    )


def _reachable(call: Call, listening: Listening) -> str:
    """A name that leads to the listener and stands in its certificate, else its address."""
    names = call.gateway.revision.settings.listeners[listening.protocol].names
    if names:
        return names[0]
    address = ip_address(listening.host)
    if address.is_unspecified:
        return "127.0.0.1" if address.version == 4 else "::1"
    return listening.host


async def stop(call: Call) -> DoneView:
    """Begin to drain; the engine ends when that is done."""
    call.gateway.stop()
    return DoneView()
