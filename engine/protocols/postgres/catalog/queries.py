"""The questions put to PostgreSQL's catalogs: each answers one JSON text a row, shaped like the value it becomes.

The same texts run on the engine's own connection and, for uncommitted schema, on the client's session. That session
is hostile ground: every function is qualified, and every operator has operands of exactly its own types, so that no
operator of the client's making can be a better match. (PostgreSQL docs, "Operators: Type Resolution".) A cast of text
to a number is not written: a superuser may have made one that calls a function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from string import Template

IDENTITY = """
select pg_catalog.json_build_object(
  'server_version', pg_catalog.int4in(pg_catalog.textout(pg_catalog.current_setting('server_version_num'))),
  'encoding', pg_catalog.current_setting('server_encoding'),
  'search_path', pg_catalog.to_json(pg_catalog.current_schemas(false)),
  'temporary_schema', (select n.nspname from pg_catalog.pg_namespace n where n.oid = pg_catalog.pg_my_temp_schema()),
  'schemas', (select pg_catalog.json_agg(n.nspname) from pg_catalog.pg_namespace n
    where n.nspname::pg_catalog.text !~ '^pg_(toast|temp_|toast_temp_)'),
  'rights', (
    select pg_catalog.sum(pg_catalog.hashtextextended(
      n.xmin::pg_catalog.text || ' '::pg_catalog.text || n.oid::pg_catalog.text, 0::pg_catalog.int8))::pg_catalog.text
    from pg_catalog.pg_namespace n where n.nspname::pg_catalog.text !~ '^pg_(toast|temp_|toast_temp_)'),
  'memberships', (
    select pg_catalog.sum(pg_catalog.hashtextextended(
      m.xmin::pg_catalog.text || ' '::pg_catalog.text || m.member::pg_catalog.text || ' '::pg_catalog.text
      || m.roleid::pg_catalog.text, 0::pg_catalog.int8))::pg_catalog.text
    from pg_catalog.pg_auth_members m),
  'superusers', (select pg_catalog.sum(r.oid::pg_catalog.int8)::pg_catalog.text from pg_catalog.pg_roles r
    where r.rolsuper)
)::pg_catalog.text
"""
"""Shaped like `snapshot.Surroundings`."""

# Other sessions' temporary objects are nobody's business, and come and go all the time.
SCHEMAS = """
schemas as materialized (
  select n.oid, n.nspname from pg_catalog.pg_namespace n
  where n.nspname::pg_catalog.text !~ '^pg_(toast|temp_|toast_temp_)' or n.oid = pg_catalog.pg_my_temp_schema()
)"""

# Printing a view or an expression locks what it mentions: never wait for somebody's ALTER TABLE.
_BUSY = """
locked as materialized (
  select l.relation from pg_catalog.pg_locks l
  where l.mode = 'AccessExclusiveLock'::pg_catalog.text and l.granted and l.pid <> pg_catalog.pg_backend_pid()
    and l.database = (
      select d.oid from pg_catalog.pg_database d where d.datname = pg_catalog.current_database())
),
busy as materialized (
  select relation from locked
  union select r.ev_class from locked
    join pg_catalog.pg_depend d on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid
      and d.refobjid = locked.relation and d.classid = 'pg_catalog.pg_rewrite'::pg_catalog.regclass::pg_catalog.oid
    join pg_catalog.pg_rewrite r on r.oid = d.objid
)"""

# Foreign keys by the table they refer to, gathered beforehand: pg_constraint has no index by it.
_FOREIGN_KEYS = """
foreign_keys as materialized (
  select k.confrelid, pg_catalog.json_agg(distinct k.conrelid::pg_catalog.int8) as referring,
    pg_catalog.json_agg(pg_catalog.json_build_array(x.event, x.effect, k.conrelid::pg_catalog.int8, (
      select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
      where a.attrelid = k.confrelid and a.attnum = any (k.confkey)))) filter (where x.event is not null) as cascades
  from pg_catalog.pg_constraint k
  left join (values ('delete', 'delete', 'c'), ('delete', 'write', 'n'), ('delete', 'write', 'd'),
               ('update', 'write', 'c'), ('update', 'write', 'n'), ('update', 'write', 'd')) x(event, effect, action)
    on x.action = case x.event when 'delete'::pg_catalog.text then k.confdeltype::pg_catalog.text
      else k.confupdtype::pg_catalog.text end
  where k.contype = 'f'::pg_catalog."char" and k.confrelid $scope group by k.confrelid
)"""

RELATIONS = Template(f"""
with {SCHEMAS}, {_BUSY}, {_FOREIGN_KEYS},
described as (
  select c.oid, c.relname, c.relkind, c.reltype, c.relrowsecurity, s.nspname,
    exists (select 1 from busy b where b.relation = c.oid) as is_busy
  from pg_catalog.pg_class c join schemas s on s.oid = c.relnamespace
  where c.oid $scope and c.relkind = any (array['r','v','m','p','f','S','c']::pg_catalog."char"[])
)
select pg_catalog.json_build_object(
  'oid', c.oid::pg_catalog.int8,
  'schema', c.nspname,
  'name', c.relname,
  'kind', c.relkind::pg_catalog.text,
  'is_temporary', c.nspname::pg_catalog.text ~ '^pg_temp_',
  'is_unreadable', c.is_busy,
  'row_security', c.relrowsecurity,
  'columns', coalesce((
    select pg_catalog.json_agg(pg_catalog.json_build_object(
      'name', a.attname, 'number', a.attnum, 'type_oid', a.atttypid::pg_catalog.int8, 'type_name', t.typname,
      'default', case when a.atthasdef and not c.is_busy then (
        select pg_catalog.pg_get_expr(d.adbin, d.adrelid) from pg_catalog.pg_attrdef d
        where d.adrelid = a.attrelid and d.adnum = a.attnum) end,
      'is_generated', a.attgenerated <> ''::pg_catalog."char"
    ) order by a.attnum)
    from pg_catalog.pg_attribute a join pg_catalog.pg_type t on t.oid = a.atttypid
    where a.attrelid = c.oid and a.attnum > 0::pg_catalog.int2 and not a.attisdropped), '[]'::pg_catalog.json),
  'definition', case when c.relkind = any (array['v','m']::pg_catalog."char"[]) and not c.is_busy
    then pg_catalog.pg_get_viewdef(c.oid) end,
  'triggers', coalesce((
    select pg_catalog.json_agg(pg_catalog.json_build_array(e.event, t.tgfoid::pg_catalog.int8))
    from pg_catalog.pg_trigger t
    join (values (4, 'insert'), (8, 'delete'), (16, 'update'), (32, 'truncate')) e(bit, event)
      on t.tgtype::pg_catalog.int4 & e.bit <> 0
    where t.tgrelid = c.oid and not t.tgisinternal and t.tgenabled <> 'D'::pg_catalog."char"), '[]'::pg_catalog.json),
  'rules', coalesce((
    select pg_catalog.json_agg(x.text) from (
      select pg_catalog.pg_get_ruledef(r.oid) as text from pg_catalog.pg_rewrite r
      where r.ev_class = c.oid and r.ev_type <> '1'::pg_catalog."char" and r.ev_enabled <> 'D'::pg_catalog."char"
      union all select pg_catalog.pg_get_triggerdef(t.oid) from pg_catalog.pg_trigger t
      where t.tgrelid = c.oid and not t.tgisinternal and t.tgqual is not null
    ) x where not c.is_busy), '[]'::pg_catalog.json),
  'policies', coalesce((
    select pg_catalog.json_agg(x.text) from pg_catalog.pg_policy p, lateral (values
      (pg_catalog.pg_get_expr(p.polqual, p.polrelid)), (pg_catalog.pg_get_expr(p.polwithcheck, p.polrelid))) x(text)
    where p.polrelid = c.oid and x.text is not null and not c.is_busy), '[]'::pg_catalog.json),
  'checks', coalesce((
    select pg_catalog.json_agg(x.text) from (
      select pg_catalog.pg_get_expr(k.conbin, k.conrelid) as text from pg_catalog.pg_constraint k
      where k.conrelid = c.oid and k.contype = 'c'::pg_catalog."char"
      union all select pg_catalog.pg_get_expr(i.indexprs, i.indrelid) from pg_catalog.pg_index i
      where i.indrelid = c.oid and i.indexprs is not null
      union all select pg_catalog.pg_get_expr(i.indpred, i.indrelid) from pg_catalog.pg_index i
      where i.indrelid = c.oid and i.indpred is not null
      union all select pg_catalog.pg_get_expr(p.partexprs, p.partrelid) from pg_catalog.pg_partitioned_table p
      where p.partrelid = c.oid and p.partexprs is not null
    ) x where not c.is_busy), '[]'::pg_catalog.json),
  'parents', coalesce((select pg_catalog.json_agg(i.inhparent::pg_catalog.int8 order by i.inhseqno)
    from pg_catalog.pg_inherits i where i.inhrelid = c.oid), '[]'::pg_catalog.json),
  'children', coalesce((select pg_catalog.json_agg(i.inhrelid::pg_catalog.int8)
    from pg_catalog.pg_inherits i where i.inhparent = c.oid), '[]'::pg_catalog.json),
  'keys', coalesce((
    select pg_catalog.json_agg((
      select pg_catalog.string_agg(pg_catalog.pg_get_indexdef(i.indexrelid, n, false), ', ' order by n)
      from pg_catalog.generate_series(1, i.indnkeyatts::pg_catalog.int4) n))
    from pg_catalog.pg_index i
    where i.indrelid = c.oid and (i.indisunique or i.indisexclusion) and not c.is_busy), '[]'::pg_catalog.json),
  'references', coalesce((
    select pg_catalog.json_agg(pg_catalog.json_build_array(
      (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
        where a.attrelid = k.conrelid and a.attnum = any (k.conkey)),
      k.confrelid::pg_catalog.int8,
      (select pg_catalog.json_agg(a.attname) from pg_catalog.pg_attribute a
        where a.attrelid = k.confrelid and a.attnum = any (k.confkey))))
    from pg_catalog.pg_constraint k where k.conrelid = c.oid and k.contype = 'f'::pg_catalog."char"
  ), '[]'::pg_catalog.json),
  'cascades', coalesce(g.cascades, '[]'::pg_catalog.json),
  'referenced_by', coalesce(g.referring, '[]'::pg_catalog.json)
)::pg_catalog.text
from described c left join foreign_keys g on g.confrelid = c.oid
""")
"""Shaped like `statement.Relation`."""

FUNCTIONS = Template(f"""
with {SCHEMAS}
select pg_catalog.json_build_object(
  'oid', p.oid::pg_catalog.int8,
  'schema', s.nspname,
  'name', p.proname,
  'kind', p.prokind::pg_catalog.text,
  'language', l.lanname,
  'volatility', p.provolatile::pg_catalog.text,
  'argument_types', coalesce((
    select pg_catalog.json_agg(t.typname order by a.place)
    from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) with ordinality a(type, place)
    join pg_catalog.pg_type t on t.oid = a.type), '[]'::pg_catalog.json),
  'argument_names', coalesce((
    select pg_catalog.json_agg(coalesce(a.name, '') order by a.place)
    from pg_catalog.unnest(p.proargnames) with ordinality a(name, place)
    where p.proargmodes is null
      or p.proargmodes[a.place] = any (array['i','b','v']::pg_catalog."char"[])), '[]'::pg_catalog.json),
  'defaults', p.pronargdefaults,
  'variadic', p.provariadic <> 0::pg_catalog.oid,
  'takes_row', exists (
    select 1 from pg_catalog.unnest(p.proargtypes::pg_catalog.oid[]) a(type)
    join pg_catalog.pg_type t on t.oid = a.type
    left join pg_catalog.pg_type b on b.oid = t.typbasetype
    where t.typtype = any (array['c','p']::pg_catalog."char"[]) or b.typtype = 'c'::pg_catalog."char"),
  'returns', (select t.typname from pg_catalog.pg_type t where t.oid = p.prorettype),
  'returns_set', p.proretset,
  'result_columns', coalesce((
    select pg_catalog.json_agg(
      pg_catalog.json_build_array(coalesce(p.proargnames[a.place], ''), t.typname) order by a.place)
    from pg_catalog.unnest(p.proallargtypes) with ordinality a(type, place)
    join pg_catalog.pg_type t on t.oid = a.type
    where p.proargmodes[a.place] = any (array['o','b','t']::pg_catalog."char"[])), '[]'::pg_catalog.json),
  'body', case when l.lanname = 'sql'::pg_catalog.name
      then coalesce(pg_catalog.pg_get_function_sqlbody(p.oid), p.prosrc)
    when l.lanname = 'internal'::pg_catalog.name then p.prosrc end,
  'is_body_printed', p.prosqlbody is not null,
  'argument_defaults', case when p.proargdefaults is not null and p.oid >= 16384::pg_catalog.oid
    then pg_catalog.pg_get_expr(p.proargdefaults, 0::pg_catalog.oid) end,
  'settings', coalesce(pg_catalog.to_json(p.proconfig), '[]'::pg_catalog.json),
  'is_builtin', p.oid < 16384::pg_catalog.oid
    and s.nspname = any (array['pg_catalog','information_schema']::pg_catalog.name[]),
  'security_definer', p.prosecdef,
  'support', case when p.oid >= 16384::pg_catalog.oid then (
    select pg_catalog.json_agg(f.oid::pg_catalog.int8) from pg_catalog.pg_aggregate g
    join pg_catalog.pg_proc f on f.oid = any (array[g.aggtransfn::pg_catalog.oid, g.aggfinalfn::pg_catalog.oid,
      g.aggcombinefn::pg_catalog.oid, g.aggserialfn::pg_catalog.oid, g.aggdeserialfn::pg_catalog.oid,
      g.aggmtransfn::pg_catalog.oid, g.aggminvtransfn::pg_catalog.oid, g.aggmfinalfn::pg_catalog.oid])
    where g.aggfnoid::pg_catalog.oid = p.oid) end,
  'extension', case when p.oid >= 16384::pg_catalog.oid then (
    select e.extname from pg_catalog.pg_depend d join pg_catalog.pg_extension e on e.oid = d.refobjid
    where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass::pg_catalog.oid and d.objid = p.oid
      and d.refclassid = 'pg_catalog.pg_extension'::pg_catalog.regclass::pg_catalog.oid
      and d.deptype = 'e'::pg_catalog."char") end
)::pg_catalog.text
from pg_catalog.pg_proc p join schemas s on s.oid = p.pronamespace join pg_catalog.pg_language l on l.oid = p.prolang
where p.oid $scope
""")
"""Shaped like `statement.Function`."""

OPERATORS = Template(f"""
with {SCHEMAS}
select pg_catalog.json_build_object(
  'schema', s.nspname, 'name', o.oprname, 'function', o.oprcode::pg_catalog.oid::pg_catalog.int8,
  'estimators', pg_catalog.json_build_array(
    o.oprrest::pg_catalog.oid::pg_catalog.int8, o.oprjoin::pg_catalog.oid::pg_catalog.int8))::pg_catalog.text
