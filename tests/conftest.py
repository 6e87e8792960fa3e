"""Fixtures of the whole suite."""

pytest_plugins = [
    "tests.servers.postgres",
    "tests.servers.debian_postgres",
    "tests.servers.engine",
    "tests.servers.issuer",
]
