"""Sessions, live and past: listed, watched, ended."""

from __future__ import annotations

from aiohttp import web

from engine.api.call import Call
from engine.api.evidence import recording_of
from engine.api.feeds import stream
from engine.api.schema import DoneView, Reason, SessionView
from engine.api.views import past_session_view, session_view
from engine.api.watching import follow, past
from engine.errors import HooptermError, NotFound

_STATES = ("live", "closed")
MAX_PAST = 20_000


async def list_sessions(call: Call) -> list[SessionView]:
    """Sessions, newest first; live ones before past ones."""
    state = call.query("state")
    if state is not None and state not in _STATES:
        raise HooptermError(f"sessions have no state {state[:20]!r}", hint=f"one of {', '.join(_STATES)}")
    gateway, locks = call.gateway, call.gateway.locks
    live = (
        [session_view(session, locks) for session in reversed(gateway.sessions.values())] if state != "closed" else []
    )
    past = await gateway.store.past_sessions(MAX_PAST) if state != "live" else []
    return live + [past_session_view(session, locks) for session in past if session.id not in gateway.sessions]


async def show_session(call: Call) -> SessionView:
    """One session."""
    live = call.gateway.sessions.get(call.id)
    if live is not None:
        return session_view(live, call.gateway.locks)
    past = await call.gateway.store.past_session(call.id)
    if past is None:
        raise NotFound("there is no such session", hint="hoopterm sessions list --state all")
    return past_session_view(past, call.gateway.locks)


async def watch(call: Call) -> web.StreamResponse:
    """A session's frames from its start; those of a live one go on as they happen."""
    session = call.gateway.sessions.get(call.id)
    path = session.recorder.path if session is not None else recording_of(call.gateway.state, call.id)
    await call.evidence("watch", session=call.id)
    if session is not None:
        return await stream(call, follow(call, session))
    return await stream(call, past(path))


async def kill(call: Call) -> DoneView:
    """End a live session now."""
    asked = await call.body(Reason)
    call.gateway.endings.kill(call.id, asked.reason, call.caller.name)
    return DoneView()
