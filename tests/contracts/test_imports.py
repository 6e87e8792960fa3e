"""Who may load what: by contract (import-linter) and by what a fresh interpreter really loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def loaded_by(statement: str) -> set[str]:
    """The top-level modules in `sys.modules` after the statement, in a fresh interpreter."""
    script = f"{statement}; import sys; print(*{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(done.stdout.split())


def test_the_import_contracts_hold() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, done.stdout


def test_the_engine_loads_no_console() -> None:
    assert not {"textual", "hoopterm"} & loaded_by("import engine, engine.gateway")


def test_replay_loads_neither_console_nor_engine() -> None:
    assert not {"textual", "engine", "hoopterm", "aiohttp"} & loaded_by("import replay.verify, replay.player")


@pytest.mark.parametrize("package", ["engine", "replay", "hoopterm"])
def test_a_package_imports_nothing_eagerly(package: str) -> None:
    heavy = {"aiohttp", "textual", "sqlalchemy", "postgast", "pydantic", "msgspec", "typer", "cryptography"}
    assert not heavy & loaded_by(f"import {package}")
