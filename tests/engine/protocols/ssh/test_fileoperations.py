from __future__ import annotations

import posixpath

import pytest

from engine.protocols.ssh import sftp
from engine.protocols.ssh.fileoperations import EXTENDED_VERBS, VERBS, meaning_of, unresolved, verb_of
from engine.protocols.ssh.sftp import REPLIES, Code, Kind, Packet
from engine.protocols.ssh.sftp_calls import Failed
from engine.protocols.ssh.sftp_fields import EXTENSIONS, Flag, Request

HOME = b"/home/a"
LINKS = {b"/home/a/x": b"/etc/shadow", b"/home/a/in": b"/srv/in"}
FOLDERS = {b"/", b"/etc", b"/home", HOME, b"/srv", b"/srv/in", b"/home/a/folder"}
MODE = b"\0\0\0\x04\0\0\x89\xed"


class Tree:
    """A made-up file system: two links, and all that is no folder is a file or `missing`."""

    async def resolve(self, path: bytes) -> bytes:
        plain = posixpath.normpath(posixpath.join(HOME, path))
        for link, leads_to in LINKS.items():
            if plain == link or plain.startswith(link + b"/"):
                plain = leads_to + plain.removeprefix(link)
        if posixpath.dirname(plain) not in FOLDERS:
            raise Failed(Packet(Kind.STATUS, 0, sftp.status(0, Code.NO_SUCH_FILE)[4:]))
        return plain

    async def is_directory(self, path: bytes) -> bool:
        if path.endswith(b"missing"):
            raise Failed(Packet(Kind.STATUS, 0, sftp.status(0, Code.NO_SUCH_FILE)[4:]))
        return path in FOLDERS


async def told(request: Request) -> tuple[str, list[str], str]:
    """Verb, accesses, and the path that would go upstream."""
    tree = Tree()
    meaning = await meaning_of(request, tree.resolve, tree.is_directory)
    accesses = [f"{access.effect} {access.resource.name}" for access in meaning.accesses]
    return meaning.verb, accesses, meaning.request.path.decode()


@pytest.mark.parametrize(
    ("flags", "verb", "effects"),
    [
        (Flag.READ, "READ", ["read"]),
        (Flag.WRITE, "WRITE", ["write"]),
        (Flag.WRITE | Flag.CREAT | Flag.TRUNC, "WRITE", ["write"]),
        (Flag.READ | Flag.WRITE, "OPEN", ["read", "write"]),
        (Flag.READ | Flag.TRUNC, "OPEN", ["read", "write"]),
        (Flag.READ | Flag.CREAT, "OPEN", ["read", "write"]),
        (Flag.CREAT, "OPEN", ["read", "write"]),
        (Flag.APPEND, "OPEN", ["read", "write"]),
        (0, "READ", ["read"]),
    ],
)
async def test_a_file_is_opened_for_what_the_target_makes_of_its_flags(
    flags: int, verb: str, effects: list[str]
) -> None:
    """An OpenSSH server opens for reading whatever does not say WRITE."""
    request = Request(Kind.OPEN, path=b"plain", flags=flags, attributes=bytes(4))
    assert await told(request) == (verb, [f"{effect} /home/a/plain" for effect in effects], "/home/a/plain")


@pytest.mark.parametrize(
    ("request_", "verb", "accesses", "path"),
    [
        (Request(Kind.OPEN, path=b"x", flags=Flag.READ), "READ", ["read /etc/shadow"], "/etc/shadow"),
        (Request(Kind.STAT, path=b"x"), "STAT", ["read /etc/shadow"], "/etc/shadow"),
        (Request(Kind.LSTAT, path=b"x"), "STAT", ["read /home/a/x"], "/home/a/x"),
        (Request(Kind.LSTAT, path=b"x/"), "STAT", ["read /etc/shadow"], "/etc/shadow"),
        (Request(Kind.LSTAT, path=b"in/x"), "STAT", ["read /srv/in/x"], "/srv/in/x"),
        (Request(Kind.READLINK, path=b"x"), "READLINK", ["read /home/a/x"], "/home/a/x"),
        (Request(Kind.OPENDIR, path=b"in"), "LIST", ["read /srv/in"], "/srv/in"),
        (Request(Kind.REALPATH, path=b"x"), "REALPATH", ["read /etc/shadow"], "/etc/shadow"),
        (Request(Kind.REMOVE, path=b"x"), "REMOVE", ["delete /home/a/x"], "/home/a/x"),
        (Request(Kind.RMDIR, path=b"in/f"), "RMDIR", ["delete /srv/in/f"], "/srv/in/f"),
        (Request(Kind.MKDIR, path=b"in/f", attributes=MODE), "MKDIR", ["write /srv/in/f"], "/srv/in/f"),
        (Request(Kind.SETSTAT, path=b"x", attributes=MODE), "SETSTAT", ["write /etc/shadow"], "/etc/shadow"),
        (
            Request(Kind.EXTENDED, "lsetstat@openssh.com", path=b"x", attributes=MODE),
            "SETSTAT",
            ["write /home/a/x"],
            "/home/a/x",
        ),
        (Request(Kind.FSETSTAT, path=b"/srv/f", handle=b"1"), "SETSTAT", ["write /srv/f"], "/srv/f"),
    ],
)
async def test_what_is_decided_and_sent_on_is_where_the_path_leads(
    request_: Request, verb: str, accesses: list[str], path: str
) -> None:
    assert await told(request_) == (verb, accesses, path)


