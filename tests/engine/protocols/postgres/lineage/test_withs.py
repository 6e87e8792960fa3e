"""WITH queries."""

from __future__ import annotations

from tests.engine.protocols.postgres.lineage.shop import Shop


def test_a_with_query_goes_before_a_table_of_its_name_and_does_not_see_itself(shop: Shop) -> None:
    assert shop.sources("with customers as (select id as email from customers) select email from customers") == [
        {"customers.id"}
    ]


def test_a_recursive_query_is_followed_until_nothing_flows_further(shop: Shop) -> None:
    columns = "abcdefgh"
    start = ", ".join(f"'x' as {name}" for name in columns[:-1])
    shifted = ", ".join([*columns[1:], columns[-1]])
    sql = f"""with recursive r as (select {start}, email as h from customers union all
              select {shifted} from r where false) select * from r"""
    assert shop.sources(sql) == [{"customers.email"}] * len(columns)


def test_recursive_queries_may_name_those_that_follow(shop: Shop) -> None:
    assert shop.sources(
        "with recursive a as (select * from b), b as (select email from customers) select * from a"
    ) == [{"customers.email"}]


def test_the_columns_of_search_and_cycle_carry_what_they_are_made_of(shop: Shop) -> None:
    sql = """with recursive r as (select id, email from customers union all select id, email from r)
             search depth first by email set path cycle id set is_round using trail
             select path, is_round, trail from r"""
    assert shop.sources(sql) == [{"customers.email"}, {"customers.id"}, {"customers.id"}]
    assert shop.inferences(sql) == {"customers.id"}


def test_a_union_that_drops_duplicates_compares_its_columns(shop: Shop) -> None:
    sql = "with recursive r as (select email from customers union select email from r) select 1 from r"
    assert shop.inferences(sql) == {"customers.email"}


def test_a_with_query_that_nobody_reads_counts_too(shop: Shop) -> None:
    assert shop.copies("with w as (insert into notes (body) select ssn from customers) select 1") == {"customers.ssn"}


def test_recursive_queries_within_recursive_queries_end_in_no_proof_soon(shop: Shop) -> None:
    sql = "select id from customers"
    for n in range(25):
        sql = f"with recursive r{n} as (select 1 as id union all select x.id from r{n}, ({sql}) x) select id from r{n}"
    assert shop.lineage(sql).columns is None


def test_a_part_of_a_row_is_followed_through_every_round(shop: Shop) -> None:
    """The row of a later round is another one, though the row as a whole has the same sources."""
    sql = """
        with recursive t(r, v) as (
          select p, p.region from people p
          union all select row(o.id, o.region, o.email)::people, (t.r).region from t join people o on true)
        select v from t"""
    (sources,) = shop.sources(sql)
    assert sources is None or "people.email" in sources
