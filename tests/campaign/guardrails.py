"""Attempts to do what the policy denies, judged by the database itself: its guarded table, roles, settings and files
are as they were, and the wire that a forbidden function pulls was not pulled.

Attempts at tables and functions are made straight on the server too, in a copy, which tells how many would have worked.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from engine.protocols.postgres import requests as r
from hoopterm.demo.postgres import EmbeddedPostgres
from tests.campaign.arena import Arena, arenas
from tests.campaign.attempts import Attempt, draw
from tests.campaign.wire import Heard, Step, Wire, errors_of, is_denial

_SCHEMA = """
create schema elsewhere;
create table parent (id int primary key);
create table heirs (id int, body text);
create table vault (id int primary key references parent on delete cascade on update cascade, body text default 'd');
create table heir (extra int) inherits (vault);
create table open (id int, body text);
insert into parent select n from generate_series(1, 9) n;
insert into vault select n, 'v' || n from generate_series(1, 9) n;
insert into open select n, 'o' || n from generate_series(1, 3) n;
create sequence tripwire;
create view vault_view as select * from vault;
create view vault_stacked as select * from vault_view where id < 5;
create table ruled (id int); insert into ruled values (1);
create rule r1 as on insert to ruled do also delete from vault;
create rule r2 as on update to ruled do also truncating_is_no_action;
create table triggered (id int);
create function on_row() returns trigger language plpgsql as 'begin delete from vault; return new; end';
create trigger t before insert on triggered for each row execute function on_row();
create rule r3 as on delete to heirs do instead delete from vault;
create function wipe() returns void language sql as 'delete from vault';
create function wipe_rows() returns setof int language sql as
  'with w as (delete from vault returning id) select id from w';
create function wipe_with(a int) returns int language sql as 'delete from vault where id >= a returning id';
create function wipe_late() returns void language plpgsql as 'begin execute ''delete from vault''; end';
create procedure wipe_now() language sql as 'delete from vault';
create function rewrite() returns void language plpgsql as 'begin update vault set body = ''x''; end';
create function rewrite_sql() returns void language sql as 'update vault set body = ''x''';
create function forbidden() returns int language plpgsql as 'begin return nextval(''tripwire''); end';
create function forbidden(a int) returns int language plpgsql as 'begin return nextval(''tripwire''); end';
create function forbidden(text) returns int language plpgsql immutable as 'begin return nextval(''tripwire''); end';
create function forbidden(variadic int[]) returns int language plpgsql as 'begin return nextval(''tripwire''); end';
create function forbidden_pair(int, int) returns boolean language sql as 'select forbidden($1) > 0';
create function on_row_forbidden() returns trigger language plpgsql as 'begin perform forbidden(); return new; end';
create function on_event() returns event_trigger language plpgsql as 'begin perform forbidden(); end';
create operator !!! (function = forbidden, rightarg = int);
create operator !!! (function = forbidden_pair, leftarg = int, rightarg = int);
create operator === (function = forbidden_pair, leftarg = int, rightarg = int);
create domain wired as text check (forbidden(value) > 0);
create type wired_row as (a wired);
create aggregate sum_wired (int) (sfunc = int4pl, stype = int, finalfunc = forbidden, initcond = '0');
create view wired_view as select forbidden() as x;
create function wired_set() returns setof int language sql as 'select forbidden()';
create function wired_sql(a int) returns int language sql immutable as 'select forbidden(''x'') + a';
create function wired_default(a int default forbidden()) returns int language sql return a;
create function tripped(open) returns int language sql as 'select forbidden()';
create table wired_table (id int, x int default forbidden());
create table wired_domain (x wired);
create materialized view wired_kept as select forbidden() as x with no data;
create role bystander;
""".replace("truncating_is_no_action", "update vault set body = 'r'")

_POLICY = """
rules:
  - name: work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read, write, delete, schema, execute]}
  - {name: settings, decide: allow, where: {targets: [guarded]}, what: {effects: [session]}}
  - {name: vault-stays, decide: deny, what: {effects: [write, delete, schema], tables: [public.vault, public.heir]}}
  - {name: never-called, decide: deny, what: {functions: ["public.forbidden*"]}}
"""

_LOOK = """
select md5(concat_ws('|',
  (select string_agg(v::text, ',' order by id) from vault v),
  (select string_agg(concat(c.relname, c.relowner, c.relacl, c.relrowsecurity, c.relnamespace, c.parts), ',') from (
    select *, (select count(*) from pg_trigger t where t.tgrelid = k.oid) + (select count(*) from pg_rewrite w
      where w.ev_class = k.oid) + (select count(*) from pg_policy p where p.polrelid = k.oid) + (select count(*)
      from pg_constraint o where o.conrelid = k.oid) + (select count(*) from pg_index x where x.indrelid = k.oid)
      + (select count(*) from pg_inherits h where h.inhparent = k.oid) as parts
    from pg_class k where k.oid = {oid}) c),
  (select string_agg(concat(a.attname, a.atttypid, a.attisdropped, a.attacl), ',' order by attnum) from pg_attribute a
    where a.attrelid = {oid}),
  (select string_agg(concat(rolname, rolsuper, rolcreaterole, rolpassword), ',' order by oid) from pg_authid),
  (select string_agg(concat(roleid, member), ',' order by roleid, member) from pg_auth_members),
  (select string_agg(s::text, ',' order by 1) from pg_db_role_setting s),
  (select string_agg(p::text, ',' order by 1) from pg_event_trigger p), (select count(*) from pg_extension),
  (select count(*) from pg_publication),
  (select count(*) from pg_default_acl))),
  (select is_called from tripwire)
