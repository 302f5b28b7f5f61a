"""Which network addresses are public, and how a URL is shown without its password.

`ipaddress.is_global` differs between Python releases for translated and multicast addresses, so
the ranges stand here. Sources: the IANA special-purpose registries for IPv4 and IPv6 (RFC 6890),
RFC 6052 and RFC 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
"""

from __future__ import annotations

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

_NOT_PUBLIC_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)

#: Only global unicast is public at all; these parts of it are not. NAT64's 64:ff9b::/96 and
#: 64:ff9b:1::/48, unique local, link-local, multicast and mapped addresses lie outside.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


def is_public(address: str) -> bool:
    """Whether a numeric address (with or without a scope id) is reachable by everybody.

    An IPv4 address mapped into IPv6 is judged as the IPv4 address. Anything that is not an
    address is not public.
    """
    try:
        parsed: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(parsed, IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, IPv4Address):
        return not any(parsed in network for network in _NOT_PUBLIC_4)
    return parsed in _GLOBAL_UNICAST and not any(parsed in network for network in _NOT_PUBLIC_6)


def is_allowed(host: str, port: int, allow: tuple[str, ...]) -> bool:
    """Whether `allow` names the host as the URL writes it, alone or with that port.

    IPv6 hosts stand in brackets: `[::1]` or `[::1]:8000`.
    """
    names = {host.casefold(), f"{host.casefold()}:{port}"}
    return any(entry.strip().casefold() in names for entry in allow)
