"""The one place that knows the protocols' names."""

from __future__ import annotations

import subprocess
import sys

import pytest

from engine.errors import NotFound
from engine.protocols import registry


def test_a_protocol_is_found_by_its_name() -> None:
    assert registry.get("postgres").name == "postgres"
    assert [registry.get(name).name for name in registry.NAMES] == list(registry.NAMES)


def test_an_unknown_protocol_is_not_found() -> None:
    with pytest.raises(NotFound, match="no protocol gopher"):
        registry.get("gopher")


def test_importing_a_protocols_package_loads_none_of_it() -> None:
    script = (
        "import sys, engine.protocols.postgres as package; "
        "print([name for name in sys.modules if name.startswith(package.__name__ + '.')])"
    )
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_a_key_that_is_one_protocols_own_means_nothing_to_another() -> None:
    assert registry.knows("postgres", "listener.tls")
    assert not registry.knows("ssh", "listener.tls")
    assert registry.knows("ssh", "listener.listen")
