from collections.abc import Iterator
from typing import get_args

from engine.config.models import Configuration, Detector, Section, Strategy
from engine.masking.detect import DETECTORS
from engine.masking.transform import STRENGTH


def _sections(section: type[Section]) -> Iterator[type[Section]]:
    for each in section.__subclasses__():
        yield each
        yield from _sections(each)


def test_every_section_refuses_what_it_does_not_know_and_explains_itself() -> None:
    for section in _sections(Section):
        assert section.model_config.get("extra") == "forbid"
        assert section.__doc__


def test_no_key_is_both_built_and_not() -> None:
    for section in _sections(Section):
        assert not section.UNBUILT & set(section.model_fields)


def test_masking_knows_every_detector_and_strategy_that_may_be_named() -> None:
    assert set(get_args(Detector)) == set(DETECTORS)
    assert set(get_args(Strategy)) == set(STRENGTH)


def test_defaults_are_those_of_the_reference() -> None:
    configuration = Configuration()
    assert configuration.engine.audit.durability == "strict"
    assert configuration.identity.tokens.max_ttl == 12 * 3600
