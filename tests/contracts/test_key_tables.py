"""The documents' tables of keys are the registry's."""

from __future__ import annotations

import pytest

from tests.keytable import ROOT, TABLES, between


@pytest.mark.parametrize("name", TABLES)
def test_a_documents_keys_are_the_registrys(name: str) -> None:
    text = (ROOT / name).read_text()
    assert text == between(text, TABLES[name]()), f"the table of keys in {name} is stale: `make keys` writes it"
