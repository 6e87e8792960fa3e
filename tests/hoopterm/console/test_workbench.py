"""A policy that is being written, beside the one in force."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from engine.api.schema import PolicyView
from hoopterm.console.workbench import Workbench, with_rules

LIVE = PolicyView("r1", {"a.yaml": "one\ntwo\n", "b.yaml": "three"})


def bench() -> Workbench:
    made = Workbench()
    made.load(LIVE)
    return made


def test_what_says_nothing_new_is_no_draft() -> None:
    made = bench()
    made.write("a.yaml", "one\nzwei\n")
    assert made.changed() == {"a.yaml": "one\nzwei\n"}
    made.write("a.yaml", "one\ntwo\n")
    assert made.draft is None


def test_what_is_written_outlives_another_revision() -> None:
    made = bench()
    made.write("b.yaml", "drei")
    made.load(PolicyView("r2", {"a.yaml": "uno\n", "b.yaml": "three"}))
    assert made.is_overtaken
    assert (made.revision, made.files["b.yaml"], made.base["a.yaml"]) == ("r1", "drei", "one\ntwo\n")


def test_what_was_applied_is_no_draft_any_more() -> None:
    made = bench()
    made.write("b.yaml", "drei")
    made.load(PolicyView("r2", {"a.yaml": "one\ntwo\n", "b.yaml": "drei"}))
    assert made.draft is None
    assert not made.is_overtaken


def test_lines_are_counted() -> None:
    made = bench()
    made.write("a.yaml", "one\nzwei\ndrei\n")
    assert made.counts() == (2, 1)


@pytest.mark.parametrize("text", ["one\nzwei\n", "one\ntwo", "", "one\ntwo\n\u2028\x0cthree"])
def test_git_takes_the_patch(tmp_path: Path, text: str) -> None:
    made = bench()
    made.write("a.yaml", text)
    made.write("b.yaml", "three\nfour")
    made.write("new.yaml", "new\n")
    for name, content in LIVE.files.items():
        (tmp_path / name).write_bytes(content.encode())
    subprocess.run(["git", "apply"], cwd=tmp_path, input=made.patch().encode(), check=True)
    assert {path.name: path.read_bytes().decode() for path in tmp_path.iterdir()} == made.files


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "rules:\n- name: a\n# end\nmasking: []\n",
            "rules:\n- name: a\n- name: b\n  x: 1\n# end\nmasking: []\n",
        ),
        ("rules:\n  - {name: a}", "rules:\n  - {name: a}\n  - name: b\n    x: 1\n"),
        ("engine: {}\n", "engine: {}\nrules:\n  - name: b\n    x: 1\n"),
    ],
)
def test_drafted_rules_come_after_the_others_as_deep_as_they_are(text: str, expected: str) -> None:
    assert with_rules(text, "rules:\n  - name: b\n    x: 1\n") == expected
    assert with_rules(text, "- name: b\n  x: 1") == expected
