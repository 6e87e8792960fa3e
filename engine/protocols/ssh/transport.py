"""What both sides of the bastion share of SSH's transport: which ciphers, and no packets that say nothing.

asyncssh sends an empty SSH_MSG_IGNORE before every packet, against an attack on CBC ciphers (RFC 4253 section 9.3.1
has the idea). No cipher here is one, so that they would only double the system calls of every keystroke.
"""

from __future__ import annotations

from typing import Any, Final

from asyncssh.connection import SSHConnection

GCM: Final = ("aes128-gcm@openssh.com", "aes256-gcm@openssh.com")
CIPHERS: Final = (*GCM, "chacha20-poly1305@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr")
"""As a client the engine takes the first of these that the upstream has; as a server the client's first one counts."""

KEY_EXCHANGES: Final = (
    "mlkem768x25519-sha256",
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "ecdh-sha2-nistp521",
    "ecdh-sha2-nistp384",
    "ecdh-sha2-nistp256",
    "diffie-hellman-group18-sha512",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group14-sha256",
)
MACS: Final = (
    "hmac-sha2-256-etm@openssh.com",
    "hmac-sha2-512-etm@openssh.com",
    "hmac-sha2-256",
    "hmac-sha2-512",
)
SIGNATURES: Final = (
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "rsa-sha2-512",
    "rsa-sha2-256",
)
"""Nothing that is new to a connection hangs on SHA-1, MD5 or DSA."""

_IGNORE = 2  # SSH_MSG_IGNORE, RFC 4253 section 11.2


class Terse(SSHConnection):
    """A connection that sends no SSH_MSG_IGNORE."""

    def send_packet(self, pkttype: int, *args: bytes, handler: Any = None) -> None:
        """Send a packet, unless it would say nothing."""
        if pkttype != _IGNORE:
            super().send_packet(pkttype, *args, handler=handler)
