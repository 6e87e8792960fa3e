"""File transfers of real clients through the bastion to a real sshd: decided, recorded, masked, and still working."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.servers.bastion import Bastion, StartBastion

CARD = "4111 1111 1111 1111"
MASKING = "masking: [{name: pii, detect: [credit_card, private_key], with: hash}]"


def rules(home: Path, *more: str) -> str:
    """Everything in `home` but what is in `home/closed`, and more."""
    lines = (
        f"{{name: home, decide: allow, who: {{groups: [agents]}}, what: {{effects: [read, write, delete], "
        f'paths: ["{home}", "{home}/**"]}}, except: {{what: {{paths: ["{home}/closed/**"]}}}}}}',
        *more,
    )
    return "rules:\n" + "".join(f"  - {line}\n" for line in lines)


def sftp(bastion: Bastion, *lines: str, keep_on: bool = False) -> subprocess.CompletedProcess[str]:
    """OpenSSH's sftp with these commands; `keep_on` where one of them fails."""
    batch = "".join(f"{'-' if keep_on else ''}{line}\n" for line in lines)
    return bastion.run("sftp", "-b", "-", input=batch)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder on the target."""
    home = (tmp_path / "home").resolve()
    (home / "closed").mkdir(parents=True)
    (home / "closed" / "secret").write_text("closed\n")
    return home


def test_a_session_of_sftp_does_what_it_does_without_the_bastion(start_bastion: StartBastion, home: Path) -> None:
    bastion = start_bastion(rules(home))
    content = os.urandom(3_000_000)
    (home / "a").write_bytes(content)
    done = sftp(
        bastion,
        f"cd {home}",
        f"lcd {home}",
        "get a b",
        "put b c",
        "rename c d",
        "ln d hard",
        "ln -s d soft",
        "get soft e",
        "chmod 600 d",
        "mkdir folder",
        "put -p d folder/",
        "rename folder moved",
        "ls -l moved",
        "df",
        "rm moved/d",
        "rmdir moved",
        "pwd",
    )
    assert done.returncode == 0, done.stderr
    assert f"Remote working directory: {home}" in done.stdout
    assert {(home / name).read_bytes() for name in "abde"} == {content}
    assert (home / "d").stat().st_mode & 0o777 == 0o600
    assert (home / "hard").stat().st_nlink == 2
    assert not (home / "moved").exists()


@pytest.mark.parametrize("options", [(), ("-O",)], ids=["sftp", "rcp"])
def test_scp_copies_trees_both_ways(start_bastion: StartBastion, tmp_path: Path, options: tuple[str, ...]) -> None:
    bastion = start_bastion()
    source, there, back = tmp_path / "source", tmp_path / "there", tmp_path / "back"
    (source / "in").mkdir(parents=True)
    (source / "in" / "file with spaces").write_bytes(os.urandom(700_000))
    (source / "empty").write_bytes(b"")
    (source / "run").write_bytes(b"x")
    (source / "run").chmod(0o755)
    up = bastion.run("scp", "-rp", *options, str(source), f":{there}")
    assert up.returncode == 0, up.stderr
    down = bastion.run("scp", "-rp", *options, f":{there}", str(back))
    assert down.returncode == 0, down.stderr
    for copy in (there, back):
        assert (copy / "in" / "file with spaces").read_bytes() == (source / "in" / "file with spaces").read_bytes()
        assert (copy / "empty").read_bytes() == b""
        assert (copy / "run").stat().st_mode & 0o777 == 0o755
        assert int((copy / "run").stat().st_mtime) == int((source / "run").stat().st_mtime)


def test_what_is_denied_is_refused_as_sftp_has_it_and_the_session_goes_on(
    start_bastion: StartBastion, home: Path
) -> None:
    bastion = start_bastion(rules(home))
    lines = (
        f"get {home}/closed/secret {home}/got",
        "get /etc/passwd /dev/null",
        f"rm {home}/closed/secret",
        f"ls {home}",
    )
    done = sftp(bastion, *lines, keep_on=True)
    assert not (home / "got").exists()
    assert (home / "closed" / "secret").exists()
    assert "Permission denied" in done.stderr
    assert '"decision":"deny"' in done.stderr
    assert f"{home}/closed" in done.stdout


@pytest.mark.parametrize("command", ["ln -s {0}/closed/secret {0}/x", "ln {0}/closed/secret {0}/x", "ln -s {0} {0}/x"])
def test_no_link_is_made_to_what_may_not_be_read(start_bastion: StartBastion, home: Path, command: str) -> None:
    """SECURITY: a link into a protected path."""
    bastion = start_bastion(rules(home))
    done = sftp(bastion, command.format(home), keep_on=True)
    assert "denied" in done.stderr
    assert not (home / "x").is_symlink()
    assert not (home / "x").exists()


def test_a_link_that_is_there_already_leads_nobody_into_what_is_closed(start_bastion: StartBastion, home: Path) -> None:
    """SECURITY: a link into a protected path."""
    bastion = start_bastion(rules(home))
    (home / "file").symlink_to(home / "closed" / "secret")
    (home / "folder").symlink_to(home / "closed")
    (home / "new").symlink_to(home / "closed" / "new")
    (home / "mine").write_text("mine\n")
    done = sftp(
        bastion,
        f"get {home}/file {home}/1",
        f"get {home}/folder/secret {home}/2",
        f"get {home}/folder/../closed/secret {home}/3",
        f"put {home}/mine {home}/new",
        f"put {home}/mine {home}/folder/other",
        f"rm {home}/folder/secret",
        f"rename {home}/folder/secret {home}/4",
        f"chmod 777 {home}/file",
        keep_on=True,
    )
    assert done.stderr.count('"decision":"deny"') >= 8
    assert sorted(path.name for path in home.iterdir()) == ["closed", "file", "folder", "mine", "new"]
    assert [path.name for path in (home / "closed").iterdir()] == ["secret"]
    assert (home / "closed" / "secret").stat().st_mode & 0o777 != 0o777


def test_a_folder_is_not_moved_out_with_what_is_closed_in_it(start_bastion: StartBastion, tmp_path: Path) -> None:
    """SECURITY: what may not be read must not be got at under another name."""
    secret = tmp_path / "home" / "a" / "closed" / "secret"
    secret.parent.mkdir(parents=True)
    secret.write_text("closed\n")
    home = (tmp_path / "home").resolve()
    closed = f'{{name: closed, decide: deny, what: {{effects: [read], paths: ["{home}/a/closed/*"]}}}}'
    bastion = start_bastion(rules(home, closed))
    done = sftp(bastion, f"rename {home}/a {home}/b", keep_on=True)
    assert "denied" in done.stderr
    assert secret.exists()


@pytest.mark.parametrize("options", [(), ("-O",)], ids=["sftp", "rcp"])
def test_a_value_in_a_file_reaches_neither_client_nor_recording(
    start_bastion: StartBastion, home: Path, options: tuple[str, ...]
) -> None:
    """SECURITY promise 2: canaries in files."""
    bastion = start_bastion(masking=MASKING)
    content = ("words\n" * 50_000 + f"card {CARD} end\n") * 3
    (home / "file").write_text(content)
    done = bastion.run("scp", *options, f":{home}/file", f"{home}/got")
    assert done.returncode == 0, done.stderr
    assert (home / "got").read_text() == content.replace(CARD, "*" * len(CARD))
    assert CARD.encode() not in bastion.everything_written()


def test_a_value_in_an_uploaded_file_reaches_the_target_and_no_recording(
    start_bastion: StartBastion, home: Path
) -> None:
    """SECURITY promise 2."""
    bastion = start_bastion(masking=MASKING)
    (home / "file").write_text(f"card {CARD} end\n")
    assert bastion.run("scp", f"{home}/file", f":{home}/there").returncode == 0
    assert (home / "there").read_text() == f"card {CARD} end\n"
    assert CARD.encode() not in bastion.everything_written()


def test_a_value_in_a_files_name_is_not_listed(start_bastion: StartBastion, home: Path) -> None:
    """SECURITY promise 2."""
    bastion = start_bastion(masking=MASKING)
    (home / f"card {CARD}").write_text("")
    done = sftp(bastion, f"ls -1 {home}", f"ls -l {home}")
    assert CARD not in done.stdout
    assert "card ********" in done.stdout or "card " in done.stdout


def test_what_is_uploaded_and_downloaded_is_recorded_under_its_operation(
    start_bastion: StartBastion, home: Path
) -> None:
    bastion = start_bastion(rules(home))
    (home / "file").write_text("down the line\n")
    assert sftp(bastion, f"get {home}/file {home}/x", f"put {home}/x {home}/y").returncode == 0
    bastion.stop()
    written = bastion.everything_written()
    assert written.count(b"down the line\n") >= 2
    assert f"READ {home}/file".encode() in written
    assert f"WRITE {home}/y (write, creat, trunc".encode() in written
    assert bastion.verified().ok


def test_rsync_and_git_work_over_the_bastion(start_bastion: StartBastion, tmp_path: Path) -> None:
    bastion = start_bastion()
    shell = " ".join(["ssh", *bastion.options(), "-p", str(bastion.port)])
    source = tmp_path / "source"
    source.mkdir()
    (source / "file").write_bytes(os.urandom(100_000))
    for names in (
        (f"{source}/", f"web1@127.0.0.1:{tmp_path}/up/"),
        (f"web1@127.0.0.1:{tmp_path}/up/", f"{tmp_path}/down/"),
    ):
        line = ["rsync", "-a", "-e", shell, *names]
        assert subprocess.run(line, capture_output=True, timeout=60).returncode == 0
    assert (tmp_path / "down" / "file").read_bytes() == (source / "file").read_bytes()
    environment = {**os.environ, "GIT_SSH_COMMAND": shell, "GIT_CONFIG_GLOBAL": "/dev/null"}

    def git(*words: str) -> None:
        git = ["git", "-c", "user.name=t", "-c", "user.email=t@t.example", *words]
        subprocess.run(git, check=True, env=environment, cwd=tmp_path, capture_output=True, timeout=60)

    git("init", "-q", "--bare", "there.git")
    git("clone", "-q", f"ssh://web1@127.0.0.1{tmp_path}/there.git", "clone")
    (tmp_path / "clone" / "file").write_text("pushed\n")
    git("-C", "clone", "add", "file")
    git("-C", "clone", "commit", "-q", "-m", "one")
    git("-C", "clone", "push", "-q", "origin", "HEAD:main")
    git("clone", "-q", "-b", "main", f"ssh://web1@127.0.0.1{tmp_path}/there.git", "again")
    assert (tmp_path / "again" / "file").read_text() == "pushed\n"


@pytest.mark.parametrize("program", ["rsync", "git"])
def test_what_masks_would_break_is_refused_at_once_and_says_why(
    start_bastion: StartBastion, tmp_path: Path, program: str
) -> None:
    """SECURITY 2: what cannot be masked is refused."""
    bastion = start_bastion(masking=MASKING)
    subprocess.run(["git", "init", "-q", "--bare", tmp_path / "r.git"], check=True)
    transport = f"ssh {' '.join(bastion.options())} -p {bastion.port}"
    where = f"web1@127.0.0.1:{tmp_path}/r.git"
    line = ["rsync", "-a", "-e", transport, where] if program == "rsync" else ["git", "clone", "-q", where]
    done = subprocess.run(
        [*line, str(tmp_path / "copy")],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "GIT_SSH_COMMAND": transport},
        check=False,
    )
    assert done.returncode != 0
    assert "is not run where values are masked" in done.stderr
    assert "use scp or sftp" in done.stderr
    assert bastion.verified().ok


STOPPING = """
rules:
  - name: work
    decide: allow
    who: {groups: [agents]}
    what: {effects: [read, write, delete, execute, opaque]}
    mask: %s
"""


def synced(bastion: Bastion, *words: str, program: str = "rsync") -> subprocess.CompletedProcess[str]:
    transport = f"ssh {' '.join(bastion.options())} -p {bastion.port}"
    line = ["rsync", "-e", transport, *words] if program == "rsync" else [program, *words]
    environment = {**os.environ, "GIT_SSH_COMMAND": transport}
    return subprocess.run(line, capture_output=True, text=True, timeout=60, env=environment, check=False)


def test_rsync_works_where_a_rule_has_it_stopped_and_no_value_leaves(
    start_bastion: StartBastion, home: Path, tmp_path: Path
) -> None:
    """SECURITY 2: what cannot be masked ends before the value leaves."""
    bastion = start_bastion(STOPPING % "stop", masking=MASKING)
    there, here = tmp_path / "there", tmp_path / "here"
    for number in range(200):
        file = there / f"{number % 7}" / f"file-{number}"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(number * 900))
    remote = f"web1@127.0.0.1:{there}/"
    for _ in range(2):
        done = synced(bastion, "-a", remote, str(here))
        assert done.returncode == 0, done.stderr
    assert subprocess.run(["diff", "-r", there, here], check=False).returncode == 0
    assert synced(bastion, "-a", f"{here}/", f"web1@127.0.0.1:{tmp_path}/back").returncode == 0
    assert subprocess.run(["diff", "-r", there, tmp_path / "back"], check=False).returncode == 0
    done = synced(bastion, "-az", remote, str(tmp_path / "packed"))
    assert "compressed, so no value in it can be seen" in done.stderr
    (there / "cards").write_text(f"a {CARD} b\n" * 3)
    done = synced(bastion, "-a", "--rsync-path=sh -c 'exec rsync \"$@\"' rsync", remote, str(tmp_path / "opaque"))
    assert "is not run where values are masked" in done.stderr
    done = synced(bastion, "-a", remote, str(tmp_path / "new"))
    assert done.returncode != 0
    assert "it holds a value that is masked here" in done.stderr
    assert all(CARD not in file.read_bytes().decode("latin1") for file in tmp_path.glob("new/**/*") if file.is_file())
    assert CARD.encode() not in bastion.everything_written()


def test_git_works_where_a_rule_says_that_it_is_not_seen(start_bastion: StartBastion, tmp_path: Path) -> None:
    bastion = start_bastion(STOPPING % "unseen", masking=MASKING)
    repository = tmp_path / "r.git"
    subprocess.run(["git", "init", "-q", "--bare", repository], check=True)
    commit = ["-c", "user.name=a", "-c", "user.email=a@b", "commit", "-q", "--allow-empty", "-m", "one"]
    for words in (
        ["clone", "-q", f"web1@127.0.0.1:{repository}", str(tmp_path / "one")],
        ["-C", str(tmp_path / "one"), *commit],
        ["-C", str(tmp_path / "one"), "push", "-q", "origin", "HEAD:main"],
        ["clone", "-q", "-b", "main", f"web1@127.0.0.1:{repository}", str(tmp_path / "two")],
    ):
        done = synced(bastion, *words, program="git")
        assert done.returncode == 0, done.stderr


def test_what_is_let_run_unseen_shows_nothing_of_another_command(start_bastion: StartBastion, tmp_path: Path) -> None:
    """SECURITY 2: nothing unmasked leaves beside what a rule lets run unseen."""
    bastion = start_bastion(STOPPING % "unseen", masking=MASKING)
    (tmp_path / "cards").write_text(f"{CARD}\n")
    for line in (f"git-upload-pack x.git; cat {tmp_path}/cards", f"cat {tmp_path}/* # git-upload-pack"):
        done = bastion.ssh(line)
        assert CARD.encode() not in done.stdout + done.stderr
        assert b"run it alone" in done.stderr
    own = tmp_path / "git-upload-pack"
    own.write_text(f"#!/bin/sh\ncat {tmp_path}/cards\n")
    own.chmod(0o755)
    done = bastion.ssh(f"{own} x.git")
    assert CARD.encode() not in done.stdout + done.stderr
    assert b"may be any program" in done.stderr


@pytest.mark.skipif(not os.access("/dev/fuse", os.W_OK), reason="this kernel mounts nothing for programs")
def test_a_folder_of_the_target_is_mounted_and_what_is_closed_in_it_stays_closed(
    start_bastion: StartBastion, home: Path, tmp_path: Path
) -> None:
    bastion = start_bastion(rules(home))
    content = os.urandom(700_000)
    (home / "a").write_bytes(content)
    mount = tmp_path / "mount"
    mount.mkdir()
    options = [word for option in bastion.options()[2:] for word in ("-o", option.removeprefix("-o"))]
    line = ["sshfs", "-F", "/dev/null", *options, "-p", str(bastion.port), f"web1@127.0.0.1:{home}", str(mount)]
    subprocess.run(line, check=True, capture_output=True, timeout=60)
    try:
        assert (mount / "a").read_bytes() == content
        (mount / "b").write_bytes(content)
        (mount / "folder").mkdir()
        (mount / "b").rename(mount / "folder" / "c")
        assert os.listdir(mount / "folder") == ["c"]
        with pytest.raises(PermissionError):
            (mount / "closed" / "secret").read_text()
        (mount / "a").unlink()
    finally:
        subprocess.run(["fusermount3", "-u", "-z", str(mount)], check=True)
    assert (home / "folder" / "c").read_bytes() == content
    assert not (home / "a").exists()
