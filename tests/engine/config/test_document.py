from pathlib import Path

import pytest

from engine.config.document import MAX_BYTES, Document


def read(text: str | bytes) -> Document:
    return Document(Path("f.yaml"), text if isinstance(text, bytes) else text.encode())


def test_values_are_plain_and_yaml_1_2() -> None:
    document = read("a: no\nb: 010\nc: 0x10\nd: [1.5, true, ~]\ne: 2027-03-01\nf: 'x'\ng: on\n")
    assert document.problems == []
    data = dict(document.data or {})
    assert str(data.pop("e")) == "2027-03-01"
    assert data == {"a": "no", "b": 10, "c": 16, "d": [1.5, True, None], "f": "x", "g": "on"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: the key 'a' is there twice; keep one of them"),
        ("a: !!python/object:os.system x\n", "f.yaml:1:4: the tag"),
        ("a: &x {k: 1}\nb: {<<: *x}\n", "f.yaml:2:5: merge keys (<<) are not read"),
        ("1: x\n", 'f.yaml:1:1: the key 1 is no text in YAML; write "1"'),
        ("? [a]\n: x\n", "f.yaml:1:3: a key is plain text"),
        ("- a\n", "f.yaml:1:1: the file is not a mapping"),
        ("a: [1,\n", "f.yaml:2:1: not YAML"),
        ("a:\n\tb: 1\n", "indent with spaces, not tabs"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2:1: not YAML"),
        ("a: *nope\n", "f.yaml:1:4: not YAML: found undefined alias"),
        (b"a: \xff\n", "f.yaml:1:1: not UTF-8"),
        ("a: " + "9" * 40, "is no int"),
        pytest.param("[" * 5000, "not YAML", id="nested too deep"),
        ("a: \x07\n", "not YAML"),
    ],
)
def test_what_surprises_people_is_refused_with_its_place(text: str | bytes, expected: str) -> None:
    found = [str(problem) for problem in read(text).problems]
    assert len(found) == 1
    assert expected in found[0]


def test_a_small_file_cannot_become_a_big_one() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
    for one, other in zip("abcdefgh", "bcdefghi", strict=True):
        bomb += f"{other}: &{other} [{', '.join([f'*{one}'] * 10)}]\n"
    found = [str(problem) for problem in read(bomb).problems]
    assert len(found) == 1
    assert "too many values" in found[0]


def test_an_alias_of_itself_ends() -> None:
    assert read("a: &a [*a]\n").problems


def test_a_file_that_is_too_large_is_not_parsed() -> None:
    assert "larger than" in str(read(b"#" * (MAX_BYTES + 1)).problems[0])


def test_an_empty_file_says_nothing() -> None:
    assert read("").data == {}
    assert read("# only a comment\n").data == {}


@pytest.mark.parametrize(
    ("text", "line", "column", "expected"),
    [
        ("w: a.b", 1, 2, "1:5"),
        ("w: 'a.b'", 1, 2, "1:6"),
        ("w: |\n   a.b\n   c.d\n", 2, 2, "3:5"),
        ("w: >-\n  a.b\n", 1, 1, "2:3"),
    ],
)
def test_a_place_within_a_text_is_found_in_its_file(text: str, line: int, column: int, expected: str) -> None:
    assert str(read(text).problem_inside(("w",), line, column, "x")) == f"f.yaml:{expected}: x"
