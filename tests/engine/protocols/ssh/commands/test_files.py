import pytest

from tests.engine.protocols.ssh.commands.saying import touched


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("cat -n /a b", ["read /a", "read b"]),
        ("cat -- -n", ["read -n"]),
        ("cat", []),
        ("cat -", []),
        ("head -n 5 /a", ["read /a"]),
        ("head -5 /a", ["read /a"]),
        ("tail -f /a", ["read /a"]),
        ("tail --follow=name /a", ["read /a"]),
        ("ls", ["read ."]),
        ("ls -la --color=auto /a//b/", ["read /a/b"]),
        ("ls -R /a", ["read /a/"]),
        ("du -sh /a", ["read /a/"]),
        ("grep -i x /a", ["read /a"]),
        ("grep -e x /a", ["read /a"]),
        ("grep -f /p /a", ["read /p", "read /a"]),
        ("grep -rn x", ["read ./"]),
        ("grep -d recurse x /a", ["read /a/"]),
        ("sort -k 2 -o /b /a", ["read /a", "write /b"]),
        ("uniq -c /a /b", ["read /a", "write /b"]),
        ("diff -u /a /b", ["read /a/", "read /b/"]),
        ("cp -p /a /b", ["read /a", "write /b", "write /b/a"]),
        ("cp -r /a /b", ["read /a/", "write /b/", "write /b/a/"]),
        ("cp -t /d /a /b", ["read /a", "read /b", "write /d", "write /d/a", "write /d/b"]),
        ("mv /a /b", ["read /a/", "delete /a/", "write /b/", "write /b/a/"]),
        ("ln -s /a /b", ["read /a/", "write /a/", "write /b", "write /b/a"]),
        ("install -m 755 /a /b", ["read /a", "write /b", "write /b/a"]),
        ("install -d /a", ["write /a"]),
        ("rm -f /a", ["delete /a"]),
        ("rm -rf /a/", ["delete /a/"]),
        ("rm -f --recursive /a", ["delete /a/"]),
        ("rm /a -r", ["delete /a/"]),
        ("rmdir /a", ["delete /a"]),
        ("mkdir -p -m 700 /a", ["write /a"]),
        ("touch -r /b /a", ["write /a", "read /b"]),
        ("truncate -s 0 /a", ["write /a"]),
        ("tee -a /a -", ["write /a"]),
        ("chmod -R u+w /a", ["write /a/"]),
        ("chown web:web /a", ["write /a"]),
        ("dd if=/a of=/b bs=1M conv=fsync", ["read /a", "write /b"]),
        ("find /a -name x -type f", ["read /a/"]),
        ("find -newer /b", ["read ./", "read /b"]),
        ("find /a -name -exec -delete", ["read /a/", "delete /a/"]),
        ("sed -n 1,10p /a", ["read /a"]),
        ("sed -E 's/a+/b/g' /a", ["read /a"]),
        ("sed -i.bak -e 's|a|b|' /a", ["read /a", "write /a", "write /a.bak"]),
        ("sed -i 5d /a", ["read /a", "write /a"]),
        ("cat /a/../b", ["read /a/../b"]),
    ],
)
def test_the_paths_that_words_name_are_told(line: str, expected: list[str]) -> None:
    assert touched(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        *(
            "cat --nonsense /a",
            "cat -Q /a",
            "wc --files0-from=/a",
            "sort --compress-program=x a",
            "sort -T /a b",
            "head -n",
        ),
        *(
            "sort --comp=x a",
            "md5sum -c a",
            "file -f a",
            "file -m a b",
            "cp a",
            "cp -l a b",
            "cp -s a b",
            "cp --parents a b",
        ),
        *(
            "cp -b a b",
            "mv -b a b",
            "chmod x",
            "chmod --reference=a b",
            "install -s a b",
            "ln",
            "dd x=y",
            "dd if",
            "ls -I",
        ),
        *(
            "find . -exec rm '{}' +",
            "find . -execdir x ';'",
            "find . -ok x ';'",
            "find . -fprint /a",
            "find -files0-from a",
        ),
        *(
            "find . -newermt x",
            "find . -fls a",
            "sed -f a b",
            "sed 's/a/b/e' x",
            "sed 's/a/b/w /etc/x' y",
            "sed 'w /etc/x' y",
        ),
        *(
            "sed '1e rm x' y",
            "sed 'r /etc/x' y",
            "sed -i/tmp/x s/a/b/ y",
            "sed 's/a/b/;e x' y",
            "sed -n '/a/w b' c",
            "sed e x",
        ),
        *("sed --in-place=/tmp/x s/a/b/ y", "sed -n 's/a/b/\nw x' y", "cat ''", "tar -I x", "grep -f", "rm --rec x"),
    ],
)
def test_an_option_that_is_not_known_is_opaque(line: str) -> None:
    """SECURITY 5: its value is never taken for something harmless."""
    assert touched(line) == ["opaque"]


def test_a_path_longer_than_any_is_opaque() -> None:
    assert touched("cat /" + "a" * 5000) == ["opaque"]
