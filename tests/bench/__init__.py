"""The published benchmark: `make bench`, or `python -m tests.bench`.

`statements` is pgbench directly, through PgBouncer and through engines; `bench`, `peers` and `policy` are what it runs
on, `figures` is the arithmetic, `machine` and `disk` say where it ran, `report` prints it, `profiling` says where the
time goes.
"""
