import os
import stat
from pathlib import Path

import pytest

from engine.errors import HooptermError
from engine.store.store import Store


def _modes(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}


async def test_nobody_else_can_read_it(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        store = await Store.open("sqlite", tmp_path)
        await store.tokens()
        modes = _modes(tmp_path)
        await store.close()
    finally:
        os.umask(before)
    assert set(modes.values()) == {0o600}
    assert "hoopterm.db" in modes


async def test_opening_it_again_keeps_what_is_there(tmp_path: Path) -> None:
    for _ in range(2):
        store = await Store.open("sqlite", tmp_path)
        assert await store.tokens() == []
        await store.close()


@pytest.mark.parametrize("url", ["postgresql://app:hunter2@127.0.0.1:1/x", "hunter2"])
async def test_what_does_not_open_says_why_without_its_password(tmp_path: Path, url: str) -> None:
    with pytest.raises(HooptermError) as caught:
        await Store.open(url, tmp_path)
    assert "hunter2" not in f"{caught.value} {caught.value!r} {caught.value.hint}"


async def test_a_file_that_is_no_database_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "hoopterm.db").write_bytes(b"nonsense" * 1000)
    with pytest.raises(HooptermError, match="does not open"):
        await Store.open("sqlite", tmp_path)


async def test_its_repr_shows_no_password(tmp_path: Path) -> None:
    store = await Store.open("sqlite", tmp_path)
    assert repr(store) == f"<Store sqlite+aiosqlite:///{tmp_path}/hoopterm.db>"
    await store.close()
