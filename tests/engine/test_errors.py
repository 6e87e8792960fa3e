from engine import errors
from engine.errors import Denied, HooptermError
from engine.model import Decision, Verdict


def test_there_are_at_most_ten_classes() -> None:
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, HooptermError)]
    assert len(classes) <= 10


def test_each_class_has_a_code_of_its_own() -> None:
    classes = [item for item in vars(errors).values() if isinstance(item, type) and issubclass(item, HooptermError)]
    assert len({item.code for item in classes}) == len(classes)


def test_a_denial_as_json_has_the_published_keys() -> None:
    decision = Decision(Verdict.DENY, "no-ddl", "use a migration")
    denied = Denied("DROP denied", "no-ddl", "ask", decision=decision, operation="o-1", review="r-1", retry=True)
    assert denied.as_json() == {
        "decision": "deny",
        "rule": "no-ddl",
        "reason": "use a migration",
        "operation": "o-1",
        "review": "r-1",
        "retry": True,
    }
