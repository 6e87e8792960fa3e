import pytest

from tests.engine.protocols.ssh.commands.saying import said


@pytest.mark.parametrize(
    "line",
    [
        *("eval ls", "exec ls", "command ls", "builtin cd", "source f", ". f", "trap ls EXIT", "alias ls=rm", "set -x"),
        *(
            "export A=1",
            "unset PATH",
            "read x",
            "hash -p /tmp/x ls",
            "enable -f x y",
            "time ls",
            "coproc ls",
            "noglob ls",
        ),
        *("if ls", "while ls", "- ls", "repeat 3 ls", "fc -s", "r", "'eval' ls", "e'val' ls", "\\eval ls", "%1", "+x"),
        *(
            "xargs rm",
            "parallel rm",
            "watch ls",
            "strace ls",
            "ssh h ls",
            "su -c ls",
            "doas ls",
            "busybox rm x",
            "script -c ls",
        ),
        *(
            "vim x",
            "/usr/bin/vim x",
            "less x",
            "man ls",
            "awk '{}' x",
            "gawk -f x",
            "rsync -e x a b",
            "rsync a b",
            "sftp h",
        ),
        *(
            "python3 -c x",
            "python3",
            "python3 -",
            "python3.11 -m x",
            "perl -e x",
            "ruby -e x",
            "node -e x",
            "php -r x",
            "lua -",
        ),
        *(
            "sh",
            "bash -s",
            "bash -i",
            "sh -c",
            "sh -c 'ls $x'",
            "sh -c ls x",
            "bash -c 'sh -c \"eval x\"'",
            "bash +x",
            "sh -",
        ),
        *(
            "sudo",
            "sudo -i",
            "sudo -s ls",
            "sudo -e f",
            "sudo -u",
            "sudo A=1 ls",
            "sudo eval x",
            "sudo vim x",
            "sudo -D / ls",
        ),
        *(
            "env",
            "env -i ls",
            "env -S 'ls x'",
            "env A=1 ls",
            "env PATH=/tmp ls",
            "env LANG=C vim",
            "nice",
            "nice -5 ls",
        ),
        *("nohup sh -c 'x $y'", "timeout 5", "timeout 5 xargs rm", "timeout -s 9", "stdbuf -oL awk x", "setsid -x ls"),
        *("PATH=/tmp ls", "LD_PRELOAD=x ls", "IFS=x ls", "BASH_ENV=x ls", "ENV=x ls", "GIT_SSH=x git log", "PS4=x ls"),
        *("PROMPT_COMMAND=x ls", "A=1 ls", "LC_ALL=/tmp/x ls", "TZ=:/etc/x date", "LANG=../x ls", "PAGER=x git log"),
        *("printf -v PATH x", "'' ls", "'a=b' ls", "'a b$' ls", "/", "./", "a/"),
    ],
)
def test_what_may_run_anything_is_opaque(line: str) -> None:
    """SECURITY 5."""
    assert said(line) == ["opaque"]


@pytest.mark.parametrize(
    ("line", "inner"),
    [
        ("sudo ls /x", "ls /x"),
        ("sudo -n -u web -- ls /x", "ls /x"),
        ("sudo LANG=C ls /x", "ls /x"),
        ("env LC_ALL=C.UTF-8 TZ=Europe/Berlin ls /x", "ls /x"),
        ("nohup ls /x", "ls /x"),
        ("nice -n 5 ls /x", "ls /x"),
        ("timeout -k 5 10s ls /x", "ls /x"),
        ("setsid -f ls /x", "ls /x"),
        ("stdbuf -oL ls /x", "ls /x"),
        ("sh -c 'ls /x'", "ls /x"),
        ("/bin/bash -lc 'ls /x'", "ls /x"),
    ],
)
def test_what_a_prefix_runs_is_told_beside_it(line: str, inner: str) -> None:
    assert f"execute command:{inner}" in said(line)
    assert said(line)[-1] == "read path:/x"
    assert len([each for each in said(line) if each.startswith("execute ")]) == 2


@pytest.mark.parametrize(
    "line", ["python3 /opt/x.py -c", "bash /opt/x.sh", "python3 --version", "test -f x", "printf '%s' a"]
)
def test_a_program_in_a_file_is_named_by_the_command(line: str) -> None:
    assert len(said(line)) == 1
    assert said(line) != ["opaque"]
