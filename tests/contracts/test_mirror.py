"""Each source file has its test file, at the same place in the tree."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).parents[2]

# source file, or folder → why it has no test file of its own
UNTESTED: dict[str, str] = {
    "hoopterm/__main__.py": "three lines; every test of the command line runs them",
    "engine/api/schema": "declarations only; the tests of the API and of the client read and write every one",
    "engine/protocols/base.py": "a contract of declarations; mypy checks it and the conformance tests use it",
    "engine/protocols/postgres/statement.py": "declarations only; the tests of the analysis and the relay use them",
}


def has_code(path: Path) -> bool:
    return path.name != "__init__.py" and path.stat().st_size > 0


def test_each_source_file_has_its_test_file() -> None:
    missing = []
    for package in ("hoopterm", "engine", "replay"):
        for path in sorted((ROOT / package).rglob("*.py")):
            name = path.relative_to(ROOT)
            test = ROOT / "tests" / name.parent / f"test_{name.stem}.py"
            excused = {str(name), *map(str, name.parents)} & UNTESTED.keys()
            if has_code(path) and not excused and not test.exists():
                missing.append(str(name))
    assert missing == []


def test_each_exception_still_exists() -> None:
    assert [name for name in UNTESTED if not (ROOT / name).exists()] == []
