"""The gateway between agents and production.

identity    who asks: subject, kind, groups, sponsor, how authenticated, on whose behalf
target      one upstream: protocol, address, credential reference, labels
session     one client connection to one target
operation   one unit of intent: for PostgreSQL, one SQL statement
effect      what an operation does: read, write, delete, schema … or opaque (could not be told)
resource    what it touches: a table and its columns, a path, a setting
access      one (effect, resource) pair of an operation; each is decided by itself
rule        YAML: who + where + what → allow, deny or review
decision    the rule that won, its verdict, and why
review      a held operation waiting for people
grant       what an approval gives: once for these exact bytes
limit       how many rows one operation may change and return
lock        what stops an identity or a target until somebody takes it off
event       one entry of the audit log
recording   one session's operations, decisions and masked answers, with time

Nothing is imported here: `import engine` costs nothing. Start reading at `engine.pipeline`.
"""
