"""The schema that the end-to-end tests work on, and the values that must never be seen."""

from __future__ import annotations

CANARY = "canary-7f3a9c"
CANARIES = (CANARY, CANARY[::-1], CANARY.encode().hex(), CANARY.upper())

SCHEMA = f"""
create table people (id integer primary key, name text not null, secret text, pin integer, city text);
insert into people
select n, 'name-' || n, '{CANARY}-' || n, 900000 + n, case n % 2 when 0 then 'Delft' else 'Utrecht' end
from generate_series(1, 20) as n;
create table notes (id integer primary key generated always as identity, person integer references people, body text);
insert into notes (person, body) select n, 'note ' || n from generate_series(1, 20) as n;
create view roster as select id, name, secret as code, city from people;
create function secret_of(who integer) returns text language sql stable
as $$ select secret from people where id = who $$;
"""

MASKING = """
masking:
  - {name: pii, exempt: {groups: [privacy]}, columns: [people.secret, people.pin], detect: [email], with: redact}
"""


def assert_clean(content: object) -> None:
    """No canary in it, in any of the shapes it could have taken."""
    text = content.decode(errors="replace") if isinstance(content, bytes) else str(content)
    for canary in CANARIES:
        assert canary not in text, f"{canary} in {text[:2000]}"


DELETES_ARE_HELD = """
rules:
  - {name: read, decide: allow, who: {groups: [agents]}, what: {effects: [read]}}
  - name: deletes-need-a-human
    decide: review
    who: {groups: [agents]}
    what: {effects: [delete]}
    review: {reviewers: {groups: [dba]}, hold: 60s, timeout: 15m}
"""
"""An agent may read; a DELETE waits for a person."""

ECHO_IS_HELD = """
rules:
  - name: ask
    decide: review
    who: {groups: [agents]}
    what: {effects: [execute], commands: ["echo **"]}
    review: {reviewers: {groups: [dba]}, hold: 60s, timeout: 5m}
"""
"""A command over SSH that waits for a person."""

SSH_ENVIRONMENT = {"TERM": "xterm-256color", "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
"""What OpenSSH's client is started with on a terminal."""