from pg_catalog.pg_operator o join schemas s on s.oid = o.oprnamespace where o.oid $scope
""")
"""Shaped like `snapshot.Operator`."""

# What comparing values of a type calls, gathered beforehand: pg_opclass has no index by type.
_ORDERING = """
ordering as materialized (
  select called.type, pg_catalog.array_agg(called.function) as functions from (
    select c.opcintype as type, a.amproc::pg_catalog.oid as function from pg_catalog.pg_opclass c
    join pg_catalog.pg_amproc a on a.amprocfamily = c.opcfamily and a.amproclefttype = c.opcintype
    union all select c.opcintype, o.oprcode::pg_catalog.oid from pg_catalog.pg_opclass c
    join pg_catalog.pg_amop a on a.amopfamily = c.opcfamily and a.amoplefttype = c.opcintype
    join pg_catalog.pg_operator o on o.oid = a.amopopr
  ) called group by called.type
)"""

TYPES = Template(f"""
with {SCHEMAS}, {_ORDERING}
select pg_catalog.json_build_object(
  'oid', t.oid::pg_catalog.int8,
  'schema', s.nspname,
  'name', t.typname,
  'kind', t.typtype::pg_catalog.text,
  'relation', coalesce(nullif(t.typrelid, 0::pg_catalog.oid), (select e.typrelid from pg_catalog.pg_type e
    where e.oid = t.typelem and e.typarray = t.oid), 0::pg_catalog.oid)::pg_catalog.int8,
  'parts', coalesce((
    select pg_catalog.json_agg(distinct p.typname) from (
      select t.typbasetype as oid union all select t.typelem
      union all select r.rngsubtype from pg_catalog.pg_range r where r.rngtypid = t.oid
      union all select a.atttypid from pg_catalog.pg_attribute a where a.attrelid = t.typrelid
        and t.typrelid <> 0::pg_catalog.oid and a.attnum > 0::pg_catalog.int2 and not a.attisdropped
    ) part join pg_catalog.pg_type p on p.oid = part.oid), '[]'::pg_catalog.json),
  'functions', coalesce((
    select pg_catalog.json_agg(distinct called.oid::pg_catalog.int8) from (
      select f.oid from pg_catalog.unnest(array[
        t.typinput::pg_catalog.oid, t.typoutput::pg_catalog.oid, t.typreceive::pg_catalog.oid,
        t.typsend::pg_catalog.oid, t.typmodin::pg_catalog.oid, t.typsubscript::pg_catalog.oid]) f(oid)
      where f.oid >= 16384::pg_catalog.oid
      union all select f.oid from pg_catalog.pg_range r, pg_catalog.unnest(array[
        r.rngcanonical::pg_catalog.oid, r.rngsubdiff::pg_catalog.oid]) f(oid)
      where r.rngtypid = t.oid and f.oid <> 0::pg_catalog.oid
      union all select f.oid from pg_catalog.unnest(o.functions) f(oid)
    ) called), '[]'::pg_catalog.json),
  'checks', coalesce((
    select pg_catalog.json_agg(pg_catalog.pg_get_expr(k.conbin, 0::pg_catalog.oid)) from pg_catalog.pg_constraint k
    where k.contypid = t.oid and k.conbin is not null), '[]'::pg_catalog.json)
)::pg_catalog.text
from pg_catalog.pg_type t join schemas s on s.oid = t.typnamespace left join ordering o on o.type = t.oid
where t.oid $scope
""")
"""Shaped like `snapshot.Type`; `functions` are those of users' making, `checks` a domain's."""

ROW_TYPES = Template("""in (
  select own.type from pg_catalog.pg_class c join pg_catalog.pg_type t on t.oid = c.reltype
  cross join lateral pg_catalog.unnest(array[t.oid, t.typarray]) own(type) where c.oid = any ($oids))""")
"""As the scope of `TYPES`: the types of the rows of relations, and of arrays of them."""

CASTS = Template("""
select pg_catalog.json_build_object(
  'source', a.typname, 'target', b.typname, 'function', c.castfunc::pg_catalog.int8,
  'context', c.castcontext::pg_catalog.text,
  'is_ambient', a.oid < 16384::pg_catalog.oid and b.oid < 16384::pg_catalog.oid)::pg_catalog.text
