"""A user's own OpenSSH files on another machine: what `ssh://` addresses are resolved and trusted by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.servers.openssh import OpenSSHServer


@dataclass(frozen=True)
class Laptop:
    """A home directory whose owner may log in at a server, and knows its host key."""

    home: Path
    server: OpenSSHServer

    def prepare(self) -> None:
        """Write what such a home has: the key, the known host, and a configuration with a name for it."""
        self.files.mkdir(mode=0o700, parents=True)
        key = self.files / "id_ed25519"
        key.write_bytes(self.server.key.read_bytes())
        key.chmod(0o600)
        self.known_hosts.write_text(f"[127.0.0.1]:{self.server.port} {self.server.host_key}\n")
        self.config.write_text(
            f"Host bastion\n  HostName 127.0.0.1\n  Port {self.server.port}\n  User {self.server.user}\n"
        )

    @property
    def files(self) -> Path:
        """Its .ssh."""
        return self.home / ".ssh"

    @property
    def known_hosts(self) -> Path:
        """Hosts it knows."""
        return self.files / "known_hosts"

    @property
    def config(self) -> Path:
        """Its configuration."""
        return self.files / "config"

    def address(self, socket: Path, host: str = "") -> str:
        """What `--engine` is given for a control socket on the server."""
        return f"ssh://{host or f'{self.server.user}@127.0.0.1:{self.server.port}'}{socket}"
