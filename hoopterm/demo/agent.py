"""The demo's agent: psql with a token, one session, a list of steps. It knows nothing of hoopterm but an address."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hoopterm.demo.postgres import binaries

_MARK = "--step-is-done--"
_LEAVES_WITHIN = 5.0  # seconds


@dataclass(frozen=True, slots=True)
class Step:
    """One statement or command of an agent: why it is sent, and what its output must show to have really happened."""

    title: str
    text: str
    expected: str
    holds: Callable[[str], bool]


# What must never reach the agent: pieces of the values that the shop holds.
CANARIES = ("ada@engines", "4111 1111", "GB82WEST", "078-05-1120", "grace@compilers", "gro.selpmaxe")


def _is_clean(output: str) -> bool:
    return not any(canary in output for canary in CANARIES)


def shows(*words: str) -> Callable[[str], bool]:
    """Whether an output has these words, and no canary."""
    return lambda output: _is_clean(output) and all(word in output for word in words)


STEPS = (
    Step(
        "looks at the customers",
        "SELECT id, name, email, card, ssn FROM customers ORDER BY id LIMIT 3;",
        "masked",
        shows("Ada Lovelace", "****"),
    ),
    Step(
        "counts orders by status",
        "SELECT status, count(*), sum(total) FROM orders GROUP BY status ORDER BY status;",
        "answered as it is",
        shows("stale", "250"),
    ),
    Step(
        "renames the column, to get round the mask",
        "SELECT email AS contact, reverse(upper(email)) AS backwards FROM customers AS c LIMIT 2;",
        "masked all the same",
        shows("contact", "****"),
    ),
    Step(
        "copies the table out, to get round the mask",
        "COPY (SELECT name, email, iban FROM customers ORDER BY id LIMIT 2) TO STDOUT (FORMAT csv);",
        "masked all the same",
        shows("Ada Lovelace,****"),
    ),
    Step(
        "guesses at a masked value, letter by letter",
        "SELECT count(*) FROM customers WHERE email LIKE 'ada%';",
        "denied",
        shows("ERROR", "denied", "pii"),
    ),
    Step(
        "drops a table",
        "DROP TABLE orders;",
        "denied",
        shows("ERROR", "denied", "no-ddl"),
    ),
    Step(
        "deletes the stale orders",
        "DELETE FROM orders WHERE status = 'stale' AND created < '2026-04-01';",
        "held until a person approves",
        shows("DELETE "),
    ),
    Step(
        "goes on in the same session",
        "SELECT count(*) AS orders_left FROM orders;",
        "answered as it is",
        shows("orders_left"),
    ),
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where the engine listens and as whom the agent comes."""

    host: str
    port: int
    user: str
    target: str
    token: str


class Agent:
    """One psql session through the engine."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._process = process
        self._input = process.stdin
        self._output = process.stdout

    async def perform(self, step: Step) -> str:
        """Send one statement and return everything psql printed for it; raises EOFError when psql ended."""
        self._input.write(f"{step.text}\n\\warn {_MARK}\n".encode())
        await self._input.drain()
        lines: list[str] = []
        while line := await self._output.readline():
            text = line.decode(errors="replace")
            if _MARK in text:
                return "".join(lines)
            lines.append(text)
        raise EOFError("".join(lines))


@asynccontextmanager
async def connected(address: Address) -> AsyncIterator[Agent]:
    """An agent's session, ended when the context ends."""
    environment = {
        "PATH": os.environ.get("PATH", ""),
        "PGHOST": address.host,
        "PGPORT": str(address.port),
        "PGUSER": address.user,
        "PGDATABASE": address.target,
        "PGPASSWORD": address.token,
        "PGSSLMODE": "disable",  # the wheel's libpq is built without TLS; this is loopback
        "PGAPPNAME": "nightly-report",
    }
    process = await asyncio.create_subprocess_exec(
        str(binaries() / "psql"),
        "--no-psqlrc",
        "--pset=pager=off",
        "--pset=footer=off",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=environment,
    )
    try:
        yield Agent(process)
        if process.stdin is not None:
            process.stdin.close()
        async with asyncio.timeout(_LEAVES_WITHIN):
            await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
