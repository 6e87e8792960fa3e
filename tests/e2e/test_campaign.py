"""A slice of the campaigns, always the same; `make campaign` runs them in full."""

from __future__ import annotations

from hoopterm.demo.postgres import EmbeddedPostgres
from tests.campaign import guardrails, masking


def test_no_composed_query_shows_or_tells_a_protected_value(postgres_server: EmbeddedPostgres) -> None:
    """SECURITY: promise 2, nothing unmasked escapes."""
    tally = masking.attack(postgres_server, range(25), seed=7)
    assert tally.leaks == []
    counts = tally.counts
    assert counts["telling_and_ran"] >= 2, "a run in which all is refused proves nothing"
    assert counts["passed"] >= 2
    assert counts["beside_shown"] >= 2


def test_no_composed_statement_does_what_the_policy_denies(postgres_server: EmbeddedPostgres) -> None:
    """SECURITY: rules are not dodged by spelling, wrapping or protocol."""
    done = guardrails.attack(postgres_server, range(25), seed=7)
    assert done.leaks == []
    assert done.counts["would_have_worked"] >= 4, "attempts that fail anyway prove nothing"
