"""What each kind of SQL statement and each function does.

table                one entry for each kind of statement
rows, schema         what statements on rows and on the schema do; objects: which they name
session              settings, transactions, prepared statements, cursors, channels, EXPLAIN
functions, builtins  what calling a function means; PostgreSQL's own, by name, with `harmless.json`
"""
