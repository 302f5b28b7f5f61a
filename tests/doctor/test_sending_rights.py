"""Who may send in a domain's name: SPF, and the addresses that it lets through."""

from __future__ import annotations

import pytest
from tests.doctor.dns_server import NameServer

from digest.doctor.deliverability.names import Names
from digest.doctor.deliverability.spf import judge_addresses, judge_spf, read_spf
from digest.doctor.examined import Examined

WANTED = 'example.org. IN TXT "v=spf1 a:relay.example ~all"'


def judged(names: NameServer, domain: str = "example.org") -> Examined:
    return judge_spf(read_spf(Names(names.address), domain), WANTED)


def passing(
    names: NameServer, *addresses: str, domain: str = "example.org", are_certain: bool = True
) -> Examined:
    asking = Names(names.address)
    return judge_addresses(
        read_spf(asking, domain),
        addresses,
        are_certain=are_certain,
        addresses_of=asking.addresses,
    )


def test_good_record_is_shown_with_its_lookups(names: NameServer) -> None:
    found = judged(names)
    assert found.state == "ok"
    assert "(1 of 10 lookups)" in found.found


def test_missing_record_says_what_to_publish(names: NameServer) -> None:
    found = judged(names, "mx.example.org")
    assert (found.state, found.hint) == ("error", f"Publish:\n{WANTED}")
    assert "does not exist" in judged(names, "nowhere.example").found


def test_two_records_are_none(names: NameServer) -> None:
    names.publish('example.org TXT "v=spf1 -all"')
    found = judged(names)
    assert found.state == "error"
    assert "2 SPF records" in found.found


@pytest.mark.parametrize(
    ("record", "state", "word"),
    [
        ("v=spf1 +all", "error", "lets everybody send"),
        ("v=spf1 ip4:192.0.2.1", "warning", "forbids nobody"),
        ("v=spf1 ?all", "warning", "forbids nobody"),
        ("v=spf1 ipv4:192.0.2.1 -all", "error", "ipv4"),
        ("v=spf1 ip4:300.0.2.1 -all", "error", "300.0.2.1"),
        ("v=spf1 include:nobody.example -all", "error", "nobody.example"),
        ("v=spf1 include:example.com -all", "error", "loop"),
        ("v=spf1", "warning", "forbids nobody"),
        ("v=spf1 redirect=example.org", "ok", "redirect=example.org"),
        ("v=spf1 redirect=%{d}.example", "ok", "redirect"),
        ("v=spf1 a:a.gone.example a:b.gone.example a:c.gone.example -all", "error", "two of its"),
    ],
)
def test_record_that_does_harm_is_named(
    names: NameServer, record: str, state: str, word: str
) -> None:
    names.publish(f'example.com TXT "{record}"')
    found = judged(names, "example.com")
    assert found.state == state, found
    assert word in found.found


def test_included_record_that_lets_everybody_send_does_too(names: NameServer) -> None:
    names.publish('open.example TXT "v=spf1 +all"')
    names.publish('example.com TXT "v=spf1 include:open.example -all"')
    assert "lets everybody send" in judged(names, "example.com").found


def test_more_than_ten_lookups_are_counted(names: NameServer) -> None:
    includes = " ".join(f"include:s{number}.example" for number in range(11))
    names.publish(f'example.com TXT "v=spf1 {includes} -all"')
    for number in range(11):
        names.publish(f's{number}.example TXT "v=spf1 ip4:192.0.2.{number} -all"')
    found = judged(names, "example.com")
    assert found.state == "error"
    assert "11 lookups or more, receivers stop at 10" in found.found


def test_resolver_that_fails_blames_nobody(names: NameServer) -> None:
    names.broken["example.org"] = "SERVFAIL"
    assert judged(names).state == "unknown"
    assert passing(names, "192.0.2.25").state == "unknown"


def test_include_that_cannot_be_had_just_now_blames_nobody(names: NameServer) -> None:
    names.broken["_spf.relay.example"] = "SERVFAIL"
    found = judged(names)
    assert found.state == "unknown"
    assert found.found.endswith(": a part of it could not be had")
    names.publish('example.com TXT "v=spf1 a:mx.example.org -all"')
    names.broken["mx.example.org"] = "SERVFAIL"
    assert judged(names, "example.com").state == "ok"
    assert passing(names, "192.0.2.77", domain="example.com").state == "unknown"


def test_addresses_pass_by_number_by_include_and_by_host(names: NameServer) -> None:
    assert passing(names, "192.0.2.25", "198.51.100.7").state == "ok"
    names.publish('example.com TXT "v=spf1 a:mx.example.org mx:example.org redirect=example.org"')
    assert passing(names, "192.0.2.1", domain="example.com").state == "ok"
    assert passing(names, "198.51.100.7", domain="example.com").state == "ok"
    names.publish('mx.example TXT "v=spf1 mx:example.org -all"')
    assert passing(names, "192.0.2.1", domain="mx.example").state == "ok"


def test_mail_servers_network_is_not_guessed_at(names: NameServer) -> None:
    names.publish('example.com TXT "v=spf1 mx:example.org/24 -all"')
    assert passing(names, "192.0.2.1", domain="example.com").state == "ok"
    assert passing(names, "192.0.2.200", domain="example.com").state == "unknown"


def test_address_that_may_not_send_is_to_be_added(names: NameServer) -> None:
    found = passing(names, "203.0.113.9", "2001:db8::9")
    assert found.state == "error"
    assert "ip4:203.0.113.9 ip6:2001:db8::9" in found.hint


def test_relay_outside_the_record_may_send_from_elsewhere(names: NameServer) -> None:
    found = passing(names, "203.0.113.9", are_certain=False)
    assert found.state == "unknown"
    assert "--address" in found.hint
    assert passing(names).state == "unknown"


def test_what_only_a_receiver_knows_is_not_guessed(names: NameServer) -> None:
    names.publish('example.com TXT "v=spf1 exists:%{i}.list.example -all"')
    assert passing(names, "192.0.2.1", domain="example.com").state == "unknown"
    names.publish('macro.example TXT "v=spf1 include:%{d}.list.example -all"')
    assert passing(names, "192.0.2.1", domain="macro.example").state == "unknown"


def test_domain_without_a_record_lets_nobody_pass(names: NameServer) -> None:
    assert passing(names, "192.0.2.1", domain="mx.example.org").state == "error"
