"""Which addresses never leave this machine."""

from __future__ import annotations

from ipaddress import ip_address


def is_loopback(host: str) -> bool:
    """Whether a host is this machine: `localhost`, or an address of loopback."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
