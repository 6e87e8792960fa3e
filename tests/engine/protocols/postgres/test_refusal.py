from __future__ import annotations

import pytest

from engine.protocols.postgres.refusal import refusal


@pytest.mark.parametrize(
    ("sqlstate", "why"),
    [
        ("28P01", "it refused the engine's credential (28P01)"),
        ("3D000", "it has no such database (3D000)"),
        ("XX000", "its reason is in its own log (XX000)"),
        ("", "its reason is in its own log (no SQLSTATE)"),
        ("se\ncr", "its reason is in its own log (no SQLSTATE)"),
    ],
)
def test_a_refusal_is_worded_from_the_sqlstate_alone(sqlstate: str, why: str) -> None:
    """CVE-2026-6666: a server may leave the SQLSTATE out."""
    assert refusal(sqlstate).why == why
