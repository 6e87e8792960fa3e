"""The published benchmark: `make bench`, or `python -m tests.bench`.

`statements` is pgbench directly, through PgBouncer and through engines (`pgbench` is one run of it), `bulk` large
answers (`driver` is one of their clients), `memory` what answers and sessions hold, `auditlog` the log alone. They run
on what `bench`, `peers` and `policy` set up. `figures` is the arithmetic, `machine` and `disk` say where it ran,
`report` prints it, `profiling` says where the time goes.
"""
