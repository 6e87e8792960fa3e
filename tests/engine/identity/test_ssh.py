from __future__ import annotations

import base64
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncssh
import pytest

from engine.config.loading import load_sources
from engine.config.revision import Revision
from engine.errors import SessionRefused
from engine.identity.ssh import by_key, by_offer, line_of, why_not_any_more
from engine.model import Identity
from tests.engine.config.writing import revision
from tests.servers.sshkeys import Authority, blob, keygen, public, sample

BOT, ALICE, STRANGER = (asyncssh.import_public_key(sample(number)) for number in (1, 2, 3))


@pytest.fixture
def known() -> Revision:
    return revision(
        f"""\
        identity: {{people: {{alice: {{groups: [dev], ssh: ["{sample(2)}"]}}}}}}
        agents: [{{name: bot, sponsor: alice, groups: [agents], expires: 2227-03-01, ssh: ["{sample(1)} its key"]}}]
        """,
        whole=False,
    )


def test_a_listed_key_is_whose_it_is_named_or_not(known: Revision) -> None:
    for asked in (None, "bot"):
        bot = by_key(known, asked, BOT.public_data)
        assert (bot.subject, bot.kind, bot.sponsor, bot.groups) == ("bot", "agent", "alice", frozenset({"agents"}))
        assert bot.authenticated == f"ssh-key:{BOT.get_fingerprint()}"
        assert bot.expires == known.agents["bot"].expires
        assert bot.key == sample(1)
    assert by_key(known, None, ALICE.public_data).kind == "human"


def test_a_key_lets_in_nobody_else(known: Revision) -> None:
    with pytest.raises(SessionRefused, match="the key is another identity's"):
        by_key(known, "alice", BOT.public_data)
    with pytest.raises(SessionRefused, match="nobody of the configuration has it"):
        by_key(known, None, STRANGER.public_data)
    with pytest.raises(SessionRefused, match="nobody of the configuration has it"):
        by_key(known, "bot", STRANGER.public_data)


@pytest.mark.parametrize("offered", [b"", b"\0", b"\xff" * 60, b"\0\0\0\4ab-cert-v01", BOT.public_data[:-1]])
def test_bytes_that_are_no_key_are_refused(known: Revision, offered: bytes) -> None:
    with pytest.raises(SessionRefused):
        by_offer(known, None, offered, "127.0.0.1", datetime.now(UTC))


def test_a_keys_line_is_its_kind_and_its_wire_form() -> None:
    assert line_of(BOT.public_data) == sample(1)


