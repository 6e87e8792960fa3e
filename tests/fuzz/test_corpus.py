"""The kept corpus through each target, without a fuzzer."""

from __future__ import annotations

import pytest

from tests.engine.protocols.postgres.analysing import Still
from tests.fuzz import sql
from tests.fuzz.targets import ANALYSIS, CORPUS, NAMES, TARGETS, seeds


@pytest.mark.parametrize("name", TARGETS)
def test_what_was_kept_of_a_target_holds(name: str) -> None:
    """SECURITY: promises 2, 5 and 6, for every parser that meets a stranger's bytes."""
    for seed in seeds(name):
        TARGETS[name](seed)


def test_what_was_kept_of_the_analysis_holds(shop_source: Still) -> None:
    """SECURITY: promise 5, unknown is refused: no text raises, and what is remembered is what would be said."""
    target = sql.analysis(shop_source)
    for _ in range(2):  # the second time remembered
        for seed in seeds(ANALYSIS):
            target(seed)


def test_every_corpus_is_a_targets_and_small() -> None:
    sizes = {folder.name: sum(map(len, seeds(folder.name))) for folder in CORPUS.iterdir()}
    assert sizes.keys() == set(NAMES)
    assert {name: size for name, size in sizes.items() if size > 16_384} == {}
