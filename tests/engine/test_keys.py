from pathlib import Path

import pytest

from engine.keys import load_or_make


def test_a_key_is_made_once_and_private(tmp_path: Path) -> None:
    key = load_or_make(tmp_path, "masking.key")
    assert len(key) == 32
    assert load_or_make(tmp_path, "masking.key") == key
    assert (tmp_path / "masking.key").stat().st_mode & 0o777 == 0o600
    assert load_or_make(tmp_path, "approvals.key") != key


def test_a_torn_key_is_refused_rather_than_replaced(tmp_path: Path) -> None:
    (tmp_path / "masking.key").write_bytes(b"short")
    with pytest.raises(ValueError, match="not a 32-byte key"):
        load_or_make(tmp_path, "masking.key")
