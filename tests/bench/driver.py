"""A client of its own process that reads an answer with asyncpg, which asks for binary: prints the seconds it took."""

from __future__ import annotations

import asyncio
import sys
import time

import asyncpg


async def main(statement: str) -> None:
    connection = await asyncpg.connect(ssl=False)  # the rest from PGHOST, PGPORT …
    started = time.perf_counter()
    rows = await connection.fetch(statement)
    print(time.perf_counter() - started, len(rows))
    await connection.close()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
