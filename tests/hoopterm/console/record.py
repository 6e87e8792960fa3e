"""Entries of an imaginary log, and proofs of them that hold."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import msgspec

from engine.api.schema import EntryDetailView, EntryView, ProofView
from replay.note import Checkpoint, SigningKey
from replay.tlog import Tree, hash_leaf, hash_row, inclusion_proof

NOW = datetime(2026, 11, 22, 21, 41, 7, tzinfo=UTC)


def entries(count: int = 3) -> list[EntryView]:
    """So many entries of a log, the oldest first."""
    kinds = (
        ("session.opened", "", "", "", ""),
        (
            "operation.intended",
            "SELECT",
            "allow",
            "agents-read",
            "SELECT id, total\n  FROM orders WHERE status = 'stale'",
        ),
        ("operation.denied", "DELETE", "deny", "no-deletes", "DELETE FROM orders WHERE created < '2019-01-01'"),
    )
    found = []
    for number in range(count):
        event, verb, decision, rule, text = kinds[number % 3]
        found.append(
            EntryView(
                number,
                (NOW + timedelta(seconds=number - count)).isoformat().replace("+00:00", "Z"),
                event,
                "se_2b11",
                f"op_{number}" if verb else None,
                "report-bot",
                "alice",
                "shop",
                verb,
                [verb.lower()] if verb else [],
                ["table:public.orders(id, total)"] if verb else [],
                has_where=bool(verb),
                decision=decision,
                rule=rule,
                text=text,
            )
        )
    return found


_LOG_KEY = SigningKey("prod-eu", bytes(32))


def detail(entry: EntryView, *, has_recording: bool = True) -> EntryDetailView:
    """An entry whole, in a log of it and one other, signed."""
    said = {
        "v": 1,
        "time": entry.time,
        "event": entry.event,
        "session": entry.session,
        "operation": entry.operation,
        "identity": entry.identity,
        "target": entry.target,
        "data": {"verb": entry.verb, "rule": entry.rule, "resources": entry.resources, "has_where": entry.has_where},
    }
    raw = msgspec.json.encode(said)
    hashes = [hash_leaf(raw if number == entry.sequence else b"%d" % number) for number in range(entry.sequence + 2)]
    tree = Tree()
    for each in hashes:
        tree.append(each)

    def subtree(level: int, index: int) -> bytes:
        return hash_row(hashes[index << level : (index + 1) << level])

    path = inclusion_proof(entry.sequence, len(hashes), subtree)
    note = _LOG_KEY.sign(str(Checkpoint("prod-eu", len(hashes), tree.root())))
    proof = ProofView(
        entry.sequence,
        len(hashes),
        [base64.b64encode(each).decode() for each in path],
        note,
        str(_LOG_KEY.verifier),
        entry.time,
    )
    return EntryDetailView(entry.sequence, raw.decode(), said, proof, entry.text, [], has_recording)
