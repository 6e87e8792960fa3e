"""Statements that are denied, so many a second over some connections, until standard input ends."""

from __future__ import annotations

import os
import sys
import threading
import time

import psycopg

_CONNECTIONS = 8
_BATCH = 0.01  # seconds between two handfuls of one connection


def _deny(rate: float, ended: threading.Event, counts: list[int]) -> None:
    """Denials of one connection, those that are due at a time."""
    done, started = 0, time.monotonic()
    with psycopg.connect(dbname=os.environ["PGDATABASE"], autocommit=True) as connection:
        while not ended.wait(_BATCH):
            due = int((time.monotonic() - started) * rate)
            for _ in range(done, due):
                try:
                    connection.execute("truncate pgbench_history")
                except psycopg.errors.InsufficientPrivilege:
                    done += 1
    counts.append(done)


def main() -> None:
    rate, ended, counts = float(sys.argv[1]), threading.Event(), list[int]()
    threads = [threading.Thread(target=_deny, args=(rate / _CONNECTIONS, ended, counts)) for _ in range(_CONNECTIONS)]
    started = time.monotonic()
    for thread in threads:
        thread.start()
    sys.stdin.read()
    ended.set()
    for thread in threads:
        thread.join()
    print(sum(counts) / (time.monotonic() - started))


if __name__ == "__main__":
    main()
