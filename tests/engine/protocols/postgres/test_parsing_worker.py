"""The parsing child answers every frame, and thins lists of constants without touching anything else."""

from __future__ import annotations

import postgast

from engine.protocols.postgres import parsing_worker


def test_every_text_gets_one_letter_and_a_payload() -> None:
    assert parsing_worker._answer(b"select 1")[:1] == b"T"
    assert parsing_worker._answer(b"selec 1")[:1] == b"S"
    assert parsing_worker._answer(b"select '\xff'")[:1] == b"R"


def test_rows_and_items_that_are_more_than_constants_stay() -> None:
    tree = postgast.parse("insert into t values (1, 2), (3, 4), (f(), 6); select a in (1, b), array[1, 2], array[c, d]")
    parsing_worker.thin(tree)
    rows = tree.stmts[0].stmt.insert_stmt.select_stmt.select_stmt.values_lists
    assert [len(row.list.items) for row in rows] == [2, 2]
    targets = [target.res_target.val for target in tree.stmts[1].stmt.select_stmt.target_list]
    assert len(targets[0].a_expr.rexpr.list.items) == 2
    assert len(targets[1].a_array_expr.elements) == 1
    assert len(targets[2].a_array_expr.elements) == 2
