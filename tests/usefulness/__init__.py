"""Ordinary work through the engine, compared with the same work done directly: `python -m tests.usefulness`.

sides       one database, reached directly and through an engine whose policy has everything but `opaque`
rental.sql, queries.sql, precision   a shop's schema, questions about it, and how much of the answers is masked
programs    psql's describing commands; dumps: pg_dump, and what restores it; benches: pgbench
clients     drivers at work; catalog.sql: what tools ask of the catalog
compliance  SQLAlchemy's suite for dialects, test by test
figures     both rates, and the block of the README that shows them
"""
