"""What Alembic runs: the migrations, on the connection it was given, in that connection's transaction."""

from alembic import context

from engine.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
