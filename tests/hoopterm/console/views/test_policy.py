"""The policy that is being written, as lines."""

from __future__ import annotations

from engine.api.schema import PolicyView
from hoopterm.console.diagnostics import Diagnostic
from hoopterm.console.lines import measure, plain
from hoopterm.console.views import policy
from hoopterm.console.views.policy import Verdict
from hoopterm.console.workbench import Workbench
from tests.hoopterm.console.scenes import status


def bench(text: str = "two\n") -> Workbench:
    made = Workbench()
    made.load(PolicyView("r1" * 20, {"a.yaml": "one\n", "b.yaml": "x\n"}))
    made.write("a.yaml", text)
    return made


def test_the_files_say_which_is_changed_and_what_is_done_with_them() -> None:
    assert plain(policy.tabs(bench(), "b.yaml", False, 60)).split() == ["a.yaml", "●", "b.yaml", "draft", "+1", "−1"]
    assert "as in force" in plain(policy.tabs(bench("one\n"), "b.yaml", False, 60))
    assert "typing" in plain(policy.tabs(bench(), "b.yaml", True, 60))
    overtaken = bench()
    overtaken.load(PolicyView("r2", {"a.yaml": "three\n"}))
    assert "another revision is in force" in plain(policy.tabs(overtaken, "a.yaml", False, 80))


def test_what_the_engine_said_fits_a_line() -> None:
    wrong = [Diagnostic("a.yaml", 1, 1, "no"), Diagnostic("a.yaml", 1, 1, "hm", True)]
    for verdict, expected in (
        (Verdict(), "checking"),
        (Verdict(True, holds=True, revision="abcdef0123456789"), "holds  revision abcdef012345"),
        (Verdict(True, found=wrong), "1 problem · ▲ 1 warning"),
        (Verdict(cause="may not\x1b[31m check " * 20), "not checked: may not␛[31m"),
    ):
        made = policy.summary(verdict, 60)
        assert expected in plain(made)
        assert measure(made) == 60


def test_a_problem_says_its_file_where_there_are_several() -> None:
    found = Diagnostic("a.yaml", 3, 7, "no such \x1b key")
    assert plain(policy.problem(found, True)["why"]).startswith("a.yaml  no such")
    assert plain(policy.problem(found, False)["place"]) == "3:7"
    assert "\x1b" not in plain(policy.problem(found, False)["why"])


def test_the_question_repeats_who_what_and_how_long() -> None:
    told = "\n".join(map(plain, policy.question(bench(), status(), "prod-eu", None, 70)))
    assert "bob" in told
    assert "prod-eu" in told
    assert "a.yaml  +1 −1 lines" in told
    assert "at once" in told