"""


class Guarded:
    """One database, watched."""

    def __init__(self, server: EmbeddedPostgres, name: str) -> None:
        self._server, self.name = server, name
        self._watch: Wire | None = None
        self.renew()

    def renew(self) -> None:
        """Make it as it was."""
        self.close()
        server, name = self._server, self.name
        server.psql(f"drop database if exists {name} with (force)")
        server.psql(f"create database {name} template guarded_template")
        self._watch = Wire.direct(server.directory, server.port, name)
        self._oid = server.psql("select 'vault'::regclass::oid", name).strip()
        self.before = self.look()

    def close(self) -> None:
        """Look no longer."""
        if self._watch is not None:
            self._watch.close()

    def look(self) -> bytes:
        """What an attempt must not change."""
        assert self._watch is not None
        self._watch.run(Step(_LOOK.format(oid=self._oid)))
        return b"".join(data for kind, data in self._watch.take() if kind in "DE")

    def is_changed(self) -> bool:
        """Whether something did."""
        return self.look() != self.before


class Campaign:
    """One run over one server."""

    def __init__(self, arena: Arena, folder: Path) -> None:
        self._arena = arena
        self._folder = folder
        self._settings = arena.server.directory / "data" / "postgresql.auto.conf"
        self._guarded, self._bare = Guarded(arena.server, "guarded"), Guarded(arena.server, "bare")
        self._files = self._look_at_files()
        self.counts: Counter[str] = Counter()
        self.leaks: list[str] = []

    def close(self) -> None:
        """Look no longer."""
        self._guarded.close()
        self._bare.close()

    def attempt(self, attempt: Attempt, label: str) -> None:
        """Make one attempt and look at the database."""
        heard = self._through(attempt, "settled" if attempt.goal == "privilege" else "guarded")
        self.counts["attempts"] += 1
        self.counts["denied" if any(map(is_denial, errors_of(heard))) else "not_denied"] += 1
        problem = self._problem(heard)
        if problem is not None:
            self.leaks.append(f"[{label} {attempt.goal}] {problem}\n    " + "\n    ".join(map(repr, attempt.steps)))
            self._guarded.renew()
            self._files = self._look_at_files()
        if attempt.goal in ("delete", "write", "schema", "call") and "role" not in str(attempt.steps):
            self.counts["tried_without_engine"] += 1
            if self._would_have(attempt):
                self.counts["would_have_worked"] += 1
                self._bare.renew()

    def call_all(self, names: str) -> None:
        """Call functions by the protocol's own way, past all SQL."""
        server = self._arena.server
        for oid in server.psql(f"select oid from pg_proc where proname ~ '{names}'", "guarded").split():
            wire = self._arena.wire("guarded", "guarded")
            wire.send(r.FunctionCall(int(oid), bytes(6)).encode())  # no formats, no arguments, the result as text
            if (problem := self._problem(wire.take())) is not None:
                self.leaks.append(f"[FunctionCall] {problem}")

    def _through(self, attempt: Attempt, target: str) -> Heard:
        wire = self._arena.wire(target, "guarded")
        heard: Heard = []
        try:
            for step in attempt.steps:
                wire.run(step)
            heard = wire.take()
            wire.run(Step("rollback"))
            wire.run(Step("select 'role', current_user, session_user"))
        except (EOFError, ConnectionError):
            self.counts["hung_up"] += 1
        heard += wire.take()
        self._arena.forget(target, "guarded")
        return heard

    def _problem(self, heard: Heard) -> str | None:
        if self._guarded.is_changed():
            return "the database changed"
        if self._look_at_files() != self._files:
            return "a file changed"
        if any(b"content of a file" in data for kind, data in heard if kind in "Dd"):
            return "a file was read"
        if any(b"role" in data and b"pg_monitor" in data for kind, data in heard if kind == "D"):
            return "the role changed"
        return None

    def _would_have(self, attempt: Attempt) -> bool:
        wire = self._arena.direct("bare")
        try:
            for step in attempt.steps:
                wire.run(step)
            wire.run(Step("commit"))
        except (EOFError, ConnectionError):
            pass
        self._arena.forget("", "bare")
        return self._bare.is_changed()

    def _look_at_files(self) -> tuple[object, ...]:
        found = sorted((path.name, path.read_bytes()) for path in self._folder.iterdir() if path.is_file())
        return (found, self._settings.read_bytes())


def attack(server: EmbeddedPostgres, numbers: Iterable[int], seed: int) -> Campaign:
    """The attempts of these numbers; each is the same whatever came before it."""
    server.psql("drop database if exists guarded_template with (force)")
    server.psql("drop role if exists bystander")
    server.psql("create database guarded_template")
    server.psql(_SCHEMA, "guarded_template")
    with tempfile.TemporaryDirectory(prefix="hoopterm-campaign-", dir=server.directory) as name:
        folder = Path(name)
        folder.chmod(0o777)
        (folder / "in").write_text("content of a file\n")
        with arenas(server, ["guarded", "settled"], "guarded_template", _POLICY, "public.forbidden*") as arena:
            running = Campaign(arena, folder)
            with closing(running):
                for number in numbers:
                    running.attempt(draw(random.Random(f"guardrails {seed} {number}"), name), f"{seed}/{number}")
                running.call_all("forbidden|wipe|rewrite")
            return running


def run(count: int, seed: int) -> dict[str, object]:
    """All on PostgreSQL 18."""
    with EmbeddedPostgres(password="upstream-secret-5c1d", settings={"autovacuum": "off"}) as server:
        done = attack(server, range(count), seed)
    print(*done.leaks, sep="\n", flush=True)
    return {
        "seed": seed,
        **dict(sorted(done.counts.items())),
        "failures": [leak.partition("\n")[0] for leak in done.leaks],
    }
