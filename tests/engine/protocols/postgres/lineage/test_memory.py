"""What is remembered of a catalog."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.protocols.postgres.lineage.memory import recall
from tests.engine.protocols.postgres.lineage.shop import Shop


def test_a_catalog_is_asked_once_until_its_version_changes(shop: Shop) -> None:
    catalog, asked = replace(shop.catalog), []

    def find() -> int:
        asked.append(1)
        return len(asked)

    assert [recall(catalog, "x", find), recall(catalog, "x", find)] == [1, 1]
    catalog.version += 1
    assert recall(catalog, "x", find) == 2
    assert recall(replace(catalog), "x", find) == 3


def test_nothing_is_remembered_of_a_question_that_failed(shop: Shop) -> None:
    def fail() -> int:
        raise RecursionError

    with pytest.raises(RecursionError):
        recall(shop.catalog, "fails once", fail)
    assert recall(shop.catalog, "fails once", lambda: 7) == 7
