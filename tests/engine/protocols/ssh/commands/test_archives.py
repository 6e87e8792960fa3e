import pytest

from tests.engine.protocols.ssh.commands.saying import touched


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("tar -xzf /a.tgz -C /b", ["read /a.tgz", "write /b/"]),
        ("tar xf /a.tar", ["read /a.tar", "write ./"]),
        ("tar tf /a.tar", ["read /a.tar"]),
        ("tar --create --file=/a.tar /b", ["read /b/", "read ./", "write /a.tar"]),
        ("tar czf - -C /b c", ["read c/", "read /b/"]),
        ("git status", []),
        ("git -C /srv/a log --oneline", []),
        ("git push -u origin main", []),
        ("git commit -m 'a::b c'", ["opaque"]),
    ],
)
def test_plain_archives_and_commands_of_git_are_told(line: str, expected: list[str]) -> None:
    assert touched(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        *(
            "tar -cf a --checkpoint-action=exec=x b",
            "tar --to-command=x -xf a",
            "tar -I x -xf a",
            "tar -xf h:a",
            "tar -x",
        ),
        *(
            "tar --use-compress-program=x -xf a",
            "tar -F x -cf a b",
            "tar -cf a @b",
            "tar -xPf a",
            "tar -ctf a",
            "tar fx a",
        ),
        *("tar --checkpoint-ac=exec=x -cf a b", "tar -T f -cf a", "tar xfC a b", "tar -xf a -C b -C c"),
        *(
            "git",
            "git -c x=y log",
            "git --exec-path=x log",
            "git x",
            "git bisect run x",
            "git rebase -x y",
            "git config a b",
        ),
        *(
            "git clone ext::x",
            "git clone -u x y",
            "git clone --upload-pack=x y",
            "git fetch --upl x",
            "git push --rec=x y",
        ),
        *("git log --output=x", "git diff --ext-diff", "git grep -Ox y", "git difftool", "git submodule foreach x"),
        *("git clone -c a=b c", "git clone --config a=b c", "git --git-dir=x log", "git -C", "git upload-pack x"),
    ],
)
def test_what_may_run_another_program_is_opaque(line: str) -> None:
    """SECURITY 5."""
    assert touched(line) == ["opaque"]
