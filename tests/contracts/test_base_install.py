"""The base install alone: the console and the auditor's tools, in a virtual environment without the engine's libraries.

The package is built from a copy of the tree, so what it forgets to ship is missing here too. Dependencies are the pins
of requirements.lock with their hashes.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from importlib.metadata import requires
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from replay.format import Frame, encode_block, encode_header
from replay.note import SigningKey
from tests.replay.builder import entries, write_log

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# What only the engine needs. (pydantic is not among them: typer needs it.)
ENGINES = (
    "sqlalchemy",
    "alembic",
    "asyncpg",
    "postgast",
    "ruamel.yaml",
    "hyperscan",
    "uvloop",
    "structlog",
)


def needed() -> set[str]:
    """The names of the base dependencies and of what they need in turn, and of what builds the package."""
    found: set[tuple[str, frozenset[str]]] = set()
    waiting = [
        Requirement(text) for text in (*PROJECT["project"]["dependencies"], *PROJECT["build-system"]["requires"])
    ]
    while waiting:
        requirement = waiting.pop()
        name, extras = canonicalize_name(requirement.name), frozenset(requirement.extras)
        if (name, extras) in found:
            continue
        found.add((name, extras))
        for further in map(Requirement, requires(name) or ()):
            marker = further.marker
            if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras | {""}):
                waiting.append(further)
    return {name for name, _ in found}


def pins(names: set[str]) -> str:
    """The lines of the lock that pin those names, with their hashes."""
    lock = (ROOT / "requirements.lock").read_text()
    pinned = re.findall(r"^([A-Za-z0-9._-]+)==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    blocks = re.findall(r"^[A-Za-z0-9._-]+==.*?(?=^\S|\Z)", lock, re.MULTILINE | re.DOTALL)
    chosen = {name: block for name, block in zip(pinned, blocks, strict=True) if canonicalize_name(name) in names}
    assert {canonicalize_name(name) for name in chosen} == names
    return "".join(chosen.values())


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The programs of an environment with `pip install hoopterm` alone."""
    home = tmp_path_factory.mktemp("base")
    source = home / "source"
    shutil.copytree(ROOT, source, ignore=lambda directory, names: _not_source(Path(directory), names))
    (home / "pins.txt").write_text(pins(needed()))
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home / "venv")], check=True)
    programs = home / "venv" / "bin"
    pip = [sys.executable, "-m", "pip", "--python", str(programs / "python"), "install", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--require-hashes", "-r", str(home / "pins.txt")], check=True)
    subprocess.run([*pip, "--no-build-isolation", str(source)], check=True)
    return programs


def _not_source(directory: Path, names: list[str]) -> set[str]:
    if directory == ROOT:
        return set(names) - {"hoopterm", "engine", "replay", "pyproject.toml", "README.md", "LICENSE"}
    return {name for name in names if name == "__pycache__"}


def ran(base: Path, directory: Path, *command: str) -> str:
    done = subprocess.run(
        [str(base / command[0]), *command[1:]],
        cwd=directory,
        env={"PATH": f"{base}:/usr/bin:/bin", "HOME": str(directory)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_engines_libraries_are_not_there(base: Path, tmp_path: Path) -> None:
    script = f"from importlib.util import find_spec; print([n for n in {ENGINES!r} if find_spec(n.split('.')[0])])"
    assert ran(base, tmp_path, "python", "-c", script) == "[]\n"


def test_every_noun_tells_its_help(base: Path, tmp_path: Path) -> None:
    nouns = re.findall(
        r"^  ([a-z]+)  ", ran(base, tmp_path, "hoopterm", "--help").partition("Commands:")[2], re.MULTILINE
    )
    assert len(nouns) >= 11
    script = "import sys; from hoopterm.cli.root import run; sys.exit(any([run([n, '--help']) for n in sys.argv[1:]]))"
    assert ran(base, tmp_path, "python", "-c", script, *nouns).count("Usage: ") == len(nouns)


def test_the_console_loads_with_its_styles(base: Path, tmp_path: Path) -> None:
    script = (
        "from hoopterm.console import app; from pathlib import Path; print(*Path(app.__file__).parent.glob('*.tcss'))"
    )
    assert "hoopterm.tcss" in ran(base, tmp_path, "python", "-c", script)


def test_a_log_is_verified(base: Path, tmp_path: Path) -> None:
    key = SigningKey.generate("node/0")
    write_log(tmp_path / "log", entries(300, key), key)
    said = ran(base, tmp_path, "hoopterm", "audit", "verify", str(tmp_path), "--key", str(key.verifier), "--strict")
    assert "anchored" in said


def test_a_recording_is_replayed(base: Path, tmp_path: Path) -> None:
    frame = Frame(0.1, "q", {"operation": "o", "verb": "SELECT", "text": "SELECT 1", "verdict": "allow"})
    (tmp_path / "s-1.hoop").write_bytes(encode_header({"session": "s-1"}) + encode_block([frame]))
    assert "SELECT 1" in ran(base, tmp_path, "hoopterm", "replay", "s-1.hoop")


def test_what_needs_the_engine_says_what_to_install(base: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        [str(base / "hoopterm"), "policy", "check"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "pip install 'hoopterm[engine]'" in done.stderr
