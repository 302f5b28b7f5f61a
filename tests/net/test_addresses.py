"""Which addresses the guard lets through, and what an error may show of a URL."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.net.addresses import is_allowed, is_public
from digest.text.masking import mask_url


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.1.2.3",
        "100.64.0.1",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.7",
        "203.0.113.9",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "fc00::1",
        "fd12:3456::1",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
        "",
    ],
)
def test_the_local_network_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address",
    ["8.8.8.8", "172.15.255.255", "172.32.0.0", "192.0.1.1", "2606:4700::1111", "::ffff:8.8.8.8"],
)
def test_the_web_is_public(address: str) -> None:
    assert is_public(address)


@given(st.ip_addresses())
def test_nothing_the_standard_library_calls_local_is_public(
    address: IPv4Address | IPv6Address,
) -> None:
    local = (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_unspecified
        or address.is_reserved
    )
    mapped = isinstance(address, IPv6Address) and address.ipv4_mapped is not None
    if local and not mapped:
        # The registry has since opened two anycast addresses and AS112 inside private blocks.
        assert not is_public(str(address)) or str(address).startswith(("192.0.0.", "2001:"))


def test_a_host_is_allowed_as_the_url_writes_it() -> None:
    assert is_allowed("localhost", 8000, ("localhost",))
    assert is_allowed("LOCALHOST", 8000, (" localhost:8000 ",))
    assert is_allowed("[::1]", 8000, ("[::1]:8000",))
    assert not is_allowed("127.0.0.1", 8000, ("localhost",))
    assert not is_allowed("localhost", 8001, ("localhost:8000",))
    assert not is_allowed("localhost", 8000, ())


def test_a_password_in_a_url_is_not_shown() -> None:
    assert mask_url("https://ana:s3cret@example.org/a") == "https://***@example.org/a"
    assert mask_url("https://ana:p@ss@example.org/a@b") == "https://***@example.org/a@b"
    assert mask_url("https://tok3n@example.org/?key=s") == "https://***@example.org/?key=***"
    assert mask_url("https://example.org/@ana") == "https://example.org/@ana"
    assert mask_url("postgresql://ana:p/a@ss@host/db") == "postgresql://ana:***@host/db"


def test_a_database_without_a_password_is_shown_as_it_was_written() -> None:
    assert mask_url("postgresql+psycopg://ana@host/db") == "postgresql+psycopg://ana@host/db"
    assert mask_url("sqlite:///lettre@home/digest.db") == "sqlite:///lettre@home/digest.db"
