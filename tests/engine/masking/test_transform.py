import pytest

from engine.masking.transform import STRENGTH, make

KEY = b"k" * 32


def test_redact_keeps_the_length_and_nothing_else() -> None:
    assert make("redact", KEY).replace("Zoë".encode()) == b"****"


def test_partial_shows_the_last_four_characters_of_long_values_only() -> None:
    replace = make("partial", KEY).replace
    assert replace(b"4111111111111111") == b"************1111"
    assert replace(b"12345678") == b"********"
    assert replace(b"") == b""


def test_nullify_gives_null() -> None:
    assert make("nullify", KEY).replace(b"x") is None


@pytest.mark.parametrize("strategy", ["hash", "token"])
def test_keyed_strategies_keep_equality_and_hang_on_the_key(strategy: str) -> None:
    one, same, other = make(strategy, KEY), make(strategy, KEY), make(strategy, b"o" * 32)
    assert one.replace(b"ada") == same.replace(b"ada")
    assert one.replace(b"ada") != one.replace(b"bob")
    assert one.replace(b"ada") != other.replace(b"ada")


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown masking strategy"):
        make("rot13", KEY)


def test_only_redaction_promises_to_keep_the_length() -> None:
    assert [name for name in STRENGTH if make(name, KEY).keeps_length] == ["redact"]
