"""What the domain name system says, and what it does not say."""

from __future__ import annotations

import socket
from itertools import count

import dns.resolver
import pytest
from tests.doctor.dns_server import NameServer

from digest.doctor.deliverability.names import Addresses, Names, parse_server
from digest.errors import UsageError


def test_records_come_as_text(names: NameServer) -> None:
    asking = Names(names.address)
    assert asking.look("example.org", "MX").records == ("10 mx.example.org",)
    assert "some-site-verification=123" in asking.look("example.org", "TXT").records
    assert asking.addresses("mx.example.org") == Addresses(("192.0.2.1",))
    assert asking.addresses("192.0.2.9") == Addresses(("192.0.2.9",))
    assert asking.pointers("192.0.2.25").records == ("envoi.example.org",)


def test_long_text_is_joined_and_asked_for_again_over_tcp(names: NameServer) -> None:
    names.cut.add("lettre._domainkey.example.org")
    (record,) = Names(names.address).look("lettre._domainkey.example.org", "TXT").records
    assert record.startswith("v=DKIM1; k=rsa; p=MII")
    assert len(record) > 255


def test_four_ways_of_finding_nothing_are_told_apart(names: NameServer) -> None:
    names.broken = {"failing.example.org": "SERVFAIL", "refused.example.org": "REFUSED"}
    asking = Names(names.address)
    found = {
        name: asking.look(name, "TXT")
        for name in (
            "mx.example.org",
            "nobody.example",
            "failing.example.org",
            "refused.example.org",
        )
    }
    assert [one.state for one in found.values()] == ["empty", "no name", "failure", "failure"]
    assert found["mx.example.org"].in_words() == "has no TXT record"
    assert [one.is_answered for one in found.values()] == [True, True, False, False]


def test_host_without_addresses_is_told_from_one_nobody_answers_for(names: NameServer) -> None:
    names.broken["failing.example.org"] = "SERVFAIL"
    asking = Names(names.address)
    assert asking.addresses("nobody.example") == Addresses()
    assert asking.addresses("failing.example.org") == Addresses(is_answered=False)


def test_silence_ends_when_the_time_for_all_questions_is_over(names: NameServer) -> None:
    ticks = count(step=3.0)
    asking = Names(names.address, seconds=5.0, clock=lambda: next(ticks))
    assert asking.look("example.org", "MX").state == "found"
    assert asking.look("example.org", "MX").state == "silence"
    assert asking.resolver.unanswered == 1


def test_name_that_cannot_be_asked_for_is_a_failure(names: NameServer) -> None:
    asking = Names(names.address)
    assert asking.look("a" * 70 + ".example", "A").state == "failure"
    assert asking.look("example..org", "A").state == "failure"


def test_machine_without_a_network_is_told_so() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    found = Names(f"127.0.0.1:{port}", seconds=1.0).look("example.org", "TXT")
    assert not found.is_answered


@pytest.mark.parametrize(
    ("given", "address", "port"),
    [
        ("9.9.9.9", "9.9.9.9", 53),
        ("127.0.0.1:5353", "127.0.0.1", 5353),
        ("::1", "::1", 53),
        ("[::1]:5353", "::1", 5353),
        ("2620:fe::fe", "2620:fe::fe", 53),
    ],
)
def test_resolver_is_an_address_with_or_without_port(given: str, address: str, port: int) -> None:
    assert parse_server(given) == (address, port)


@pytest.mark.parametrize("given", ["localhost", "9.9.9.9:dns", "9.9.9.9:0", "9.9.9.9:70000", ":53"])
def test_what_is_no_resolver_is_refused(given: str) -> None:
    with pytest.raises(UsageError, match="--resolver"):
        parse_server(given)


def test_machine_that_names_no_resolver_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def unconfigured(*_: object, **__: object) -> None:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", unconfigured)
    assert not Names().look("example.org", "TXT").is_answered
