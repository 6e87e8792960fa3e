"""A proof holds or does not, whatever the engine says of it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from engine.api.schema import EntryDetailView
from hoopterm.console.proof import check
from replay.note import SigningKey
from tests.hoopterm.console.record import detail, entries

ENTRIES = entries(20)


@pytest.mark.parametrize("number", [0, 1, 7, 19])
def test_an_entry_is_proven_where_it_stands(number: int) -> None:
    proven = check(detail(ENTRIES[number]))
    assert (proven.holds, proven.why, proven.leaf, proven.size) == (True, "", number, number + 2)
    assert proven.origin == "prod-eu"


def _proof(found: EntryDetailView, **changes: object) -> EntryDetailView:
    return msgspec.structs.replace(found, proof=msgspec.structs.replace(found.proof, **changes))


@pytest.mark.parametrize(
    "forge",
    [
        lambda found: msgspec.structs.replace(found, raw=found.raw + " "),
        lambda found: msgspec.structs.replace(found, sequence=6),
        lambda found: _proof(found, leaf=6),
        lambda found: _proof(found, size=10),
        lambda found: _proof(found, hashes=found.proof.hashes[:-1]),
        lambda found: _proof(found, hashes=["?", *found.proof.hashes[1:]]),
        lambda found: _proof(found, note=found.proof.note.replace("\n9\n", "\n8\n")),
        lambda found: _proof(found, note="no note"),
        lambda found: _proof(found, key="no key"),
        lambda found: _proof(found, key=str(SigningKey.generate("prod-eu").verifier)),
    ],
)
def test_nothing_else_is_proven(forge: Callable[[EntryDetailView], EntryDetailView]) -> None:
    """SECURITY promise 8."""
    proven = check(forge(detail(ENTRIES[7])))
    assert not proven.holds
    assert proven.why
