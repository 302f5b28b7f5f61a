"""What comes back by mail names its delivery, and nobody can make one up."""

from __future__ import annotations

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.delivery.messages import reader

from digest.delivery.message.verp import (
    LONGEST_MAILBOX,
    delivery_of,
    return_path,
    return_path_key,
)
from digest.store.database import Database

KEY = bytes(range(32))
MAILBOX = "rebonds@example.org"
IDS = st.uuids().map(lambda uuid: uuid.hex)


def path(id_: str, mailbox: str = MAILBOX, key: bytes = KEY) -> str:
    return return_path(mailbox, key)(dataclasses.replace(reader(), id=id_))


@given(id_=IDS)
def test_a_return_path_leads_back_to_its_delivery(id_: str) -> None:
    address = path(id_)
    assert re.fullmatch(r"rebonds\+[a-z2-7]{26}-[a-z2-7]{13}@example\.org", address)
    assert delivery_of(address, KEY) == id_


@given(id_=IDS, how=st.sampled_from([str.upper, str.title, str.swapcase]))
def test_relays_may_change_capitals_domain_and_brackets(id_: str, how: type[str]) -> None:
    address = path(id_)
    assert delivery_of(how(address), KEY) == id_
    assert delivery_of(f" <{address}>\r\n", KEY) == id_
    assert delivery_of(address.replace("example.org", "mx.example"), KEY) == id_
    assert delivery_of(address.partition("@")[0], KEY) == id_


@given(id_=IDS, other=IDS)
def test_nobody_without_the_key_makes_a_reader_fail(id_: str, other: str) -> None:
    assert delivery_of(path(id_), b"another key") is None
    local, _, domain = path(id_).partition("@")
    ours, theirs = local.partition("+")[2], path(other).partition("+")[2].partition("@")[0]
    swapped = f"rebonds+{ours.partition('-')[0]}-{theirs.partition('-')[2]}@{domain}"
    if id_ != other:
        assert delivery_of(swapped, KEY) is None


@given(
    id_=IDS, at=st.integers(8, 47), character=st.sampled_from("abcdefghijklmnopqrstuvwxyz234567-")
)
def test_one_changed_character_is_no_return_path(id_: str, at: int, character: str) -> None:
    address = path(id_)
    changed = address[:at] + character + address[at + 1 :]
    assert delivery_of(changed, KEY) == (id_ if changed == address else None)


@given(st.text(max_size=90) | st.from_regex(r"\A[a-z]+\+[a-z2-7]{26}-[a-z2-7]{13}@[a-z.]+\Z"))
def test_any_other_address_is_nobodys(address: str) -> None:
    assert delivery_of(address, KEY) is None


def test_the_longest_mailbox_still_fits_into_64_octets() -> None:
    mailbox = f"{'a' * LONGEST_MAILBOX}@example.org"
    local = path("0" * 32, mailbox).partition("@")[0]
    assert len(local) == 64
    with pytest.raises(ValueError, match="longer than"):
        return_path(f"a{mailbox}", KEY)


@pytest.mark.parametrize("mailbox", ["rebonds", "a b@example.org", "é@example.org"])
def test_a_mailbox_that_cannot_be_written_to_is_refused(mailbox: str) -> None:
    with pytest.raises(ValueError, match="address"):
        return_path(mailbox, KEY)


def test_a_mailbox_beyond_ascii_is_named_as_dns_knows_it() -> None:
    assert path("0" * 32, "rebonds@bücher.example").endswith("@xn--bcher-kva.example")


def test_a_copy_without_a_delivery_comes_back_to_the_mailbox_itself() -> None:
    assert path("essai") == MAILBOX


def test_the_key_is_random_and_stays(either_database: Database) -> None:
    key = return_path_key(either_database)
    assert len(key) == 32
    assert len(set(key)) > 8
    assert return_path_key(either_database) == key
