"""Addresses and names are written as mail has them, or named a fault without being shown."""

from __future__ import annotations

import email
from email import policy
from email.header import decode_header, make_header
from email.utils import parseaddr

import pytest
from tests.delivery.messages import build, parse, reader
from tests.delivery.world import make_letter

from digest.delivery.masking import without_addresses
from digest.delivery.message.building import address_fault
from digest.delivery.message.encoding import (
    needs_smtputf8,
    phrase,
)


@pytest.mark.parametrize(
    "address",
    ["zoé@readers.example", "a b@readers.example", "a@b\r\nBcc: x@y", "no-at-sign", "a@", "@b.c",
     "a@readers..example\n", f"{'a' * 250}@readers.example", "a@\u2000.example",
     f"a@{'é' * 70}.example", "<a@b.example>"],
)  # fmt: skip
def test_an_address_that_mail_cannot_carry_is_named_a_fault_without_quoting_it(
    address: str,
) -> None:
    fault = address_fault(address)
    assert fault
    assert address not in fault
    if address_fault(address, utf8=True):
        with pytest.raises(ValueError, match=r"address|domain"):
            build(make_letter(), reader(address=address))


def test_an_international_domain_is_written_in_ascii() -> None:
    assert address_fault("zoe@bücher.example") == ""
    message = parse(build(make_letter(), reader(address="zoe@bücher.example")))
    assert message["To"].addresses[0].addr_spec == "zoe@xn--bcher-kva.example"


@pytest.mark.parametrize(
    "address", ["zoé@readers.example", "用户@bücher.example", "a.é.b@readers.example"]
)
def test_an_address_beyond_ascii_stands_as_it_is_where_smtputf8_carries_it(address: str) -> None:
    assert needs_smtputf8(address)
    assert address_fault(address, utf8=True) == ""
    content = build(make_letter(), reader(address=address))
    local, _, domain = address.partition("@")
    carried = f"{local}@{domain.encode('idna').decode()}"
    head, _, rest = content.partition(b"\r\n\r\n")
    (to,) = [line for line in head.split(b"\r\n") if not line.isascii()]
    assert to.decode() == f"To: =?utf-8?b?Wm/DqSBNYXJ0aW4=?= <{carried}>"
    assert rest.isascii()
    message = email.message_from_bytes(content, policy=policy.SMTPUTF8)
    assert str(message["To"]) == f"Zoé Martin <{carried}>"


@pytest.mark.parametrize("address", ["zoe@readers.example", "zoe@bücher.example", "no address"])
def test_nobody_else_needs_smtputf8(address: str) -> None:
    assert not needs_smtputf8(address)


@pytest.mark.parametrize(
    "address",
    ["é é@a.example", "é\u2028@a.example", "é\x85@a.example", "é\u202e@a.example", "é<@a.example",
     "é,b@a.example", 'é"@a.example', ".é@a.example", "é..b@a.example", "é\ud800@a.example",
     f"{'é' * 33}@a.example", "é@a..example", "é@-a.example", "é\u00a0b@a.example", "é:@a.example"],
)  # fmt: skip
def test_what_smtputf8_cannot_carry_either_is_a_fault(address: str) -> None:
    assert address_fault(address, utf8=True)
    with pytest.raises(ValueError, match=r"address|domain"):
        build(make_letter(), reader(address=address))


@pytest.mark.parametrize("local", ["a" * 65, "a" * 64])
def test_the_part_before_the_at_has_64_octets_at_most(local: str) -> None:
    assert bool(address_fault(f"{local}@readers.example")) == (len(local) > 64)


def test_a_domain_is_written_as_idna_2008_has_it() -> None:
    message = parse(build(make_letter(), reader(address="zoe@straße.example")))
    assert message["To"].addresses[0].addr_spec == "zoe@xn--strae-oqa.example"


@pytest.mark.parametrize(
    "name", ["Zoé", "Max Mustermann", 'Dr. "Max", M.', "=?utf-8?q?x?=", "a" * 90, "日本" * 30, "\\"]
)
def test_any_display_name_is_read_as_it_was_written(name: str) -> None:
    header = b"To: " + phrase(name, 4) + b"\r\n <a@b.example>\r\n"
    read = email.message_from_bytes(header + b"\r\n", policy=policy.default)["To"]
    assert read.addresses[0].addr_spec == "a@b.example"
    # Before Python 3.13 the new parser puts a space between encoded words; the old one does not.
    old = email.message_from_bytes(header + b"\r\n", policy=policy.compat32)["To"]
    written = str(make_header(decode_header(old)))
    assert parseaddr(written)[0] == name or read.addresses[0].display_name == name


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("550 <zoe@readers.example>: unknown\r\nuser", "550 <z…@readers.example>: unknown user"),
        ("250 queued as 4F2", "250 queued as 4F2"),
        ("to:zoe@readers.example,max@b.example", "to:z…@readers.example,m…@b.example"),
    ],
)
def test_what_servers_say_is_kept_without_addresses(said: str, kept: str) -> None:
    assert without_addresses(said) == kept


def test_what_servers_say_is_kept_short() -> None:
    assert len(without_addresses("x" * 5000)) <= 300
