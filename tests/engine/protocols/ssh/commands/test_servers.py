import pytest

from tests.engine.protocols.ssh.commands.saying import touched


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("scp -t /a", ["write /a/"]),
        ("scp -v -r -p -d -t -- /a", ["write /a/"]),
        ("scp -f '/a b'", ["read /a b"]),
        ("scp -rf /a", ["read /a/"]),
        ("rsync --server --sender -vlogDtpre.iLsfxCIvu . /a/ b", ["read /a/", "read b/"]),
        ("rsync --server -logDtprze.iLsfxCIvu . /a/", ["write /a/"]),
        ("rsync --server -e.LsfxCIvu --log-format=X --delete-before . /a", ["write /a/", "delete /a/"]),
        ("rsync --server -r --link-dest=/old --partial-dir=.p . /a", ["read /old/", "write .p/", "write /a/"]),
        ("rsync --server --sender -r --remove-source-files . /a", ["read /a/", "delete /a/"]),
        ("git-upload-pack '/srv/a.git'", ["read /srv/a.git/"]),
        ("git-receive-pack /srv/a.git", ["write /srv/a.git/"]),
        ("internal-sftp", []),
    ],
)
def test_what_clients_start_at_the_other_end_is_told(line: str, expected: list[str]) -> None:
    assert sorted(touched(line)) == sorted(expected)


@pytest.mark.parametrize(
    "line",
    [
        *(
            "scp -t",
            "scp -t -f /a",
            "scp -t -S x /a",
            "rsync --server . ",
            "rsync --server -r /a",
            "rsync --server -s . /a",
        ),
        *(
            "rsync --server --daemon .",
            "rsync --server --config=x . /a",
            "rsync --server --rsh=x . /a",
            "rsync --daemon",
        ),
        *("rsync --server --log-file=/x . /a", "rsync --server --files-from=/x . /a", "rsync --server -M--x . /a"),
        *("rsync --server -re x . /a", "rsync --server --secluded-args . /a", "rsync --server --link-dest . /a"),
        *(
            "git-upload-pack",
            "git-upload-pack a b",
            "git-upload-pack --upload=x a",
            "git-shell -c x",
            "rsync --server -ree.x . /a",
        ),
    ],
)
def test_a_server_that_is_started_otherwise_is_opaque(line: str) -> None:
    """SECURITY 5."""
    assert touched(line) == ["opaque"]
