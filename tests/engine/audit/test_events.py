"""Entries: their shape, and texts too long for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audit.events import Entry, EventName, encode_entry, shortened
from replay.tiles import MAX_ENTRY_SIZE

NOW = datetime(2026, 3, 1, 10, 0, 0, 123456, tzinfo=UTC)


def encoded(data: dict[str, Any]) -> bytes:
    return encode_entry(Entry(1, NOW, EventName.OPERATION_INTENDED, "s-1", "o-1", "bot", "shop", data))


def test_an_entry_is_json_with_the_published_keys_in_their_order() -> None:
    entry = encoded({"verb": "SELECT", "effects": ["read"]})
    assert entry == (
        b'{"v":1,"time":"2026-03-01T10:00:00.123456Z","event":"operation.intended","session":"s-1","operation":"o-1",'
        b'"identity":"bot","target":"shop","data":{"verb":"SELECT","effects":["read"]}}'
    )


def test_the_list_of_events_is_the_published_one() -> None:
    assert {event.value for event in EventName} == {
        "engine.started",
        "engine.stopped",
        "session.refused",
        "session.opened",
        "session.closed",
        "console.opened",
        "console.closed",
        "operation.intended",
        "operation.forwarded",
        "operation.completed",
        "operation.denied",
        "operation.failed",
        "review.requested",
        "review.voted",
        "review.approved",
        "review.denied",
        "review.expired",
        "review.withdrawn",
        "review.used",
        "review.revoked",
        "policy.applied",
        "policy.refused",
        "token.created",
        "token.revoked",
        "identity.locked",
        "identity.unlocked",
        "evidence.read",
        "audit.searched",
        "recording.segment",
        "answer.gap",
        "notify.failed",
        "target.refused",
        "space.low",
        "log.key",
    }


@pytest.mark.parametrize(
    "data",
    [
        {"text": "x" * 70_000, "rule": "r"},
        {"text": "\N{PILE OF POO}" * 30_000, "rule": "r"},
        {"text": "\0" * 60_000, "rule": "r"},
        {"resources": ["public.t" + str(n) for n in range(20_000)], "rule": "r"},
        {"deep": {"er": [{"text": "x" * 100_000}]}, "rule": "r"},
    ],
)
def test_what_is_too_long_is_cut_and_says_so(data: dict[str, Any]) -> None:
    entry = encoded(data)
    assert 16_000 < len(entry) <= MAX_ENTRY_SIZE
    decoded = json.loads(entry)["data"]
    assert decoded["truncated"] is True
    assert decoded["rule"] == "r"


def test_an_entry_that_just_fits_is_whole() -> None:
    overhead = len(encoded({"text": ""}))
    assert len(encoded({"text": "x" * (MAX_ENTRY_SIZE - overhead)})) == MAX_ENTRY_SIZE
    assert b"truncated" not in encoded({"text": "x" * (MAX_ENTRY_SIZE - overhead)})
    assert b"truncated" in encoded({"text": "x" * (MAX_ENTRY_SIZE - overhead + 1)})


def test_data_that_cannot_be_cut_to_fit_goes() -> None:
    many = {f"key{number}": number for number in range(20_000)}
    assert json.loads(encoded(many))["data"] == {"truncated": True}


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-10, 10) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=30,
)


@given(st.dictionaries(st.text(max_size=5), _VALUES), st.integers(20, 2000))
def test_shortening_always_ends_with_something_that_fits(data: dict[str, Any], size: int) -> None:
    def fits(candidate: dict[str, Any]) -> bool:
        return len(msgspec.json.encode(candidate)) <= size

    assert fits(shortened(data, size, fits))