class Company:
    """Three who have no key listed, and an authority whose certificates let them in."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.authority = Authority(keygen(folder / "ca"))
        self.key = keygen(folder / "key")

    def revision(self, revoked: str = "{}", agents: str = "bot", authority: str | None = None) -> Revision:
        """What the configuration says, with these agents."""
        listed = ", ".join(f"{{name: {name}, sponsor: alice, expires: 2227-03-01}}" for name in agents.split())
        corp = f"{{name: corp, key: '{authority or self.authority.public}', revoked: {revoked}}}"
        text = f"identity: {{people: {{alice: {{}}}}, ssh: {{cas: [{corp}]}}}}\nagents: [{listed}]\n"
        return load_sources({self.folder / "hoopterm.yaml": text.encode()})

    def offer(
        self, certificate: Path, revision: Revision | None = None, asked: str | None = None, peer: str = "10.1.2.3"
    ) -> Identity:
        """Whom it lets in."""
        return by_offer(revision or self.revision(), asked, blob(certificate), peer, datetime.now(UTC))


@pytest.fixture
def company(tmp_path: Path) -> Company:
    return Company(tmp_path)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "rsa"])
def test_a_certificate_lets_in_whom_it_names(company: Company, kind: str) -> None:
    company.authority = Authority(keygen(company.folder / "other-ca", kind=kind))
    company.key = keygen(company.folder / "other", kind=kind)
    certificate = company.authority.sign(company.key, "deploy", "bot", serial=17)
    for asked in (None, "bot"):
        bot = company.offer(certificate, asked=asked)
        assert (bot.subject, bot.kind, bot.authenticated) == ("bot", "agent", "ssh-cert:corp/17")
        assert bot.key == public(company.key)
        assert bot.certified is not None
        assert (bot.certified.authority, bot.certified.serial, bot.certified.id) == ("corp", 17, "other 1")
        assert bot.expires is not None
        assert timedelta(minutes=58) < bot.expires - datetime.now(UTC) < timedelta(minutes=62)


def test_an_identity_that_ends_before_its_certificate_ends_then(company: Company) -> None:
    forever = company.authority.sign(company.key, "bot", "alice", validity="always:forever")
    assert company.offer(forever, asked="bot").expires == datetime(2227, 3, 1, tzinfo=UTC)
    assert company.offer(forever, asked="alice").expires is None


def test_a_certificate_of_several_identities_asks_for_a_name(company: Company) -> None:
    both = company.authority.sign(company.key, "bot", "clerk")
    staff = company.revision(agents="bot clerk")
    assert company.offer(both, staff, asked="clerk").subject == "clerk"
    with pytest.raises(SessionRefused, match="several identities'"):
        company.offer(both, staff)
    with pytest.raises(SessionRefused, match="alice is not among its principals"):
        company.offer(both, staff, asked="alice")


Signing = Callable[[Company], Path]


def _of_another_authority(company: Company) -> Path:
    return Authority(keygen(company.folder / "foreign")).sign(company.key, "bot")


def _tampered(company: Company) -> Path:
    certificate = company.authority.sign(company.key, "bob")
    kind, text = certificate.read_text().split()[:2]
    raw = base64.b64decode(text).replace(b"\0\0\0\3bob", b"\0\0\0\3bot")
    certificate.write_text(f"{kind} {base64.b64encode(raw).decode()}\n")
    return certificate


def _nested(company: Company) -> Path:
    """Signed by a key that itself has only a certificate of the authority."""
    middle = keygen(company.folder / "middle")
    company.authority.sign(middle, "bot")
    return Authority(middle).sign(company.key, "bot")


@pytest.mark.parametrize(
    ("sign", "why"),
    [
        (_of_another_authority, "its authority is none of the configuration's"),
        (_nested, "its authority is none of the configuration's"),
        (_tampered, "Invalid OpenSSH certificate"),
        (lambda it: it.authority.sign(it.key), "none of its principals"),
        (lambda it: it.authority.sign(it.key, "stranger"), "none of its principals"),
        (lambda it: it.authority.sign(it.key, "BOT"), "none of its principals"),
        (lambda it: it.authority.sign(it.key, "bot", validity="-2h:-1h"), "it has expired"),
        (lambda it: it.authority.sign(it.key, "bot", validity="+1h:+2h"), "it is not valid yet"),
        (lambda it: it.authority.sign(it.key, "bot", options=("-h",)), "it is not a user's"),
        (lambda it: it.authority.sign(it.key, "bot", options=("-O", "critical:x@y=1")), "not known here: x@y"),
        (lambda it: it.authority.sign(it.key, "bot", options=("-O", "verify-required")), "not known here"),
        (lambda it: it.authority.sign(it.key, "bot", options=("-O", "source-address=10.1.0.0/24")), "other addresses"),
        (lambda it: it.authority.sign(keygen(it.folder / "r", "-b", "1024", kind="rsa"), "bot"), "too short"),
    ],
)
def test_a_certificate_that_does_not_hold_lets_in_nobody(company: Company, sign: Signing, why: str) -> None:
    with pytest.raises(SessionRefused, match=why):
        company.offer(sign(company))


def test_a_signature_over_sha1_is_not_believed(company: Company) -> None:
    company.authority = Authority(keygen(company.folder / "rsa-ca", kind="rsa"))
    sha1 = company.authority.sign(company.key, "bot", options=("-t", "ssh-rsa"))
    with pytest.raises(SessionRefused, match=r"its signature \(ssh-rsa\) is not believed"):
        company.offer(sha1)


@pytest.mark.parametrize(
    ("peer", "is_let_in"),
    [("10.1.2.3", True), ("::ffff:10.1.2.3", True), ("fd00::1", True), ("10.2.0.1", False), ("", False)],
)
def test_a_certificate_may_be_for_some_addresses(company: Company, peer: str, is_let_in: bool) -> None:
    addresses = ("-O", "source-address=10.1.0.0/16,fd00::/8")
    certificate = company.authority.sign(company.key, "bot", options=addresses)
    try:
        company.offer(certificate, peer=peer)
    except SessionRefused:
        assert not is_let_in
    else:
        assert is_let_in


def test_what_a_certificate_permits_and_demands_is_known_of_its_identity(company: Company) -> None:
    options = ("-O", "clear", "-O", "permit-pty", "-O", "force-command=uptime -p", "-O", "extension:x@y=1")
    certified = company.offer(company.authority.sign(company.key, "bot", options=options)).certified
    assert certified is not None
    assert (certified.permits, certified.command) == (frozenset({"pty"}), "uptime -p")
    usual = company.offer(company.authority.sign(company.key, "bot")).certified
    assert usual is not None
    assert usual.permits == {"pty", "port-forwarding", "agent-forwarding", "X11-forwarding"}
    assert usual.command is None


def _krl(company: Company, certificate: Path) -> str:
    krl = company.folder / "revoked.krl"
    subprocess.run(["ssh-keygen", "-q", "-k", "-f", krl, certificate], check=True)
    return "{krl: revoked.krl}"


@pytest.mark.parametrize(
    "revoke",
    [
        lambda it, certificate: "{serials: [17]}",
        lambda it, certificate: "{serials: ['1-20']}",
        lambda it, certificate: f"{{keys: ['{public(it.key)}']}}",
        lambda it, certificate: f"{{keys: ['{it.authority.public}']}}",
        _krl,
    ],
)
def test_what_was_revoked_lets_in_no_more_and_ends_what_it_let_in(
    company: Company, revoke: Callable[[Company, Path], str]
) -> None:
    certificate = company.authority.sign(company.key, "bot", serial=17)
    before = company.revision("{serials: [16, '18-30']}")
    identity = company.offer(certificate, before)
    assert why_not_any_more(identity, before, before) is None
    revoked = company.revision(revoke(company, certificate))
    with pytest.raises(SessionRefused, match="it was revoked"):
        company.offer(certificate, revoked)
    assert why_not_any_more(identity, before, revoked) == "its certificate was revoked"


def test_an_authority_that_went_or_changed_ends_what_it_let_in(company: Company) -> None:
    before = company.revision()
    identity = company.offer(company.authority.sign(company.key, "bot"), before)
    other = company.revision(authority=public(keygen(company.folder / "new")))
    for after in (other, replace(before, ssh_authorities=())):
        assert why_not_any_more(identity, before, after) == "the authority of its certificate is not trusted any more"


def test_a_key_that_went_or_is_somebody_elses_now_ends_what_it_let_in(known: Revision) -> None:
    identity = by_key(known, None, BOT.public_data)
    assert why_not_any_more(identity, known, known) is None
    for keys in ({}, {sample(1): "alice"}):
        assert why_not_any_more(identity, known, replace(known, ssh_keys=keys)) == "its key is not listed any more"
