from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from engine.api.views import access_views, frame_view, identity_view, moment, moment_or_none, token_view
from engine.identity.tokens import Token
from engine.model import Access, Effect, Identity, Resource
from hoopterm.frames import recorded
from replay.format import Frame, RowBatch
from tests.engine.api.conftest import Serving

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def test_times_are_utc_with_microseconds() -> None:
    assert moment(NOON.astimezone(timezone(timedelta(hours=5)))) == "2026-11-22T12:00:00.000000Z"
    assert moment_or_none(None) is None


def test_an_identity_is_shown_without_its_token() -> None:
    identity = Identity("bot", "agent", frozenset({"b", "a"}), "alice", token="tk-1", token_minted_by="bob")
    view = identity_view(identity)
    assert view.groups == ["a", "b"]
    assert "tk-1" not in repr(view)


def test_an_access_is_shown_with_its_columns_apart() -> None:
    (view,) = access_views([Access(Effect.READ, Resource("table", "public.t", ("a", "b")))])
    assert (view.effect, view.resource, view.columns) == ("read", "table:public.t", ["a", "b"])


def test_a_token_is_shown_without_its_hash() -> None:
    token = Token("id", "bot", b"hash-bytes", "alice", NOON, NOON + timedelta(hours=1))
    view = token_view(token)
    assert (view.id, view.expires, view.revoked) == ("id", "2026-11-22T13:00:00.000000Z", None)
    assert "hash-bytes" not in repr(view)


def test_a_frame_comes_back_as_it_was() -> None:
    for frame in (Frame(1.0, "q", {"verb": "X"}), Frame(2.0, "R", RowBatch("o", 2, b"\0\xff", "copy", 5, True))):
        assert recorded(frame_view(frame)) == frame


async def test_a_session_is_shown_live_and_closed(serving: Serving) -> None:
    from engine.api.views import session_view

    session, _ = await serving.open_session()
    session.counts.operations = 3
    locks = serving.gateway.locks
    live, closed = session_view(session, locks), session_view(session, locks, NOON)
    assert (live.state, live.closed, live.operations, live.client) == ("live", None, 3, "127.0.0.1:9 psql")
    assert (closed.state, closed.closed) == ("closed", moment(NOON))
    await serving.gateway.close_session(session, "done")
