"""The demo: a small shop on an embedded PostgreSQL, an engine with a readable policy, and a scripted agent.

scene      all of it together, and what really happened
postgres   an embedded PostgreSQL from its wheel; the tests use it too
service    the engine, as a process of its own
host       an sshd on loopback, and an agent that comes with ssh
agent      psql with a token and a list of steps
"""
