from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.config.merging import Overlap, merge

BASE = "rules:\n  - a\n  - b\n  - c\n"


def test_changes_of_different_lines_are_both_made() -> None:
    assert merge(BASE, BASE.replace("- a", "- A"), BASE.replace("- c", "- C")) == "rules:\n  - A\n  - b\n  - C\n"


def test_changes_of_neighbouring_lines_are_both_made() -> None:
    assert merge(BASE, BASE.replace("- a", "- A"), BASE.replace("- b", "- B")) == "rules:\n  - A\n  - B\n  - c\n"


def test_a_change_that_both_made_is_made_once() -> None:
    assert merge(BASE, BASE + "  - d\n", BASE + "  - d\n") == BASE + "  - d\n"


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (BASE.replace("- b", "- x"), BASE.replace("- b", "- y")),
        (BASE.replace("- b", "- x"), BASE.replace("  - b\n", "")),
        (BASE + "  - d\n", BASE + "  - e\n"),
    ],
)
def test_what_touches_the_same_lines_is_no_merge(ours: str, theirs: str) -> None:
    with pytest.raises(Overlap):
        merge(BASE, ours, theirs)


TEXTS = st.lists(st.sampled_from("abcd\n"), max_size=12).map("".join)


@given(TEXTS, TEXTS)
def test_a_merge_with_nothing_is_the_other_change(base: str, other: str) -> None:
    assert merge(base, base, other) == other
    assert merge(base, other, base) == other
    assert merge(base, other, other) == other
