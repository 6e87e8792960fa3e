"""One module a migration, in the order of their `revision`. Applied ones are never edited."""
