"""psql describes a database through the engine as it does directly."""

from __future__ import annotations

from tests.usefulness.programs import commands, describe
from tests.usefulness.sides import Sides


def test_psql_describes_what_there_is_as_it_does_directly(shop: Sides) -> None:
    asked = [command for command in commands() if not command.endswith("S")]
    count, differences = describe(shop, asked)
    assert count >= 150
    assert not differences, "\n\n".join(map(str, differences))
