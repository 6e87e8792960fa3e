"""Environment variables a client asks for: which say how somebody reads, and which make programs do something else.

What is never passed is what OpenSSH, glibc (`unsecvars.h`), sudo (its tables of bad variables), shells, interpreters
and programs that run others take for a file to load, a program to run or a server to ask. No such list is complete: a
variable that is not on it still needs a rule that allows it.
"""

from __future__ import annotations

import re
from typing import Final

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_PLAIN = re.compile(r"[A-Za-z0-9_.,:@+-]*")
_ZONE = re.compile(r"[A-Za-z0-9_+-]+(?:/[A-Za-z0-9_+-]+)*")

_HARMLESS: Final = frozenset(("LANG", "LANGUAGE", "TERM", "COLORTERM", "NO_COLOR"))

_NEVER: Final = frozenset(
    (
        # the login itself
        *("PATH", "SHELL", "HOME", "USER", "LOGNAME", "MAIL", "MAILPATH", "DISPLAY", "XAUTHORITY"),
        # glibc and terminals
        *(
            "GCONV_PATH",
            "GETCONF_DIR",
            "GLIBC_TUNABLES",
            "HOSTALIASES",
            "LOCALDOMAIN",
            "LOCPATH",
            "NIS_PATH",
            "NLSPATH",
        ),
        *("PATH_LOCALE", "RESOLV_HOST_CONF", "RES_OPTIONS", "TMPDIR", "TMPPREFIX", "TZDIR", "TERMCAP", "TERMPATH"),
        *("TEXTDOMAIN", "TEXTDOMAINDIR", "OUTPUT_CHARSET", "NSS_WRAPPER_PASSWD"),
        # shells
        *("IFS", "ENV", "CDPATH", "FPATH", "ZDOTDIR", "NULLCMD", "READNULLCMD", "GLOBIGNORE", "EXECIGNORE", "FIGNORE"),
        *("BASHOPTS", "SHELLOPTS", "INPUTRC", "POSIXLY_CORRECT", "PS0", "PS1", "PS2", "PS3", "PS4", "PROMPT_COMMAND"),
        *("HISTFILE", "FCEDIT", "KSH_ENV", "COMSPEC", "OPTIND"),
        # what programs run, load or ask
        *("PAGER", "EDITOR", "VISUAL", "BROWSER", "VIM", "VIMINIT", "EXINIT", "VIMRUNTIME", "MYVIMRC", "SCREENRC"),
        *("TAR_OPTIONS", "TAPE", "RSH", "CVS_RSH", "SVN_SSH", "HGRCPATH", "HGEDITOR", "WGETRC", "CURL_HOME", "NETRC"),
        *("GNUPGHOME", "GPG_AGENT_INFO", "KUBECONFIG", "SSLKEYLOGFILE", "MAKEFLAGS", "MAKEFILES", "MFLAGS", "GZIP"),
        *("GREP_OPTIONS", "ZIPOPT", "UNZIP", "TCLLIBPATH", "CLASSPATH", "PSQLRC", "LESSOPEN", "EMACSLOADPATH"),
        *("HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY", "DEBUGINFOD_URLS", "NOTIFY_SOCKET"),
    )
)

_NEVER_BEGINNING: Final = (
    *("LD_", "DYLD_", "_RLD", "MALLOC_", "TERMINFO", "BASH_", "SSH_", "SUDO_", "DOAS_", "SYSTEMD_", "LISTEN_", "DBUS_"),
    *("PYTHON", "PERL", "RUBY", "GEM_", "BUNDLE_", "NODE_", "NPM_CONFIG_", "JAVA_", "JDK_", "_JAVA_", "LUA_", "PHP"),
    *("GIT_", "LESS", "MAN", "RSYNC_", "OPENSSL_", "SSL_CERT_", "KRB5", "XDG_", "PIP_", "CARGO_", "RUSTC", "GO111"),
    *("GOFLAGS", "GOPATH", "GOPROXY", "GCC_", "COMPILER_PATH", "PG", "MYSQL_", "DOCKER_", "AWS_", "VIRTUAL_ENV"),
)


def is_never_passed(name: str) -> bool:
    """Whether a variable of this name reaches no upstream, whatever a rule says; letter case does not count."""
    plain = name.upper()
    return not _NAME.fullmatch(name) or plain in _NEVER or plain.startswith(_NEVER_BEGINNING)


def is_harmless(name: str, value: str) -> bool:
    """Whether it only says how somebody reads: a language, a terminal, a time zone, and none of them by a path."""
    if name == "TZ":
        return _ZONE.fullmatch(value) is not None
    return (name in _HARMLESS or name.startswith("LC_")) and _PLAIN.fullmatch(value) is not None
