"""Addresses of servers: what is one, and which are this machine. Pure."""

from __future__ import annotations


def http_host(url: str) -> str | None:
    """The host of an http address; None where it is none."""
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  # raises where it is no port
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} and not parts.username else None


def is_this_machine(host: str) -> bool:
    """Whether a host name or address is loopback."""
    import ipaddress

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
