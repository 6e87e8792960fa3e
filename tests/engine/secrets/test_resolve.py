from __future__ import annotations

from pathlib import Path

import pytest

from engine.config.revision import Credential, SecretReference
from engine.errors import UpstreamError
from engine.secrets.resolve import CertificateTerms, Login, Reference, login_of, resolve
from engine.secrets.secret import Secret


async def test_a_variable_of_the_environment_is_read_when_it_is_needed() -> None:
    environment = {"SHOP_PASSWORD": "one"}
    reference = Reference(env="SHOP_PASSWORD")
    assert (await resolve(reference, environment)).reveal() == "one"
    environment["SHOP_PASSWORD"] = "two"
    assert (await resolve(reference, environment)).reveal() == "two"


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"pw", "pw"),
        (b"pw\n", "pw"),
        (b"pw\r\n", "pw"),
        (b"pw\n\n", "pw\n"),
        (b" p w ", " p w "),
        ("pä".encode(), "pä"),
    ],
)
async def test_a_file_is_read_without_its_last_line_break(tmp_path: Path, content: bytes, secret: str) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    assert (await resolve(Reference(file=path))).reveal() == secret


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"p\0w", b"x" * 70_000])
async def test_a_file_without_a_secret_is_named_to_operators_and_never_quoted(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "password"
    path.write_bytes(content)
    with pytest.raises(UpstreamError) as caught:
        await resolve(Reference(file=path))
    assert str(path) in caught.value.__notes__[0]
    assert str(path) not in f"{caught.value} {caught.value.hint}"
    assert "xxxx" not in str(caught.value)


async def test_what_is_not_there_is_named_to_operators_alone(tmp_path: Path) -> None:
    with pytest.raises(UpstreamError) as caught:
        await resolve(Reference(env="NOPE"), {})
    assert caught.value.__notes__ == ["environment variable NOPE: it is not set"]
    with pytest.raises(UpstreamError) as caught:
        await resolve(Reference(file=tmp_path / "nope"))
    assert "No such file" in caught.value.__notes__[0]
    assert "nope" not in f"{caught.value} {caught.value.hint}", "a client is not told how the engine is laid out"


@pytest.mark.parametrize("reference", [{}, {"env": "A", "file": Path("b")}])
def test_a_reference_names_exactly_one_place(reference: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="either"):
        Reference(**reference)  # type: ignore[arg-type]  # the mistake is the point


def test_a_login_shows_its_user_and_not_its_password() -> None:
    assert "hunter2" not in repr(Login("app", Secret("hunter2")))
    assert "hunter2" not in repr(Login("app", private_key=Secret("hunter2")))


async def test_a_login_has_the_secrets_its_credential_names(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("-----BEGIN\n")
    terms = CertificateTerms("deploy", 60.0)
    key = SecretReference(file=tmp_path / "key")
    assert await login_of(Credential("deploy", private_key=key)) == Login("deploy", None, Secret("-----BEGIN"))
    assert await login_of(Credential("deploy", certificate=terms)) == Login("deploy", certificate=terms)
    with pytest.raises(UpstreamError, match="not there"):
        await login_of(Credential("deploy", password=SecretReference(file=tmp_path / "nope")))
