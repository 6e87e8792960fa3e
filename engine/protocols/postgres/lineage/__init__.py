"""Where every column of an answer comes from, what steers it, and what is copied.

tracing                 the entry points
values, types, memory   sources, parts and the ledger; just enough of types; what is kept while a catalog lives
scope, references       which column a name means; names: what an output column is called
statements, changes     every kind of statement; those that change rows; schema: those that change tables
storing                 what a table does by itself to a row stored in it: defaults, generated columns, checks, keys
queries, withs, ranges  SELECT, VALUES and set operations; WITH; FROM; targets: the list after SELECT
expressions, calls      where a value comes from; bodies: SQL functions followed; overloads: which can be meant
relations, functions    what the columns of tables, views and functions in FROM hold
builtins                what PostgreSQL's own functions do with values
"""
