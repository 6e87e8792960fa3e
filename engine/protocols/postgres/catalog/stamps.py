"""What every change of the schema changes: a stamp for each relation of users, and one for everything else.

A row of a catalog is stamped by who wrote it and where it lies, and counts with the relation it is about: so what has
changed can be loaded alone, together with what is printed with names that it has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from string import Template

import msgspec

from engine.protocols.postgres.catalog.queries import SCHEMAS, SUPERUSERS, oids

_USERS = ">= 16384::pg_catalog.oid"
_OF_SCHEMAS = "in (select s.oid from schemas s)"
_KINDS = """x.relkind = any (array['r','v','m','p','f','S','c']::pg_catalog."char"[])"""
_RELATIONS = f"select x.oid from pg_catalog.pg_class x where x.oid {_USERS} and {_KINDS}"
_ROW_TYPE = """
coalesce(nullif(x.typrelid, 0::pg_catalog.oid), (select e.typrelid from pg_catalog.pg_type e
  where e.oid = x.typelem and e.typarray = x.oid), 0::pg_catalog.oid)"""
_NOTHING = "0::pg_catalog.oid"

# The catalog; the relation its rows count with; what identifies a row; which rows matter.
_STAMPED = (
    ("pg_class", "x.oid", "x.oid", f"x.oid {_USERS} and {_KINDS} and x.relnamespace {_OF_SCHEMAS}"),
    ("pg_attribute", "x.attrelid", "x.attnum", f"x.attnum > 0::pg_catalog.int2 and x.attrelid in ({_RELATIONS})"),
    ("pg_attrdef", "x.adrelid", "x.oid", f"x.oid {_USERS}"),
    ("pg_constraint", "x.conrelid", "x.oid", f"x.oid {_USERS}"),
    ("pg_constraint", "x.confrelid", "x.oid", f"x.oid {_USERS} and x.confrelid <> 0::pg_catalog.oid"),
    ("pg_index", "x.indrelid", "x.indexrelid", f"x.indexrelid {_USERS}"),
    ("pg_trigger", "x.tgrelid", "x.oid", f"x.oid {_USERS} and not x.tgisinternal"),
    ("pg_policy", "x.polrelid", "x.oid", f"x.oid {_USERS}"),
    ("pg_rewrite", "x.ev_class", "x.oid", f"x.oid {_USERS}"),
    ("pg_inherits", "x.inhrelid", "x.inhparent", "true"),
    ("pg_inherits", "x.inhparent", "x.inhrelid", "true"),
    ("pg_type", _ROW_TYPE, "x.oid", f"x.oid {_USERS} and x.typnamespace {_OF_SCHEMAS}"),
    *(
        (table, _NOTHING, "x.oid", f"x.oid {_USERS}")
        for table in ("pg_proc", "pg_operator", "pg_cast", "pg_event_trigger", "pg_amop", "pg_amproc", "pg_extension")
    ),
    # rows of initdb's making matter too: the rights on `public`, memberships in built-in roles
    ("pg_namespace", _NOTHING, "x.oid", "x.nspname::pg_catalog.text !~ '^pg_(toast|temp_|toast_temp_)'"),
    ("pg_auth_members", _NOTHING, "x.member", "true"),
)

_ROWS = "\n  union all ".join(
    # a row changed twice in one transaction keeps its xmin and moves to another ctid
    f"""select {relation} as relation, pg_catalog.hashtextextended(
      x.xmin::pg_catalog.text || x.ctid::pg_catalog.text || ' {table} ' || {key}::pg_catalog.text,
      0::pg_catalog.int8) as stamp from pg_catalog.{table} x where {condition}"""
    for table, relation, key, condition in _STAMPED
)

STAMPS = f"""
with {SCHEMAS}
select pg_catalog.txid_current_snapshot()::pg_catalog.text,
  case when pg_catalog.txid_current_snapshot()::pg_catalog.text = $1::pg_catalog.text then null
    else (select pg_catalog.json_build_object(
        'relations', coalesce(pg_catalog.json_object_agg(found.relation::pg_catalog.text, found.stamp)
          filter (where found.relation <> 0::pg_catalog.oid), '{{}}'::pg_catalog.json),
        'others', pg_catalog.concat(
          pg_catalog.max(found.stamp) filter (where found.relation = 0::pg_catalog.oid), ' ', {SUPERUSERS})
      )::pg_catalog.text from (
        select rows.relation, pg_catalog.concat(pg_catalog.count(*), ' ', pg_catalog.sum(rows.stamp)) as stamp from (
  {_ROWS}) rows group by rows.relation) found) end
"""
"""Shaped like `Stamps`. Cheap while no transaction has ended since the snapshot given as `$1`."""

_DEPENDENTS = Template("""
with touched as materialized (
  select c.oid, c.reltype, t.typarray from pg_catalog.pg_class c
  left join pg_catalog.pg_type t on t.oid = c.reltype where c.oid = any ($oids)
),
depending as materialized (
  select d.classid, d.objid from touched join pg_catalog.pg_depend d
    on d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass::pg_catalog.oid and d.refobjid = touched.oid
  union select d.classid, d.objid from touched
    cross join lateral pg_catalog.unnest(array[touched.reltype, touched.typarray]) own(type)
    join pg_catalog.pg_depend d
      on d.refclassid = 'pg_catalog.pg_type'::pg_catalog.regclass::pg_catalog.oid and d.refobjid = own.type
)
select distinct coalesce(case d.classid::pg_catalog.regclass::pg_catalog.text
  when 'pg_rewrite' then (select r.ev_class from pg_catalog.pg_rewrite r where r.oid = d.objid)
  when 'pg_attrdef' then (select a.adrelid from pg_catalog.pg_attrdef a where a.oid = d.objid)
  when 'pg_constraint' then (select k.conrelid from pg_catalog.pg_constraint k where k.oid = d.objid)
  when 'pg_trigger' then (select t.tgrelid from pg_catalog.pg_trigger t where t.oid = d.objid)
  when 'pg_policy' then (select p.polrelid from pg_catalog.pg_policy p where p.oid = d.objid)
  when 'pg_class' then d.objid
  when 'pg_type' then (select own.oid from touched own where d.objid = any (array[own.reltype, own.typarray]))
  end, 0::pg_catalog.oid)::pg_catalog.int8::pg_catalog.text
from depending d
where d.classid::pg_catalog.regclass::pg_catalog.text <> all (array['pg_publication_rel', 'pg_statistic_ext'])
""")


@dataclass(frozen=True, slots=True)
class Stamps:
    """Stamps of relations by OID, and of everything else."""

    relations: dict[int, str]
    others: str

    def changed_since(self, older: Stamps) -> frozenset[int]:
        """The relations that are new, gone or not as they were."""
        mine, theirs = self.relations, older.relations
        return frozenset(oid for oid in mine.keys() | theirs.keys() if mine.get(oid) != theirs.get(oid))


NO_STAMPS = Stamps({}, "")


def decode(text: str) -> Stamps:
    """The stamps in an answer to `STAMPS`."""
    return msgspec.json.decode(text, type=Stamps)


def dependents(relations: Iterable[int]) -> str:
    """The question which relations are printed with names of these: OIDs as text, 0 where something else is too."""
    return _DEPENDENTS.substitute(oids=oids(relations))
