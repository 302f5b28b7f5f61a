"""Machines that send have names; domains that are written from take answers."""

from __future__ import annotations

import pytest
from tests.doctor.dns_server import NameServer

from digest.doctor.deliverability.hosts import (
    judge_mailboxes,
    judge_pointers,
    look_back,
    look_for_mailbox,
)
from digest.doctor.deliverability.names import Names
from digest.doctor.examined import Examined


def pointers(names: NameServer, *addresses: str, are_certain: bool = True) -> Examined:
    found = look_back(Names(names.address), addresses)
    return judge_pointers(found, are_certain=are_certain, why_none="nobody knows")


def mailboxes(names: NameServer, *domains: str) -> Examined:
    asking = Names(names.address)
    return judge_mailboxes([look_for_mailbox(asking, one) for one in domains])


def test_name_that_leads_back_is_well(names: NameServer) -> None:
    assert pointers(names, "192.0.2.25").found == "192.0.2.25 = envoi.example.org"


def test_address_without_a_name_is_not_taken_for_a_mail_server(names: NameServer) -> None:
    found = pointers(names, "192.0.2.26")
    assert (found.state, found.found) == ("error", "192.0.2.26 has no name (PTR)")
    assert pointers(names, "192.0.2.26", are_certain=False).state == "unknown"


def test_name_that_leads_elsewhere_proves_nothing(names: NameServer) -> None:
    names.publish("27.2.0.192.in-addr.arpa PTR mx.example.org.")
    found = pointers(names, "192.0.2.27")
    assert found.state == "error"
    assert "mx.example.org, which does not lead back" in found.found


def test_unknown_address_or_silent_resolver_is_left_open(names: NameServer) -> None:
    assert pointers(names).found == "nobody knows"
    names.broken["25.2.0.192.in-addr.arpa"] = "SERVFAIL"
    assert pointers(names, "192.0.2.25").state == "unknown"


def test_name_whose_address_nobody_tells_is_left_open(names: NameServer) -> None:
    names.broken["envoi.example.org"] = "SERVFAIL"
    found = pointers(names, "192.0.2.25")
    assert (found.state, "envoi.example.org" in found.found) == ("unknown", True)


def test_mail_server_whose_address_nobody_tells_is_left_open(names: NameServer) -> None:
    names.broken["mx.example.org"] = "SERVFAIL"
    assert mailboxes(names, "example.org").state == "unknown"


def test_domains_that_take_mail_are_named(names: NameServer) -> None:
    assert mailboxes(names, "example.org").found == "example.org: mx.example.org"


@pytest.mark.parametrize(
    ("zone", "state", "word"),
    [
        ("example.com TXT x", "error", "takes no mail"),
        ("example.com MX 0 .", "error", "RFC 7505"),
        ("example.com MX 5 gone.example.com.", "error", "no address of gone.example.com"),
        ("example.com A 192.0.2.9", "warning", "its own address stands in"),
    ],
)
def test_domain_nobody_can_answer_to_is_told(
    names: NameServer, zone: str, state: str, word: str
) -> None:
    names.publish(zone)
    found = mailboxes(names, "example.org", "example.com")
    assert (found.state, word in found.found) == (state, True), found


def test_domain_that_does_not_exist_is_told_apart_from_a_failing_resolver(
    names: NameServer,
) -> None:
    assert "does not exist" in mailboxes(names, "nowhere.example").found
    names.broken["example.org"] = "REFUSED"
    assert mailboxes(names, "example.org").state == "unknown"
