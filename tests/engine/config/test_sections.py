from pathlib import Path

from engine.config.document import Document
from engine.config.sections import gather


def sections_of(text: str) -> list[str]:
    gathered = gather([Document(Path("f.yaml"), text.encode())])
    return [f"{entry.value.name}@{entry.place[1]}" for entry in gathered.rules]


def test_entries_keep_the_place_where_they_are_written_when_others_fall_out() -> None:
    text = "rules:\n- {name: a, decide: deny}\n- {name: b}\n- 7\n- {name: d, decide: deny}\n"
    assert sections_of(text) == ["a@0", "d@3"]


def test_an_empty_section_is_as_good_as_none() -> None:
    gathered = gather([Document(Path("f.yaml"), b"rules:\nagents:\nengine:\n")])
    assert gathered.problems == []
    assert gathered.engine is None


def test_a_section_of_the_wrong_shape_loses_only_itself() -> None:
    gathered = gather([Document(Path("f.yaml"), b"rules: 7\nidentity: []\npermissions: {admin: [x]}\n")])
    assert len(gathered.problems) == 2
    assert set(gathered.permissions) == {"admin"}
    assert gathered.faulty == {"rules", "identity"}


def test_a_faulty_person_leaves_the_others() -> None:
    gathered = gather([Document(Path("f.yaml"), b"identity: {people: {a: {}, b: 7, 'c d': {}}}\n")])
    assert set(gathered.people) == {"a"}
    assert gathered.faulty == {"people"}
