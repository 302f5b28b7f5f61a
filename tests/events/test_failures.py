"""An address is given up for what is wrong with it, and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.events.failures import is_permanent


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("5.1.1", ""),
        ("5.1.1", "550 5.1.1 <m…@example.org>: no such user"),
        ("5.1.2", ""),
        ("5.1.10", "556 5.1.10 recipient address has null MX"),
        ("5.2.1", "550 5.2.1 mailbox disabled"),
        ("5.4.4", "host not found"),
        ("5.0.0", ""),
        ("5.0.0", "550 no such user here"),
        ("5.0.0", "smtp; 550-5.1.1 the account does not exist"),
        ("5.5.0", "550 5.5.0 Requested action not taken: mailbox unavailable"),
        ("", "550 5.1.1 unknown"),
        ("", "553 not here"),
        ("", "521 this host takes no mail"),
    ],
)
def test_address_that_is_wrong_is_given_up(status: str, said: str) -> None:
    assert is_permanent(status, said)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("", ""),
        ("4.1.1", ""),
        ("4.4.7", "expired"),
        ("5.2.2", "552 5.2.2 mailbox full"),
        ("5.2.3", "message too long"),
        ("5.3.4", "message too big for the system"),
        ("5.4.1", ""),
        ("5.6.0", "content"),
        ("5.7.1", "550 5.7.1 blocked for spam"),
        ("5.7.26", "unauthenticated"),
        ("5.0.0", "smtp; 550 5.7.515 access denied, authentication level"),
        ("5.0.0", "554 rejected as spam"),
        ("5.0.0", "450 4.2.0 greylisted; retry timeout exceeded"),
        ("5.5.2", "syntax"),
        ("", "552 mailbox full"),
        ("", "421 later"),
        ("", "the host 10.5.1.1 is away"),
        ("nonsense", "nonsense"),
    ],
)
def test_failure_about_anything_else_gives_nobody_up(status: str, said: str) -> None:
    assert not is_permanent(status, said)


@given(st.text(), st.text())
def test_whatever_a_server_says_is_judged(status: str, said: str) -> None:
    assert is_permanent(status, said) in (True, False)
