"""The report a verification gives."""

from __future__ import annotations

import msgspec

from replay.report import MAX_LISTED, Problem, Report


def test_a_problem_reads_as_a_sentence_with_its_place() -> None:
    assert str(Problem("is missing")) == "is missing"
    assert str(Problem("is missing", "tile/0/000", 3, 96)) == "tile/0/000, entry 3, offset 96: is missing"


def test_a_hostile_log_cannot_make_the_report_endless() -> None:
    report = Report()
    for number in range(MAX_LISTED + 5):
        report.add("bad", entry=number)
    assert (len(report.problems), report.problems_not_listed) == (MAX_LISTED, 5)


def test_reports_do_not_share_their_lists() -> None:
    Report().add("bad")
    assert Report().problems == []


def test_a_report_is_one_json_object() -> None:
    report = Report(size=3)
    report.add("is missing", "checkpoint")
    decoded = msgspec.json.decode(msgspec.json.encode(report))
    assert decoded["problems"] == [{"what": "is missing", "file": "checkpoint"}]
    assert decoded["verdict"] == "self-asserted"
