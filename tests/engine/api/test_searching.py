"""Searching over the control API: what is found, how it is proved, and that it is told."""

from __future__ import annotations

import asyncio
import base64
from contextlib import aclosing
from dataclasses import replace
from typing import Any

import pytest

from engine.audit.events import EventName
from engine.masking.plan import MaskRule
from hoopterm.errors import Refused
from replay.note import Checkpoint, VerifierKey
from replay.tlog import hash_leaf, verify_inclusion
from tests.engine.api.conftest import USERS, Serving, needs_root


def tell(serving: Serving, *whys: str) -> int:
    """Entries that give these reasons; the last one's sequence."""
    log = serving.gateway.log
    return [log.append(EventName.SESSION_REFUSED, identity="mallory", data={"why": why}) for why in whys][-1]


async def indexed(serving: Serving, sequence: int) -> None:
    search = serving.gateway.search
    async with asyncio.timeout(30):
        while search.position <= sequence:
            await search.news()


async def test_what_happened_is_found_and_that_it_was_searched_is_an_event(serving: Serving) -> None:
    """SECURITY promise 7."""
    last = tell(serving, "no badge", "no shoes")
    await indexed(serving, last)
    found = await serving.client.search("identity:mallory badge")
    assert [(entry.sequence, entry.summary) for entry in found.entries] == [(last - 1, "no badge")]
    assert (found.more, found.indexed > last, found.size >= found.indexed) == (False, True, True)
    (searched,) = await serving.events("audit.searched")
    assert searched["identity"] == "root"
    assert searched["data"] == {"query": "identity:mallory badge", "limit": 100, "follow": False}


async def test_the_next_page_is_no_new_event_but_a_new_search_is(serving: Serving) -> None:
    last = tell(serving, "one", "two", "three")
    await indexed(serving, last)
    first = await serving.client.search("identity:mallory", limit=2)
    rest = await serving.client.search("identity:mallory", limit=2, before=first.entries[-1].sequence)
    assert ([entry.summary for entry in first.entries], first.more) == (["three", "two"], True)
    assert ([entry.summary for entry in rest.entries], rest.more) == (["one"], False)
    assert len(await serving.events("audit.searched")) == 1
    await serving.client.search("badge", before=last)
    await serving.client.search("identity:mallory", limit=2)
    assert [each["data"]["query"] for each in await serving.events("audit.searched")] == [
        "identity:mallory",
        "badge",
        "identity:mallory",
    ]


@pytest.mark.parametrize(
    ("asked", "what"),
    [({"query": "colour:red"}, "no field"), ({"query": "x", "limit": 5000}, "`limit`"), ({"query": '"'}, "not closed")],
)
async def test_a_query_that_does_not_read_is_refused_and_no_event(
    serving: Serving, asked: dict[str, Any], what: str
) -> None:
    with pytest.raises(Refused, match=what):
        await serving.client.search(**asked)
    assert await serving.events("audit.searched") == []


async def test_a_value_in_a_query_is_masked_before_it_is_recorded(serving: Serving) -> None:
    """SECURITY promise 2: what detectors know is in no entry, whoever typed it."""
    revision = serving.gateway.revision
    rule = MaskRule("pii", targets=("elsewhere",), exempt_groups=frozenset({"auditors"}), detect=("email",))
    serving.gateway.revision = replace(revision, mask_rules=(rule,))
    await indexed(serving, tell(serving, "one"))
    await serving.client.search('text:"xyzzy@canary.example"')
    (searched,) = await serving.events("audit.searched")
    assert "xyzzy" not in str(searched)
    assert searched["data"]["query"].startswith('text:"*')


async def test_following_goes_on_from_what_was_found(serving: Serving) -> None:
    await indexed(serving, tell(serving, "one", "two"))
    seen: list[str] = []
    async with asyncio.timeout(30), aclosing(serving.client.follow_search("identity:mallory", limit=1)) as entries:
        async for entry in entries:
            seen.append(entry.summary)
            if len(seen) == 1:
                tell(serving, "three", "four")
            if len(seen) == 3:
                break
    assert seen == ["two", "three", "four"]


async def test_an_entry_comes_with_a_proof_that_holds(serving: Serving) -> None:
    """SECURITY promise 8."""
    last = tell(serving, *map(str, range(300)))
    await indexed(serving, last)
    detail = await serving.client.entry(last - 5)
    proof = detail.proof
    signed = Checkpoint.open(proof.note.encode(), VerifierKey.parse(proof.key))
    hashes = [base64.b64decode(each) for each in proof.hashes]
    assert detail.entry["data"] == {"why": "294"}
    assert (proof.leaf, proof.size) == (last - 5, signed.size)
    assert verify_inclusion(hash_leaf(detail.raw.encode()), proof.leaf, signed.size, signed.root, hashes)
    assert not verify_inclusion(hash_leaf(b"{}"), proof.leaf, signed.size, signed.root, hashes)
    (read,) = [each for each in await serving.events("evidence.read") if each["data"]["what"] == "entry"]
    assert read["data"]["sequence"] == last - 5


@pytest.mark.parametrize("number", ["99999999", "-1", "x", "9" * 40])
async def test_an_entry_that_is_not_there_is_not_found(serving: Serving, number: str) -> None:
    with pytest.raises(Refused) as refused:
        await serving.client.entry(number)  # type: ignore[arg-type]  # anybody can ask for anything
    assert refused.value.code == "not_found"


async def test_an_index_can_be_made_anew(serving: Serving) -> None:
    last = tell(serving, "one")
    await indexed(serving, last)
    await serving.client.reindex()
    await indexed(serving, last)
    assert len((await serving.client.search("identity:mallory")).entries) == 1


@needs_root
@pytest.mark.parametrize("who", ["admin", "approver", "operator"])
@pytest.mark.parametrize("path", ["/audit/search?q=", "/audit/entries/0"])
async def test_only_auditors_search(serving: Serving, who: str, path: str) -> None:
    """SECURITY promise 7."""
    status, _ = await serving.ask_as(USERS[who], "GET", path)
    assert status == 403
    assert await serving.events("audit.searched") == []