async def test_a_new_file_that_must_not_exist_is_not_looked_for_behind_a_link() -> None:
    flags = Flag.WRITE | Flag.CREAT | Flag.EXCL
    assert (await told(Request(Kind.OPEN, path=b"x", flags=flags)))[1] == ["write /home/a/x"]
    assert (await told(Request(Kind.OPEN, path=b"x", flags=flags ^ Flag.CREAT)))[1] == ["write /etc/shadow"]


@pytest.mark.parametrize("name", ["", "posix-rename@openssh.com"])
async def test_a_renamed_file_is_read_written_and_removed(name: str) -> None:
    """What may not be read under its old name must not be got at under a new one."""
    request = Request(Kind.EXTENDED if name else Kind.RENAME, name, path=b"f", other=b"in/f")
    _, accesses, _ = await told(request)
    assert accesses == ["read /home/a/f", "write /home/a/f", "delete /home/a/f", "write /srv/in/f"]


async def test_a_renamed_folder_is_all_that_is_below_it() -> None:
    _, accesses, _ = await told(Request(Kind.RENAME, path=b"folder", other=b"in/f"))
    assert accesses == ["read /home/a/folder/", "write /home/a/folder/", "delete /home/a/folder/", "write /srv/in/f/"]


async def test_a_hard_link_gives_what_the_file_had() -> None:
    request = Request(Kind.EXTENDED, "hardlink@openssh.com", path=b"/etc/shadow", other=b"mine")
    assert (await told(request))[1] == ["read /etc/shadow", "write /etc/shadow", "write /home/a/mine"]


@pytest.mark.parametrize(
    ("says", "read"),
    [
        (b"/etc/shadow", "/etc/shadow"),
        (b"../../etc/shadow", "/etc/shadow"),
        (b"x", "/etc/shadow"),
        (b"/etc", "/etc/"),
        (b"missing", "/home/a/missing/"),
        (b"/nowhere/at/all", "/nowhere/at/all/"),
    ],
)
async def test_a_symbolic_link_is_reading_what_it_leads_to(says: bytes, read: str) -> None:
    _, accesses, path = await told(Request(Kind.SYMLINK, path=b"link", other=says))
    assert accesses == ["write /home/a/link", f"read {read}"]
    assert path == "/home/a/link"


@pytest.mark.parametrize("path", [b"", b"."])
async def test_asking_where_one_is_concerns_nobody(path: bytes) -> None:
    assert (await told(Request(Kind.REALPATH, path=path)))[1] == ["housekeeping "]


async def test_what_the_target_does_not_resolve_is_decided_as_it_reads() -> None:
    request = Request(Kind.OPEN, path=b"../b/./c", flags=Flag.READ)
    with pytest.raises(Failed):
        await told(request)
    meaning = unresolved(request, HOME)
    assert [str(access.resource) for access in meaning.accesses] == ["path:/home/b/c"]


async def test_a_reviewer_reads_how_a_file_is_opened_and_with_which_mode() -> None:
    tree = Tree()
    request = Request(Kind.OPEN, path=b"f", flags=Flag.WRITE | Flag.CREAT, attributes=MODE)
    meaning = await meaning_of(request, tree.resolve, tree.is_directory)
    assert meaning.text == "WRITE /home/a/f (write, creat, mode 4755)"


async def test_paths_that_are_written_alike_are_not_the_same_operation() -> None:
    """SECURITY promise 4."""
    tree = Tree()
    operations = []
    for path in (b"/srv/\xff", b"/srv/\\xff"):
        meaning = await meaning_of(Request(Kind.REMOVE, path=path), tree.resolve, tree.is_directory)
        operations.append(meaning.operation("o", "s"))
    assert operations[0].text == operations[1].text
    assert operations[0].context != operations[1].context


def test_only_what_cannot_change_anything_is_a_pure_read() -> None:
    changing = {"READ", "WRITE", "OPEN", "SETSTAT", "REMOVE", "MKDIR", "RMDIR", "RENAME", "SYMLINK", "LINK", "COPY"}
    requests = {
        "READ": Request(Kind.OPEN, path=b"/f", flags=Flag.READ),
        "WRITE": Request(Kind.OPEN, path=b"/f", flags=Flag.WRITE),
        "OPEN": Request(Kind.OPEN, path=b"/f", flags=Flag.READ | Flag.WRITE),
        **{verb: Request(kind, path=b"/f") for kind, verb in VERBS.items()},
    }
    for verb, request in requests.items():
        assert unresolved(request, HOME).is_pure_read is (verb not in changing), verb


def test_every_request_that_is_decoded_has_a_verb() -> None:
    handled = {"fstatvfs@openssh.com", "fsync@openssh.com"}
    assert set(EXTENDED_VERBS) == set(EXTENSIONS) - handled
    by_handle = {Kind.CLOSE, Kind.READ, Kind.WRITE, Kind.FSTAT, Kind.READDIR}
    assert set(VERBS) | by_handle | {Kind.OPEN, Kind.EXTENDED} == set(REPLIES)
    assert verb_of(Request(Kind.OPEN, flags=Flag.READ)) == "READ"
