from __future__ import annotations

import pytest

from engine.protocols.ssh.variables import is_harmless, is_never_passed
from tests.servers.bastion import StartBastion

# As their own sources list them.
GLIBC = """
GCONV_PATH GETCONF_DIR GLIBC_TUNABLES HOSTALIASES LD_AUDIT LD_BIND_NOT LD_BIND_NOW LD_DEBUG LD_DEBUG_OUTPUT
LD_DYNAMIC_WEAK LD_HWCAP_MASK LD_LIBRARY_PATH LD_ORIGIN_PATH LD_PRELOAD LD_PROFILE LD_PROFILE_OUTPUT LD_SHOW_AUXV
LD_USE_LOAD_BIAS LOCALDOMAIN LOCPATH MALLOC_ARENA_MAX MALLOC_ARENA_TEST MALLOC_CHECK_ MALLOC_MMAP_MAX_
MALLOC_MMAP_THRESHOLD_ MALLOC_PERTURB_ MALLOC_TOP_PAD_ MALLOC_TRACE MALLOC_TRIM_THRESHOLD_ NIS_PATH NLSPATH
RESOLV_HOST_CONF RES_OPTIONS TMPDIR TZDIR
"""
SUDO = """
IFS CDPATH LOCALDOMAIN RES_OPTIONS HOSTALIASES NLSPATH PATH_LOCALE LD_X _RLD_LIST TERMINFO TERMINFO_DIRS TERMPATH
TERMCAP ENV BASH_ENV PS4 GLOBIGNORE BASHOPTS SHELLOPTS JAVA_TOOL_OPTIONS PERLIO_DEBUG PERLLIB PERL5LIB PERL5OPT PERL5DB
FPATH NULLCMD READNULLCMD ZDOTDIR TMPPREFIX PYTHONHOME PYTHONPATH PYTHONINSPECT PYTHONUSERBASE RUBYLIB RUBYOPT
"""
OTHERS = """
PATH HOME USER LOGNAME SHELL SSH_AUTH_SOCK SSH_ASKPASS SSH_CONNECTION SSH_ORIGINAL_COMMAND DISPLAY XAUTHORITY
PROMPT_COMMAND PS1 INPUTRC BASH_FUNC_ls BASH_LOADABLES_PATH PYTHONSTARTUP PYTHONBREAKPOINT GIT_SSH_COMMAND
GIT_CONFIG_COUNT GIT_EXTERNAL_DIFF GIT_PAGER GIT_ASKPASS LESSOPEN LESS PAGER MANPAGER EDITOR VISUAL VIMINIT EXINIT
SUDO_ASKPASS SUDO_EDITOR SYSTEMD_PAGER NODE_OPTIONS NODE_PATH RSYNC_RSH TAR_OPTIONS OPENSSL_CONF KRB5_CONFIG http_proxy
ALL_PROXY PGHOST DYLD_INSERT_LIBRARIES ld_preload
"""


@pytest.mark.parametrize(
    "name", [*GLIBC.split(), *SUDO.split(), *OTHERS.split(), "", "A B", "A=B", "ÄA", "1A", "f()", "X%%"]
)
def test_variables_that_make_programs_run_otherwise_are_never_passed(name: str) -> None:
    """SECURITY: `LD_PRELOAD` in env is refused, in any letter case."""
    assert is_never_passed(name)


@pytest.mark.parametrize("name", ["LANG", "LC_ALL", "TERM", "TZ", "DEPLOY_TAG", "ENVIRONMENT", "X1", "_x", "PATHS"])
def test_other_variables_are_for_the_rules_to_decide(name: str) -> None:
    assert not is_never_passed(name)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANG", "C.UTF-8"),
        ("LC_ALL", "de_DE@euro"),
        ("LANGUAGE", "de:en"),
        ("TERM", "xterm-256color"),
        ("TZ", "Europe/Rome"),
    ],
)
def test_how_somebody_reads_needs_no_rule_of_its_own(name: str, value: str) -> None:
    assert is_harmless(name, value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LC_ALL", "../x"),
        ("LANGUAGE", "/tmp/x"),
        ("TZ", ":/etc/shadow"),
        ("TZ", "/etc/shadow"),
        ("TZ", "../x"),
        ("TERM", "a/b"),
        ("LANG", "%n%s"),
        ("LANG", "$(id)"),
        ("TERMX", "x"),
        ("TZDIR", "x"),
        ("DEPLOY_TAG", "v7"),
    ],
)
def test_a_path_in_place_of_a_language_needs_one(name: str, value: str) -> None:
    assert not is_harmless(name, value)


def test_none_of_them_reaches_what_runs_upstream(start_bastion: StartBastion) -> None:
    """SECURITY: `LD_PRELOAD` in env is never passed."""
    names = [
        name for name in OTHERS.split() if name not in {"PATH", "HOME", "USER", "LOGNAME", "SHELL", "SSH_CONNECTION"}
    ]
    setting = " ".join(f"{name}=marked" for name in [*GLIBC.split(), *SUDO.split(), *names])
    done = start_bastion().ssh("env", options=[f"-oSetEnv=DEPLOY_TAG=seen {setting}"])
    assert b"DEPLOY_TAG=seen\n" in done.stdout
    assert b"marked" not in done.stdout
