from __future__ import annotations

from pathlib import Path

from engine.config.diagnosis import diagnose, diagnose_at
from tests.engine.config.writing import FILE, WHOLE


def test_each_problem_says_the_rule_it_stands_in() -> None:
    text = WHOLE + (
        "rules:\n"
        "  - {name: good, decide: allow}\n"
        "  - name: bad\n"
        "    decide: allow\n"
        "    when: operation.has_were\n"
        "  - {name: worse, decide: perhaps}\n"
        "nonsense: 1\n"
    )
    found = diagnose({FILE: text.encode()})
    line = WHOLE.count("\n") + 1
    assert found.revision is None
    assert [(each.rule, each.problem.line - line) for each in found.problems] == [("bad", 4), ("worse", 5), (None, 6)]


def test_warnings_come_apart_and_keep_nothing_from_being_used() -> None:
    text = WHOLE + "rules:\n  - {name: never, decide: deny}\n  - {name: works, decide: allow}\n"
    found = diagnose({FILE: text.encode()})
    assert found.revision is not None
    assert (found.problems, [each.rule for each in found.warnings]) == ((), ["works"])


def test_a_file_that_is_not_there_is_a_problem_like_others(tmp_path: Path) -> None:
    found = diagnose_at(tmp_path / "none.yaml")
    assert "cannot be read" in found.problems[0].problem.what
