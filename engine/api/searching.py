"""Searching the audit log, and one entry with its proof. That somebody searched, and for what, is an event itself."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
from aiohttp import web

from engine.api.call import Call
from engine.api.evidence import recording_of
from engine.api.feeds import Lines, line, stream
from engine.api.schema import DoneView, EntryDetailView, ProofView, SearchView
from engine.api.views import moment
from engine.audit.events import EventName
from engine.errors import HooptermError, NotFound, RecordError
from engine.masking.plan import Masks
from engine.model import Identity, Target
from engine.search.finding import MOST, Page, find, statement_of
from engine.search.terms import Query, parse
from replay.note import Checkpoint
from replay.tiles import Tiles
from replay.tlog import inclusion_proof

if TYPE_CHECKING:
    from engine.gateway import Gateway

_LIMIT: Final = 100


async def search(call: Call) -> SearchView | web.StreamResponse:
    """A page of the entries that a query finds, newest first; with `follow` those, oldest first, and on as they come.

    `before` and `after` are sequences: the next page of a query that this person has asked for is no new event."""
    text = call.query("q") or ""
    query = parse(text, call.gateway.now())
    page = Page(call.number("limit", most=MOST) or _LIMIT, call.number("before"), call.number("after"))
    follow = call.query("follow") == "true"
    await _record(call, text, page, follow=follow)
    if follow:
        return await stream(call, _following(call, query, page))
    gateway = call.gateway
    found = await asyncio.to_thread(find, gateway.state, query, page)
    return SearchView(found.entries, found.more, gateway.log.size, found.indexed, gateway.search.trouble)


async def _record(call: Call, text: str, page: Page, *, follow: bool) -> None:
    """Raises RecordError. What looks like a protected value in a query is masked like everywhere else."""
    reading = f"search {text}"
    if (page.before, page.after) != (None, None) and not follow and call.readings.has(call.caller.name, reading):
        return
    said = {"query": _masks(call.gateway).text(text), "limit": page.limit, "follow": follow}
    log = call.gateway.log
    await log.wait(log.append(EventName.AUDIT_SEARCHED, identity=call.caller.name, data=said))
    call.readings.add(call.caller.name, [reading])


def _masks(gateway: Gateway) -> Masks:
    """All detectors of the policy, wherever they are on."""
    rules = [
        replace(rule, labels={}, targets=(), exempt_groups=frozenset(), columns=())
        for rule in gateway.revision.mask_rules
    ]
    return Masks(rules, Identity("", "human"), Target("", "", ""), gateway.mask_key)


async def _following(call: Call, query: Query, page: Page) -> Lines:
    gateway = call.gateway
    if page.after is None:
        found = await asyncio.to_thread(find, gateway.state, query, page)
        entries, last = found.entries[::-1], found.indexed - 1
    else:
        entries, last = [], page.after
    for entry in entries:
        yield line(entry)
    query = replace(query, until=None) if query.until and query.until > gateway.now() else query
    while True:
        found = await asyncio.to_thread(find, gateway.state, query, Page(MOST, after=last))
        for entry in found.entries:
            yield line(entry)
        last = found.entries[-1].sequence if found.more else max(last, found.indexed - 1)
        if not found.more:
            await gateway.search.news()


async def entry(call: Call) -> EntryDetailView:
    """One entry whole, with the proof that it is in the log and what the recording says of its operation."""
    gateway = call.gateway
    if not (call.id.isascii() and call.id.isdigit() and len(call.id) < 16) or int(call.id) >= gateway.log.size:
        raise NotFound(f"there is no entry {call.id[:20]!r}", hint=f"the log has {gateway.log.size}, the first is 0")
    sequence = int(call.id)
    await call.evidence("entry", sequence=sequence)
    return await asyncio.to_thread(_detail, gateway, sequence)


def _detail(gateway: Gateway, sequence: int) -> EntryDetailView:
    raw, proof = _proved(gateway, sequence)
    said = msgspec.json.decode(raw)
    statement = statement_of(gateway.state, said["operation"]) if said.get("operation") else None
    try:
        has_recording = bool(said.get("session") and recording_of(gateway.state, said["session"]))
    except NotFound:
        has_recording = False
    text, parameters = statement or ("", [])
    return EntryDetailView(sequence, raw.decode(), said, proof, text, parameters, has_recording)


def _proved(gateway: Gateway, sequence: int) -> tuple[bytes, ProofView]:
    """An entry's bytes and its proof; raises NotFound while no checkpoint covers it, and RecordError."""
    log, key = gateway.log, gateway.log_key.verifier
    try:
        note = (log.directory / "checkpoint").read_bytes()
        signed = Checkpoint.open(note, key)
        if sequence >= signed.size:
            raise NotFound(f"entry {sequence} is under no checkpoint yet", hint="ask again in a second")
        tiles = Tiles(log.directory, signed.size)
        raw = next(tiles.entries(sequence, sequence + 1))
        hashes = inclusion_proof(sequence, signed.size, tiles.subtree)
    except FileNotFoundError:
        raise NotFound("there is no checkpoint yet", hint="ask again in a second") from None
    except (OSError, ValueError) as error:
        raise RecordError("the audit log does not read", str(error), "run `hoopterm audit verify`") from error
    at = moment(log.checkpoint_time) if log.checkpoint_time is not None else None
    encoded = [base64.b64encode(each).decode() for each in hashes]
    return raw, ProofView(sequence, signed.size, encoded, note.decode(), str(key), at)


async def reindex(call: Call) -> DoneView:
    """Throw the index away; it is made anew from the log and the recordings, beside everything else."""
    await call.evidence("reindex")
    search = call.gateway.search
    await search.renew()
    if search.trouble:
        raise HooptermError("the index was not made anew", search.trouble, "see the engine's log")
    return DoneView()
