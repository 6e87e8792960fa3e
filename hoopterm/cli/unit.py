"""The systemd unit of the service: everything it does not need is closed to it."""

from __future__ import annotations

from pathlib import Path

# MemoryDenyWriteExecute is left out: ctypes' callbacks, by which libpg_query is called, may need it.
_UNIT = """\
[Unit]
Description=hoopterm: the gateway between agents and production
Documentation=https://github.com/hoopterm/hoopterm
After=network-online.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
ExecStart={program} engine run --config {config}
ExecReload=/bin/kill -HUP $MAINPID
User={user}
Group={user}
Restart=on-failure
RestartSec=2
TimeoutStopSec=60
KillMode=mixed
LimitNOFILE=65536
LimitCORE=0
UMask=0077

RuntimeDirectory=hoopterm
RuntimeDirectoryMode=0711
StateDirectory=hoopterm
StateDirectoryMode=0711
WorkingDirectory=/var/lib/hoopterm
# Secrets named by {{env: …}} are best given by LoadCredential= and {{file: …}}.

CapabilityBoundingSet=
AmbientCapabilities=
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectControlGroups=yes
ProtectProc=invisible
ProcSubset=pid
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


def unit(program: str, config: Path, user: str) -> str:
    """The unit that runs `program` on a configuration as an unprivileged user."""
    return _UNIT.format(program=program, config=config, user=user)
