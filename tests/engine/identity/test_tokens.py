from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Conflict, Forbidden, NotFound, SessionRefused
from engine.identity.tokens import Token, Tokens
from engine.secrets.secret import Secret

HOUR = timedelta(hours=1)


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def advance(self, by: timedelta) -> None:
        self.time += by


class MemoryStore:
    """A store that remembers, can be lost, and counts."""

    def __init__(self) -> None:
        self.rows: dict[str, Token] = {}
        self.uses = 0
        self.is_lost = False
        self.before_use: Callable[[], None] = lambda: None

    def _reach(self) -> None:
        if self.is_lost:
            raise ConnectionError("the store is lost")

    async def tokens(self) -> Sequence[Token]:
        self._reach()
        return list(self.rows.values())

    async def add_token(self, token: Token) -> None:
        self._reach()
        self.rows[token.id] = token

    async def revoke_token(self, id: str, revoked: datetime) -> None:
        self._reach()
        self.rows[id] = replace(self.rows[id], revoked=revoked)

    async def use_token(self, id: str, last_used: datetime) -> None:
        self.before_use()
        self._reach()
        self.uses += 1
        self.rows[id] = replace(self.rows[id], last_used=last_used)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
async def tokens(store: MemoryStore, clock: Clock) -> Tokens:
    return await Tokens.open(store, max_ttl=12 * HOUR, now=clock)


async def test_a_token_lets_in_its_subject_and_nobody_else(tokens: Tokens) -> None:
    minted, secret = await tokens.create("report-bot", HOUR, "alice", on_behalf_of="bob")
    token = await tokens.verify("report-bot", secret)
    assert (token.id, token.subject, token.minted_by, token.on_behalf_of) == (minted.id, "report-bot", "alice", "bob")
    for subject in ("Report-Bot", "report-bot ", "alice", ""):
        with pytest.raises(SessionRefused, match="not a token of this user"):
            await tokens.verify(subject, secret)


async def test_only_a_digest_of_a_token_is_kept_and_nothing_shows_it(tokens: Tokens, store: MemoryStore) -> None:
    token, secret = await tokens.create("bot", HOUR, "alice")
    text = secret.reveal()
    assert text.startswith(f"ht_{token.id}_")
    proof = text.rpartition("_")[2]
    for shown in (repr(token), repr(store.rows[token.id]), repr(tokens), str(secret), f"{secret}", repr(token.hash)):
        assert proof not in shown
    assert token.hash.hex() not in repr(token)


async def test_every_wrong_password_is_refused_in_the_same_words(tokens: Tokens) -> None:
    token, secret = await tokens.create("bot", HOUR, "alice")
    text = secret.reveal()
    cut = ("", "ht", "ht__", f"ht_{token.id}", f"ht_{token.id}_", text[:-1])
    changed = (text + "a", text.upper(), "x" + text, text.replace(token.id, "aaaaaaaa"))
    words = set()
    for wrong in (*cut, *changed, "ht_" + "a" * 100_000, "\udcff", "ht_\0_\0"):
        with pytest.raises(SessionRefused) as caught:
            await tokens.verify("bot", wrong)
        words.add(str(caught.value))
        assert text not in str(caught.value)
    assert len(words) == 1


async def test_a_revoked_token_lets_nobody_in_and_its_sessions_hear_of_it(tokens: Tokens, clock: Clock) -> None:
    """CVE-2025-2291."""
    ended: list[str] = []
    tokens.on_revoked.append(ended.append)
    token, secret = await tokens.create("bot", HOUR, "alice")
    revoked = await tokens.revoke(token.id, "alice")
    assert ended == [token.id]
    assert revoked.revoked == clock()
    assert not revoked.is_live(clock())
    with pytest.raises(SessionRefused, match="was revoked"):
        await tokens.verify("bot", secret)
    with pytest.raises(Conflict):
        await tokens.revoke(token.id, "alice")


async def test_an_expired_token_lets_nobody_in(tokens: Tokens, clock: Clock) -> None:
    """CVE-2025-2291."""
    token, secret = await tokens.create("bot", HOUR, "alice")
    assert token.expires == clock() + HOUR
    clock.advance(HOUR - timedelta(microseconds=1))
    await tokens.verify("bot", secret)
    clock.advance(timedelta(microseconds=1))
    with pytest.raises(SessionRefused, match="expired at 2026-01-01 01:00:00 UTC"):
        await tokens.verify("bot", secret)


