from datetime import UTC, datetime, timedelta

import pytest

from engine.errors import HooptermError
from engine.identity.tokens import Token
from engine.store.store import Store

NOW = datetime(2026, 11, 22, 3, 0, 0, 123456, tzinfo=UTC)
TOKEN = Token("t1", "bot", b"\x00\xff", "alice", NOW, NOW + timedelta(hours=1), on_behalf_of="erin")


async def test_a_token_comes_back_as_it_went(store: Store) -> None:
    await store.add_token(TOKEN)
    assert await store.tokens() == [TOKEN]


async def test_a_revocation_is_remembered_as_it_was_first(store: Store) -> None:
    await store.add_token(TOKEN)
    await store.revoke_token("t1", NOW)
    await store.revoke_token("t1", NOW + timedelta(days=1))
    await store.use_token("t1", NOW)
    (kept,) = await store.tokens()
    assert (kept.revoked, kept.last_used) == (NOW, NOW)


async def test_the_same_token_twice_is_an_error_that_quotes_nothing(store: Store) -> None:
    await store.add_token(TOKEN)
    with pytest.raises(HooptermError) as caught:
        await store.add_token(TOKEN)
    assert "alice" not in str(caught.value)
