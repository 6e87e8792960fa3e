"""`policy explain` against a real PostgreSQL: analysed by its catalog, decided by the pipeline, never run."""

from __future__ import annotations

import os
import pwd
from pathlib import Path

import pytest

from hoopterm.errors import Refused
from tests.engine.api.conftest import Serving
from tests.servers.postgres import Database

CONFIGURATION = """
engine: {{state: {state}}}
identity: {{people: {{root: {{unix: {root}, groups: [all]}}}}}}
permissions: {{admin: [all], operator: [all]}}
agents: [{{name: report-bot, sponsor: root, groups: [agents]}}]
targets:
  - name: shop
    protocol: postgres
    address: "{host}:{port}"
    database: {database}
    credential: {{user: {user}, password: {{env: EXPLAINED_PASSWORD}}}}
    tls: {{mode: disable}}
rules:
  - {{name: reads, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read]}}}}
  - name: deletes
    decide: review
    who: {{groups: [agents]}}
    what: {{effects: [delete]}}
    review: {{reviewers: {{groups: [all]}}}}
masking: [{{name: pii, columns: [customers.email], with: redact}}]
"""


@pytest.fixture
def config(place: Path, database: Database, monkeypatch: pytest.MonkeyPatch) -> Path:
    server = database.server
    database.psql("create table customers (id int, email text); insert into customers values (1, 'ada@example.com')")
    monkeypatch.setenv("EXPLAINED_PASSWORD", server.password)
    path = place / "hoopterm.yaml"
    path.write_text(
        CONFIGURATION.format(
            state=place / "state",
            root=pwd.getpwuid(os.getuid()).pw_name,
            host=server.host,
            port=server.port,
            database=database.name,
            user=server.user,
        )
    )
    return path


async def test_a_statement_is_decided_as_the_pipeline_would_and_not_run(serving: Serving, database: Database) -> None:
    decision = await serving.client.explain("report-bot", "shop", "DELETE FROM customers WHERE id = 1")
    assert (decision.verdict, decision.rule, decision.verb) == ("review", "deletes", "DELETE")
    assert {(rule["rule"], rule["matched"]) for rule in decision.considered} >= {("deletes", True)}
    assert database.psql("select count(*) from customers").split() == ["1"]


async def test_it_tells_which_columns_would_be_masked(serving: Serving) -> None:
    decision = await serving.client.explain("report-bot", "shop", "SELECT id, email AS harmless FROM customers")
    assert (decision.verdict, decision.rule) == ("allow", "reads")
    assert decision.masked_columns == ["harmless"]


async def test_of_several_statements_the_worst_is_told(serving: Serving) -> None:
    decision = await serving.client.explain("report-bot", "shop", "SELECT 1; DROP TABLE customers; SELECT 2")
    assert (decision.verdict, decision.rule) == ("deny", None)
    assert decision.verb.startswith("DROP")


async def test_no_statement_at_all_is_told(serving: Serving) -> None:
    with pytest.raises(Refused):
        await serving.client.explain("report-bot", "shop", " ")
