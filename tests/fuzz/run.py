"""One target under atheris: `python -m tests.fuzz.run TARGET [libFuzzer's arguments]`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import atheris

with atheris.instrument_imports(include=["engine", "replay"], enable_loader_override=False):
    from tests.engine.protocols.postgres.analysing import SHOP, Still, connector
    from tests.fuzz import sql
    from tests.fuzz.targets import ANALYSIS, TARGETS, Target

from engine.protocols.postgres.catalog.source import CatalogSource
from hoopterm.demo.postgres import EmbeddedPostgres
from tests.servers.postgres import Database


@contextmanager
def _target(name: str) -> Iterator[Target]:
    if name != ANALYSIS:
        yield TARGETS[name]
        return
    with EmbeddedPostgres(password="fuzz") as server:
        server.psql("create database shop")
        database = Database(server, "shop")
        database.psql(SHOP)

        async def load() -> Still:
            source = CatalogSource(connector(database))
            still = Still(await source.fresh(), await source.usable("clerk"))
            await source.close()
            return still

        still = asyncio.run(load())
    yield sql.analysis(still)


def main() -> None:
    """Fuzz until libFuzzer's limits, or until it crashes."""
    with _target(sys.argv[1]) as target:
        atheris.Setup([sys.argv[0], *sys.argv[2:]], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
