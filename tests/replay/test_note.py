"""Signed notes against the specification's rules and the vectors of Go's implementation."""

from __future__ import annotations

import pytest

from replay.note import Checkpoint, Note, NoteError, SigningKey, VerifierKey

# golang.org/x/mod/sumdb/note, note_test.go
SIGNER = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
VERIFIER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
PETER_SIGNED = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_SIGNED = (
    "— EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
)
# https://c2sp.org/tlog-checkpoint
CHECKPOINT = (
    "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
)


def test_signing_gives_the_note_that_go_gives() -> None:
    assert SigningKey.parse(SIGNER).sign(TEXT) == f"{TEXT}\n{PETER_SIGNED}"


def test_keys_are_written_as_go_writes_them() -> None:
    key = SigningKey.parse(SIGNER)
    assert str(key.verifier) == VERIFIER
    assert key.private_text() == SIGNER
    assert str(VerifierKey.parse(ENOCH)) == ENOCH


def test_a_note_holds_for_each_of_its_signers_alone() -> None:
    note = Note.parse(f"{TEXT}\n{PETER_SIGNED}{ENOCH_SIGNED}".encode())
    assert note.text == TEXT
    note.require(VerifierKey.parse(VERIFIER))
    note.require(VerifierKey.parse(ENOCH))
    with pytest.raises(NoteError, match="not signed by"):
        note.require(SigningKey.generate("PeterNeumann").verifier)


def test_an_altered_text_does_not_hold() -> None:
    note = Note.parse(f"{TEXT.replace('you', 'they')}\n{PETER_SIGNED}".encode())
    with pytest.raises(NoteError, match="does not hold"):
        note.require(VerifierKey.parse(VERIFIER))


def test_one_bad_line_of_a_known_key_refuses_the_note_beside_a_good_one() -> None:
    bad = Note.parse(f"{TEXT}\n{PETER_SIGNED[:40]}ABCD{PETER_SIGNED[44:]}{PETER_SIGNED}".encode())
    with pytest.raises(NoteError, match="does not hold"):
        bad.require(VerifierKey.parse(VERIFIER))


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        TEXT + "\n",
        f"{TEXT}\n{PETER_SIGNED[:-1]}",
        f"\x01{TEXT}\n{PETER_SIGNED}",
        f"{TEXT}\n— Bad Name {PETER_SIGNED.split()[2]}\n",
        f"{TEXT}\n{PETER_SIGNED}Unexpected line.\n",
        f"{TEXT}\n— a+b AAAAAAAA\n",
        f"{TEXT}\n— name AAAA\n",
        f"{TEXT}\n— name AAAAAAB=\n",
        "x" * 70_000,
    ],
)
def test_malformed_notes_are_refused(note: str) -> None:
    with pytest.raises(NoteError):
        Note.parse(note.encode())


def test_bytes_that_are_not_text_are_refused() -> None:
    with pytest.raises(NoteError, match="UTF-8"):
        Note.parse(b"\xff" + f"{TEXT}\n{PETER_SIGNED}".encode())


def test_no_mangled_verifier_key_is_accepted() -> None:
    for cut in range(1, len(VERIFIER)):
        for text in (VERIFIER[:cut], VERIFIER[cut:]):
            with pytest.raises(NoteError):
                VerifierKey.parse(text)
    for at in range(len(VERIFIER)):
        with pytest.raises(NoteError):
            VerifierKey.parse(VERIFIER[:at] + chr(ord(VERIFIER[at]) + 1) + VERIFIER[at + 1 :])
    with pytest.raises(NoteError):
        VerifierKey.parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")


@pytest.mark.parametrize("text", [SIGNER[1:], SIGNER[:-4], SIGNER.replace("c74f20a3", "c74f20a4"), "x"])
def test_mangled_signing_keys_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        SigningKey.parse(text)


def test_a_signing_key_does_not_show_itself() -> None:
    key = SigningKey.parse(SIGNER)
    assert SIGNER.rpartition("+")[2] not in repr(key) + str(key)


def test_the_specifications_checkpoint_parses() -> None:
    note = Note.parse(CHECKPOINT.encode())
    checkpoint = Checkpoint.parse(note.text)
    assert (checkpoint.origin, checkpoint.size) == ("example.com/behind-the-sofa", 20_852_163)
    assert str(checkpoint) == note.text
    assert note.signatures[0].name == checkpoint.origin


def test_a_checkpoint_may_have_further_lines_and_any_number_of_cosigners() -> None:
    key = SigningKey.generate("node/0")
    text = f"{Checkpoint('node/0', 3, bytes(32))}extension\n"
    note = key.sign(text) + PETER_SIGNED
    assert Checkpoint.open(note.encode(), key.verifier) == Checkpoint("node/0", 3, bytes(32))


@pytest.mark.parametrize(
    "text",
    [
        "node/0\n3\n",
        "node/0\n03\n" + "A" * 43 + "=\n",
        "node/0\n-3\n" + "A" * 43 + "=\n",
        "node/0\n3\nAAAA\n",
        "\n3\n" + "A" * 43 + "=\n",
        "node/0\n99999999999999999999\n" + "A" * 43 + "=\n",
        "node/0\n3\n" + "A" * 43 + "=",
    ],
)
def test_malformed_checkpoints_are_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Checkpoint.parse(text)
