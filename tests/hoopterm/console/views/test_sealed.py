"""The log's word on an operation, in a few lines."""

from __future__ import annotations

from hoopterm.console import proof
from hoopterm.console.lines import measure, plain
from hoopterm.console.sealed import Sealed
from hoopterm.console.views.sealed import sealed
from tests.hoopterm.console.record import detail, entries


def shown(found: Sealed | None, cells: int = 40) -> str:
    lines = sealed(found, cells)
    assert all(measure(each) <= cells for each in lines)
    return "\n".join(plain(each) for each in lines)


def test_a_proven_entry_has_its_number_and_place() -> None:
    entry = entries(3)[1]
    text = shown(Sealed(entry, proof.check(detail(entry)), 2))
    for part in ("#1 operation.intended", "2 later ones", "✓ proven here"):
        assert part in " ".join(text.split())


def test_what_was_not_checked_is_never_called_proven() -> None:
    for found in (None, Sealed(cause="the engine is away"), Sealed(entries(3)[1], None, 0, "no checkpoint yet")):
        assert "proven" not in shown(found)
    assert "the engine is away" in shown(Sealed(cause="the engine is away"), 60)
