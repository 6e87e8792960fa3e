"""Recorded operations decided by other rules."""

from __future__ import annotations

from engine.hindsight.recall import Memory
from engine.hindsight.retrial import EVERY, retry
from tests.engine.hindsight.remembering import recorded, revision

READS = "rules: [{name: reads, decide: allow, who: {groups: [agents]}, what: {effects: [read], tables: [public.a]}}]\n"
RUNS = "rules: [{name: runs, decide: allow, who: {groups: [agents]}, what: {effects: [execute], commands: [ls]}}]\n"


def test_only_decisions_that_would_change_are_told() -> None:
    asked = [recorded(("read", "table:public.a"), number=1), recorded(("read", "table:public.b"), number=2)]
    (view,) = retry(Memory(revision(READS)), asked, 2)
    assert (view.done, view.examined, view.turned) == (True, 2, {"allow→deny": 1})
    assert [(change.sequence, change.old, change.new, change.new_rule) for change in view.changes] == [
        (2, "allow", "deny", None)
    ]


def test_a_masked_command_is_undecidable_and_counted_apart() -> None:
    asked = [recorded(("execute", "command:mysql '-p****'"), target="web", verb="EXEC", database=None)]
    (view,) = retry(Memory(revision(RUNS)), asked, 1)
    assert (view.changed, view.undecidable) == (0, 1)
    assert view.undecided[0].why == "the rule runs looks at a name that was masked or cut"


def test_commands_over_ssh_are_decided_again() -> None:
    asked = [
        recorded(("execute", f"command:{name}"), number=at, target="web", verb="EXEC", database=None)
        for at, name in enumerate(("ls", "id"))
    ]
    (view,) = retry(Memory(revision(RUNS)), asked, 2)
    assert [change.resources for change in view.changes] == [["command:id"]]


def test_on_an_observed_target_nothing_is_denied() -> None:
    (view,) = retry(Memory(revision(mode="observe")), [recorded(("read", "table:public.b"))], 1)
    assert (view.changed, view.undecidable) == (0, 0)


def test_who_is_not_there_any_more_would_be_denied() -> None:
    (view,) = retry(Memory(revision(READS)), [recorded(("read", "table:public.a"), identity="ghost")], 1)
    assert view.turned == {"allow→deny": 1}


def test_progress_comes_on_the_way_and_what_was_found_once() -> None:
    asked = [recorded(("read", "table:public.b"), number=n) for n in range(EVERY + 1)]
    first, last = retry(Memory(revision(READS)), asked, len(asked))
    assert (first.examined, len(first.changes), first.done) == (EVERY, EVERY, False)
    assert (last.examined, len(last.changes), last.changed) == (EVERY + 1, 1, EVERY + 1)
