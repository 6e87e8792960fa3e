from __future__ import annotations

import pytest

from engine.masking.plan import MaskRule, Masks
from engine.model import Identity, Target
from engine.protocols.ssh.openfiles import FileMasker

CARD = b"4111 1111 1111 1111"


@pytest.mark.parametrize("strategy", ["redact", "partial", "hash", "token", "nullify"])
def test_a_masked_file_is_as_long_as_it_was_whatever_the_rule_says(strategy: str) -> None:
    rule = MaskRule("m", detect=("credit_card",), strategy=strategy)
    masks = Masks([rule], Identity("b", "agent"), Target("w", "ssh", "127.0.0.1:22"), b"k" * 32)
    masker = FileMasker(masks)
    content = masker.mask(b"card " + CARD + b" end") + masker.finish()
    assert content == b"card " + b"*" * 19 + b" end"
    assert masks.detected["credit_card"].strategy == strategy  # everywhere else it is as the rule says


def test_a_fork_goes_on_by_itself_from_where_it_was_made() -> None:
    rule = MaskRule("m", detect=("credit_card",))
    masker = FileMasker(Masks([rule], Identity("b", "agent"), Target("w", "ssh", "127.0.0.1:22"), b"k" * 32))
    before = masker.mask(b"x" * 1000 + CARD[:9])
    fork = masker.fork()
    one, other = masker.mask(CARD[9:]) + masker.finish(), fork.mask(b" no card") + fork.finish()
    assert before + one == b"x" * 1000 + b"*" * 19
    assert before + other == b"x" * 1000 + CARD[:9] + b" no card"