from pg_catalog.pg_cast c
join pg_catalog.pg_type a on a.oid = c.castsource join pg_catalog.pg_type b on b.oid = c.casttarget
where c.oid $scope and c.castfunc <> 0::pg_catalog.oid
""")
"""Shaped like `snapshot.Cast`; an ambient one joins two built-in types and may run in any expression."""

EVENT_TRIGGERS = Template("""
select pg_catalog.json_build_array(e.evtevent, e.evtfoid::pg_catalog.int8)::pg_catalog.text
from pg_catalog.pg_event_trigger e where e.oid $scope and e.evtenabled <> 'D'::pg_catalog."char"
""")

SUPERUSERS = """
(select pg_catalog.sum(r.oid::pg_catalog.int8)::pg_catalog.text from pg_catalog.pg_roles r where r.rolsuper)"""

USABLE_SCHEMAS = """
select n.nspname::pg_catalog.text from pg_catalog.pg_namespace n, pg_catalog.pg_roles r
where r.rolname = $1 and pg_catalog.has_schema_privilege(r.oid, n.oid, 'USAGE')
"""
"""The schemas a role may look into; the server passes over others on a search_path."""


def together(questions: Mapping[str, str]) -> str:
    """Several questions as one: before each answer stands the name of its question."""
    return "\nunion all\n".join(
        f"select pg_catalog.concat('{name} ', answers.answer) from ({question}) answers(answer)"
        for name, question in questions.items()
    )


def oids(given: Iterable[int]) -> str:
    """An array of OIDs as SQL has it."""
    return f"'{{{','.join(map(str, sorted(given)))}}}'::pg_catalog.oid[]"
