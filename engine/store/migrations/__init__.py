"""Alembic's migrations of the store; `env` runs them on the connection that `engine.store.store` opened."""
