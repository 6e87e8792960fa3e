"""The policy under which the engine is measured: twenty rules, a condition, a column mask and detectors.

Three targets are the same database: `db` is masked by column and by detectors, `columns` by column alone, `plain` not
at all. Every statement of the benchmark meets the condition of `accounts-by-key`.
"""

from __future__ import annotations

import getpass

_HEAD = """
engine: {state: ./state, socket: ./control.sock, audit: {durability: %(durability)s}}
listeners: {postgres: {listen: "127.0.0.1:0", names: [localhost], tls: off}}
identity:
  people:
    alice: {unix: bench-alice, groups: [dev]}
    bob: {unix: "%(user)s", groups: [dba]}
permissions: {admin: [dba], approver: [dba], operator: [dba], auditor: [dba]}
agents:
  - {name: bot, sponsor: alice, purpose: benchmarks, groups: [agents]}
  - {name: officer, sponsor: alice, purpose: benchmarks, groups: [agents, privacy]}
targets:
"""

_TARGET = """
  - name: %(name)s
    protocol: postgres
    address: "%(host)s:%(port)d"
    database: %(database)s
    credential: {user: "%(role)s", password: {env: UPSTREAM_PASSWORD}}
    labels: {env: bench, masked: "%(masked)s"}
    record: {answers: all}
"""

_POLICY = """
masking:
  - name: filler
    where: {labels: {masked: columns}}
    columns: [pgbench_accounts.filler, bulk_accounts.filler]
  - name: pii
    where: {labels: {masked: all}}
    columns: [pgbench_accounts.filler, bulk_accounts.filler]
    detect: [credit_card, email, iban, us_ssn, phone, jwt, aws_access_key, private_key]
rules:
  - {name: agents-read, decide: allow, who: {groups: [agents]}, where: {labels: {env: bench}}, what: {effects: [read]}}
  - {name: people-read, decide: allow, who: {groups: [dev, dba]}, what: {effects: [read]}}
  - {name: dba-works, decide: allow, who: {groups: [dba]}, what: {effects: [read, write, delete, session, execute]}}
  - name: accounts-by-key
    decide: deny
    who: {groups: [agents]}
    what: {effects: [read], tables: [pgbench_accounts]}
    when: "!operation.has_where && identity.kind == 'agent'"
    reason: accounts are read by their key
  - name: changes-need-a-human
    decide: review
    who: {groups: [agents]}
    what: {effects: [write, delete]}
    review: {reviewers: {groups: [dba]}, hold: 60s, timeout: 15m}
  - {name: no-ddl, decide: deny, who: {groups: [agents, dev]}, what: {effects: [schema, privilege]}, reason: migrate}
  - {name: no-files, decide: deny, what: {effects: [file, network]}}
  - {name: no-secrets, decide: deny, who: {groups: [agents]}, what: {tables: [auth.*, "*.api_keys"]}}
  - {name: no-salaries, decide: deny, who: {groups: [agents, dev]}, what: {columns: ["employees.salary"]}}
  - {name: no-history-edits, decide: deny, what: {effects: [write, delete], tables: [pgbench_history]}}
  - {name: no-sleeping, decide: deny, what: {functions: ["pg_sleep*"]}}
  - {name: no-large-objects, decide: deny, what: {functions: ["lo_*"]}}
  - {name: no-termination, decide: deny, who: {groups: [agents]}, what: {functions: ["pg_terminate_*", "pg_cancel_*"]}}
  - {name: no-truncate, decide: deny, who: {groups: [agents]}, what: {verbs: [TRUNCATE]}}
  - {name: reports-run, decide: allow, who: {groups: [agents]}, what: {effects: [execute], functions: ["reports.*"]}}
  - {name: scratch, decide: allow, who: {groups: [agents]}, what: {effects: [write, delete], tables: [scratch.*]}}
  - {name: settings, decide: allow, who: {groups: [agents]}, what: {effects: [session]}}
  - {name: nothing-opaque, decide: deny, who: {groups: [agents]}, what: {effects: [opaque]}}
  - {name: no-vacuum, decide: deny, who: {groups: [agents]}, what: {verbs: [VACUUM, REINDEX, CLUSTER]}}
  - name: deletes-by-people
    decide: review
    who: {groups: [dev]}
    what: {effects: [delete]}
    when: operation.has_where
    review: {reviewers: {groups: [dba]}}
"""

TARGETS = {"db": "all", "columns": "columns", "plain": "none"}


def configuration(durability: str, *, host: str, port: int, database: str, role: str) -> str:
    """The YAML of an engine before that database; the password comes from `UPSTREAM_PASSWORD`."""
    upstream = {"host": host, "port": port, "database": database, "role": role}
    targets = [_TARGET % {**upstream, "name": name, "masked": masked} for name, masked in TARGETS.items()]
    return _HEAD % {"durability": durability, "user": getpass.getuser()} + "".join(targets) + _POLICY
