"""Addresses of machines: which are of the public Internet, of a private network, or of one network card."""

from __future__ import annotations

import ipaddress
import re

_INTERNAL = tuple(
    map(ipaddress.ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10")),
)


def public_ipv4(value: bytes) -> bool:
    """An address of the public Internet; internal, reserved and multicast ones are device data."""
    return _public(value)


def public_ipv6(value: bytes) -> bool:
    """An address of the public Internet in at least three groups."""
    return value.count(b":") >= 3 and _public(value)  # noqa: PLR2004  # "a::b" is code or a clock


def internal_ipv4(value: bytes) -> bool:
    """An address of a private network (RFC 1918), link-local or shared (RFC 6598)."""
    address = ipaddress.ip_address(value.decode("ascii"))
    return any(address in network for network in _INTERNAL)


def mac_address(value: bytes) -> bool:
    """A hardware address of one machine: neither a group's, nor all zeros or ones."""
    digits = re.sub(rb"[^0-9A-Fa-f]", b"", value).lower()
    return len(set(digits)) > 2 and not int(digits[:2], 16) & 1  # noqa: PLR2004  # fillers have one or two digits


def _public(value: bytes) -> bool:
    try:
        address = ipaddress.ip_address(value.decode("ascii"))
    except ValueError:
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved
