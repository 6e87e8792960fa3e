"""Programs that run others: told where what they run is told too, else opaque."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from engine.protocols.ssh.commands.lexing import Untold
from engine.protocols.ssh.commands.options import Options, given, listed, options

# Of sh, bash, dash, ksh, mksh and zsh: what changes how the rest is read, runs something, or is no command at all.
# Some of them are programs too, but the shell comes first.
_BUILTINS: Final = listed(
    ". - ! [[ [ (( alias always autoload bg bind break builtin bye caller case chdir command comparguments compcall "
    "compctl compdescribe compfiles compgen compgroups complete compopt compound compquote compset comptags comptry "
    "compvalues continue coproc declare dirs disable disown do done echotc echoti elif else emulate enable end "
    "enum esac "
    "eval exec exit_trap export fc fg fi float for foreach function functions getln getopts global hash hist "
    "history if in "
    "integer jobs let limit local log login logout mapfile nameref newgrp noglob nocorrect popd print private pushd "
    "pushln r read readarray readonly redirect rehash repeat return sched select set setopt shift shopt source stop "
    "suspend then time times trap ttyctl type typeset ulimit unalias unfunction unhash unlimit unset unsetopt "
    "until vared "
    "wait whence where while zcompile zformat zle zmodload zparseopts zpty zregexparse zselect zsocket zstyle "
    "ztcp { }"
)
_RUNNERS: Final = listed(
    "xargs parallel watch strace ltrace gdb script expect screen tmux at batch crontab systemd-run busybox "
    "toybox entr "
    "ssh sshpass autossh mosh su doas pkexec runuser setpriv chroot unshare nsenter capsh firejail fakeroot "
    "flock chrt "
    "taskset ionice numactl prlimit start-stop-daemon run-parts daemon unbuffer rlwrap sem chronic ifne pee "
    "vipe faketime "
    "sudoedit visudo vipw csh tcsh fish rbash scponly ssh-agent git-shell dbus-run-session xvfb-run proxychains "
    "proxychains4 torsocks "
    "ld.so catchsegv choom uclampset exec-wrapper ldd socat ncat rsh rlogin telnet ftp sftp make-kpkg"
)
_EDITORS: Final = listed(
    "vi vim view vimdiff rvim rview nvim ex ed red emacs nano pico joe mcedit less more most pg man info mutt "
    "mc lynx w3m "
    "awk gawk mawk nawk original-awk bc dc m4 sqlite3 psql mysql mariadb"
)
_INTERPRETERS: Final = re.compile(
    r"(?:python|pypy|perl|ruby|node|nodejs|php|lua|tclsh|wish|Rscript|guile|deno|bun|jshell|irb|osascript|pwsh)[0-9.]*"
)
_SHELLS: Final = frozenset({"sh", "bash", "dash", "ash", "zsh", "ksh", "ksh93", "mksh"})
_PREFIXES: Final[Mapping[str, tuple[Options, int]]] = {  # and how many operands come before the command
    "nohup": (options(), 0),
    "nice": (options("", "n", "", "adjustment"), 0),
    "timeout": (options("v", "ks", "foreground preserve-status verbose", "kill-after signal"), 1),
    "setsid": (options("cfw", names="ctty fork wait"), 0),
    "stdbuf": (options("", "ioe", "", "input output error"), 0),
    "sudo": (options("EHknPb", "ugp", "non-interactive preserve-groups set-home", "user group prompt"), 0),
}
# Names of variables that change what a program says, and nothing about what it does.
_HARMLESS: Final = re.compile(
    r"LANG|LANGUAGE|LC_[A-Z]{1,20}|TZ|TERM|COLUMNS|LINES|NO_COLOR|CLICOLOR|FORCE_COLOR|COLORTERM|DEBIAN_FRONTEND|CI|BLOCKSIZE"
)
# What a library may open by these is a file of its own folder; a path would be any file.
_HARMLESS_VALUE: Final = re.compile(r"(?!.*\.\.)[A-Za-z0-9_.@:+-]*(?:/[A-Za-z0-9_+-]+)?")


def check_variable(name: str, value: str) -> None:
    """Raises Untold unless a variable set for a command is known to change nothing about what it does."""
    if not _HARMLESS.fullmatch(name) or not _HARMLESS_VALUE.fullmatch(value) or value.startswith((":", "/")):
        raise Untold(f"the variable {name}")


def check_program(name: str) -> None:
    """Raises Untold where a name is no program's, or that of one which reads what to run from elsewhere."""
    bare = name.rpartition("/")[2]
    if not re.fullmatch(r"[A-Za-z0-9_./][A-Za-z0-9_./@,+ -]*", name) or not bare:
        raise Untold("the name of a program that shells may read differently")
    if name in _BUILTINS:
        raise Untold(f"{name} of the shell")
    if bare in _RUNNERS or bare in _EDITORS:
        raise Untold(f"{bare} may run anything")


def check_interpreter(argv: Sequence[str]) -> None:
    """Raises Untold where an interpreter is given its program in an option or on its input, not in a file."""
    bare = argv[0].rpartition("/")[2]
    if not (_INTERPRETERS.fullmatch(bare) or bare in _SHELLS):
        return
    if len(argv) == 2 and argv[1] in ("--version", "-V"):
        return
    if len(argv) < 2 or argv[1].startswith(("-", "+")) or not argv[1]:
        raise Untold(f"{bare} runs what is not in a file")


def script_of(argv: Sequence[str]) -> str | None:
    """The command line that a shell is told to run, where it is that simple: `sh -c 'LINE'`."""
    if argv[0].rpartition("/")[2] in _SHELLS and len(argv) == 3 and re.fullmatch(r"-[elu]*c", argv[1]):
        return argv[2]
    return None


def command_of(argv: Sequence[str]) -> tuple[list[str], list[tuple[str, str]]] | None:
    """The command that a prefix such as `sudo` runs, and the variables it sets for it; None where it is no prefix."""
    bare = argv[0].rpartition("/")[2]
    if bare == "env":
        words: list[str] = list(argv[1:])
        if words and words[0].startswith("-"):
            raise Untold(f"the option {words[0]} of env")
    elif bare in _PREFIXES:
        known, before = _PREFIXES[bare]
        words = list(given(argv, known, is_strict=True).operands)[before:]
    else:
        return None
    variables = []
    while words and bare in ("env", "sudo") and "=" in words[0]:
        name, _, value = words.pop(0).partition("=")
        variables.append((name, value))
    if not words:
        raise Untold(f"{bare} without a command")
    return words, variables
