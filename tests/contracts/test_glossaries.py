"""Each package says what is in it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# package → where its modules are told instead
ELSEWHERE: dict[str, str] = {
    "engine": "its docstring has the words; engine/README.md has the modules",
    "engine/store/migrations": "Alembic's own layout",
    "engine/store/migrations/versions": "one module a revision",
}
PACKAGES = [
    str(init.parent.relative_to(ROOT))
    for package in ("hoopterm", "engine", "replay")
    for init in sorted((ROOT / package).rglob("__init__.py"))
]


@pytest.mark.parametrize("package", [package for package in PACKAGES if package not in ELSEWHERE])
def test_a_package_names_each_of_its_modules_or_its_family(package: str) -> None:
    folder = ROOT / package
    glossary = ast.get_docstring(ast.parse((folder / "__init__.py").read_text())) or ""
    words = set(re.findall(r"\w+", glossary))
    modules = {path.stem for path in folder.glob("*.py")} - {"__init__", "__main__"}
    assert {module for module in modules if not {module, module.split("_")[0]} & words} == set()


def test_the_engines_glossary_can_be_read_at_a_glance() -> None:
    assert len((ROOT / "engine/__init__.py").read_text().splitlines()) <= 25
