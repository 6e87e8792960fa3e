"""Files and functions stay small enough to be read whole."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("hoopterm", "engine", "replay", "tests")
LONGEST_FILE = 400
LONGEST_FUNCTION = 80
SHORT_FUNCTION = 40

# path → why it may be longer than the others
LARGE_FILES: dict[str, str] = {}
LARGE_FUNCTIONS: dict[str, str] = {}


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted((ROOT / package).rglob("*.py"))


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{path.relative_to(ROOT)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def test_no_file_is_longer_than_the_limit() -> None:
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources()}
    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE and name not in LARGE_FILES} == {}


def test_the_median_file_is_short() -> None:
    assert statistics.median(len(path.read_text().splitlines()) for path in sources() if path.stat().st_size) <= 180


def test_no_function_is_longer_than_the_limit() -> None:
    lengths = dict(item for path in sources() for item in functions(path))
    assert {
        name: size for name, size in lengths.items() if size > LONGEST_FUNCTION and name not in LARGE_FUNCTIONS
    } == {}


def test_nineteen_functions_in_twenty_are_short() -> None:
    lengths = [size for path in sources() for _, size in functions(path)]
    assert sum(size < SHORT_FUNCTION for size in lengths) / len(lengths) >= 0.95


def test_no_module_is_named_for_nothing_in_particular() -> None:
    vague = {"utils", "util", "helpers", "misc", "common", "part2"}
    assert [path for path in sources() if path.stem in vague] == []
