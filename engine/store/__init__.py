"""Relational state that outlives the engine: SQLite by default, PostgreSQL for several nodes.

store       opening it: pragmas, migrations, file mode (`store.Store`)
connection  transactions, and their failures as errors of ours
tables      the tables, and how values are kept in them
tokens      tokens as digests (`identity.tokens.TokenStore`)
locks       locks of identities and targets (`identity.locks.LockStore`)
reviews     reviews and their votes; every change of state is a compare-and-swap
sessions    the list of sessions, live and past
migrations  Alembic's, run at every opening
"""
