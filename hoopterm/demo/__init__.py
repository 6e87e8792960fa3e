"""The demo: a small shop on an embedded PostgreSQL, an engine with a readable policy, and a scripted agent."""
