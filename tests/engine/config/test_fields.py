from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from engine.config import fields


def accepts(kind: Any, value: object) -> Any:
    return TypeAdapter(kind).validate_python(value, context={"folder": Path("/etc/h")})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("60s", 60.0), ("15m", 900.0), ("12h", 43200.0), ("7d", 604800.0), ("250ms", 0.25), ("1.5h", 5400.0)],
)
def test_a_duration_has_a_unit(text: str, seconds: float) -> None:
    assert accepts(fields.Duration, text) == seconds


@pytest.mark.parametrize("value", ["60", 60, "0s", "-1s", "1w", "", None, True, "99999d", "1e9s", "٣s"])
def test_what_is_no_duration_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.Duration, value)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("20%", 2_000), ("0.5 %", 50), ("500B", 500), ("1.5MB", 1_500_000), ("2GiB", 2 << 30), ("1TB", 10**12)],
)
def test_an_amount_of_space_is_a_part_of_it_or_bytes(text: str, expected: int) -> None:
    assert accepts(fields.AmountOfSpace, text).of(10_000) == expected


@pytest.mark.parametrize("value", ["20", 20, "", "100%", "-1MB", "1mb", "1 Mb", "500 MB free", None, True, "٣MB"])
def test_what_is_no_amount_of_space_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.AmountOfSpace, value)


@pytest.mark.parametrize(
    "value", ["https://hooks.example/a?b=c", "http://127.0.0.1:8080/", "http://[::1]/x", "http://localhost/"]
)
def test_a_web_address_is_https_or_on_this_machine(value: str) -> None:
    assert accepts(fields.WebAddress, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "http://hooks.example/",
        "ftp://h/",
        "https://",
        "https://u:p@h/",
        "https://h/#x",
        "https://h/a b",
        "h",
        "https://h:x/",
        "https://[::/",
        7,
    ],
)
def test_what_is_no_web_address_or_would_leave_in_clear(value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.WebAddress, value)


def test_a_command_is_words_and_its_program_starts_at_the_folder_of_its_file() -> None:
    assert accepts(fields.Command, ["bin/page", "now", ""]) == ("/etc/h/bin/page", "now", "")
    assert accepts(fields.Command, ["page", "a/b"]) == ("page", "a/b")
    for wrong in ("page", [], [""], [7], ["a\0b"], None):
        with pytest.raises(ValidationError):
            accepts(fields.Command, wrong)


@pytest.mark.parametrize("name", ["Host", "content-length", "a b", "", "x\r\ny", "ä"])
def test_what_is_no_header_to_set_is_refused(name: str) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.Header, name)


@pytest.mark.parametrize("name", ["report-bot", "alice@corp", "a.b", "x" * 128])
def test_names_are_plain(name: str) -> None:
    assert accepts(fields.Name, name) == name


@pytest.mark.parametrize("name", ["", "a b", "a/b", "-a", "a\n", "ä", "\x1b[2J", "x" * 129, 7, True, None])
def test_what_could_be_misread_is_no_name(name: object) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.Name, name)


def test_control_characters_are_in_no_text() -> None:
    with pytest.raises(ValidationError):
        accepts(fields.Line, "use \x1b[2J a migration")


def test_a_date_is_its_start_in_utc() -> None:
    assert accepts(fields.Instant, "2027-03-01") == datetime(2027, 3, 1, tzinfo=UTC)
    assert accepts(fields.Instant, "2027-03-01T10:00:00+02:00") == datetime(2027, 3, 1, 8, tzinfo=UTC)
    with pytest.raises(ValidationError):
        accepts(fields.Instant, "soon")


def test_paths_start_at_the_folder_of_their_file() -> None:
    assert accepts(fields.FilePath, "./state") == Path("/etc/h/state")
    assert accepts(fields.FilePath, "/var/x") == Path("/var/x")


@pytest.mark.parametrize("address", ["db:5432", "127.0.0.1", "[::1]:5432", "/run/postgresql", "db.example:1"])
def test_addresses(address: str) -> None:
    assert accepts(fields.Address, address) == address


@pytest.mark.parametrize("address", ["", "a b", "db:port", "::1", "postgres://x"])
def test_what_is_no_address(address: str) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.Address, address)


@pytest.mark.parametrize(("value", "kept"), [("all", "all"), ("digest", "digest"), ({"rows": 5}, 5)])
def test_answers(value: object, kept: object) -> None:
    assert accepts(fields.Answers, value) == kept


@pytest.mark.parametrize("value", ["some", {"rows": -1}, {"rows": True}, {"row": 1}, 5])
def test_what_is_no_answers(value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.Answers, value)


@pytest.mark.parametrize(
    "value", ["https://idp.example", "https://idp.example/a/", "http://127.0.0.1:1", "http://[::1]/x"]
)
def test_an_issuer_is_https_or_on_this_machine(value: str) -> None:
    assert accepts(fields.IssuerURL, value) == value


@pytest.mark.parametrize(
    "value",
    [
        "http://idp.example",
        "http://localhost.example",
        "https://",
        "https://a@idp.example",
        "https://idp.example?x",
        "https://idp.example#x",
        "https://idp.example /",
        "ftp://127.0.0.1",
        "https://[",
        "idp.example",
        "",
        7,
    ],
)
def test_what_is_no_issuer_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        accepts(fields.IssuerURL, value)


@pytest.mark.parametrize(("text", "is_name"), [("report-bot", True), ("a\n", False), ("", False), ("a b", False)])
def test_what_could_be_a_name_is_told(text: str, is_name: bool) -> None:
    assert fields.is_name(text) is is_name
