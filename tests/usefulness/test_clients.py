"""Drivers work through the engine as they do directly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.usefulness.clients import CLIENTS
from tests.usefulness.sides import Side, Sides


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.__name__)
def test_a_driver_sees_what_it_sees_directly(shop: Sides, client: Callable[[Side], list[Any]]) -> None:
    expected, seen = (client(side) for side in shop.both())
    assert len(expected) > 5
    assert list(map(repr, seen)) == list(map(repr, expected))