async def test_only_who_holds_the_secret_learns_of_a_tokens_end(tokens: Tokens) -> None:
    token, _ = await tokens.create("bot", HOUR, "alice")
    await tokens.revoke(token.id, "alice")
    with pytest.raises(SessionRefused, match="not a token"):
        await tokens.verify("bot", f"ht_{token.id}_guess")


async def test_a_token_revoked_while_it_is_being_verified_lets_nobody_in(tokens: Tokens, store: MemoryStore) -> None:
    token, secret = await tokens.create("bot", HOUR, "alice")

    def revoke() -> None:
        coroutine = tokens.revoke(token.id, "alice")
        with pytest.raises(StopIteration):
            coroutine.send(None)

    store.before_use = revoke
    with pytest.raises(SessionRefused, match="was revoked"):
        await tokens.verify("bot", secret)


async def test_tokens_outlive_the_engine(tokens: Tokens, store: MemoryStore, clock: Clock) -> None:
    kept, secret = await tokens.create("bot", HOUR, "alice")
    gone, gone_secret = await tokens.create("bot", HOUR, "alice")
    await tokens.revoke(gone.id, "alice")
    again = await Tokens.open(store, max_ttl=HOUR, now=clock)
    assert (await again.verify("bot", secret)).id == kept.id
    with pytest.raises(SessionRefused):
        await again.verify("bot", gone_secret)
    assert {token.id for token in again.list()} == {kept.id, gone.id}


async def test_a_revocation_holds_while_the_store_is_lost(tokens: Tokens, store: MemoryStore) -> None:
    ended: list[str] = []
    tokens.on_revoked.append(ended.append)
    token, secret = await tokens.create("bot", HOUR, "alice")
    store.is_lost = True
    with pytest.raises(ConnectionError):
        await tokens.revoke(token.id, "alice")
    assert ended == [token.id]
    with pytest.raises(SessionRefused):
        await tokens.verify("bot", secret)
    store.is_lost = False
    await tokens.load()
    with pytest.raises(SessionRefused):
        await tokens.verify("bot", secret)


async def test_a_revocation_the_store_did_not_hear_of_can_be_repeated(tokens: Tokens, store: MemoryStore) -> None:
    token, _ = await tokens.create("bot", HOUR, "alice")
    store.is_lost = True
    with pytest.raises(ConnectionError):
        await tokens.revoke(token.id, "alice")
    store.is_lost = False
    await tokens.revoke(token.id, "alice")
    assert store.rows[token.id].revoked is not None


async def test_a_lost_store_keeps_nobody_out_and_mints_nothing(tokens: Tokens, store: MemoryStore) -> None:
    _, secret = await tokens.create("bot", HOUR, "alice")
    store.is_lost = True
    await tokens.verify("bot", secret)
    with pytest.raises(ConnectionError):
        await tokens.create("bot", HOUR, "alice")
    assert len(tokens.list()) == 1


async def test_the_last_use_is_known_at_once_and_stored_once_a_minute(
    tokens: Tokens, store: MemoryStore, clock: Clock
) -> None:
    token, secret = await tokens.create("bot", HOUR, "alice")
    assert token.last_used is None
    for _ in range(10):
        assert (await tokens.verify("bot", secret)).last_used == clock()
        clock.advance(timedelta(seconds=10))
    assert store.uses == 2


@pytest.mark.parametrize("ttl", [timedelta(0), -HOUR, 12 * HOUR + timedelta(seconds=1), timedelta.max])
async def test_a_life_of_nothing_or_beyond_the_configured_one_is_refused(tokens: Tokens, ttl: timedelta) -> None:
    with pytest.raises(Forbidden, match="token"):
        await tokens.create("bot", ttl, "alice")
    assert tokens.list() == ()


async def test_an_unknown_token_is_not_found(tokens: Tokens) -> None:
    with pytest.raises(NotFound):
        await tokens.revoke("nothing", "alice")


async def test_an_id_that_is_taken_is_not_given_again(store: MemoryStore, clock: Clock) -> None:
    draws = iter([b"aaaaa", b"s" * 20, b"aaaaa", b"bbbbb", b"t" * 20])
    tokens = Tokens(store, max_ttl=HOUR, now=clock, random=lambda size: next(draws))
    first, _ = await tokens.create("bot", HOUR, "alice")
    second, _ = await tokens.create("bot", HOUR, "alice")
    assert first.id != second.id
    assert tokens.list() == (first, second)


@given(st.text())
async def test_any_text_as_a_password_is_a_refusal(text: str) -> None:
    tokens = Tokens(MemoryStore(), max_ttl=HOUR)
    with pytest.raises(SessionRefused):
        await tokens.verify("bot", Secret(text))
