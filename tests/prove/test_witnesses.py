"""The witnesses of the proof: what they wrote down is what they accepted, whatever they say."""

from __future__ import annotations

import json
import smtplib
import urllib.error
import urllib.request
from contextlib import suppress
from http.client import HTTPException
from pathlib import Path

import pytest
from tests.prove.witnesses import ACCEPTING, Plan, witness
from tests.prove.witnesses.faults import SENDGRID_FAULTS, SMTP_CONNECTION_FAULTS, SMTP_FAULTS

SECONDS = 0.3


@pytest.mark.parametrize("pipelining", [True, False])
def test_relay_writes_down_what_it_accepted_and_nothing_else(
    tmp_path: Path, pipelining: bool
) -> None:
    with witness("smtp", tmp_path / "accepted", pipelining=pipelining) as relay:
        for fault in ("", *SMTP_FAULTS):
            relay.fail(Plan(messages=[fault]))
            confirmed = mail(relay.port, fault or "well")
            assert confirmed == (not fault), fault
            assert relay.accepted[fault or "well"] == (not fault or fault in ACCEPTING), fault
        with smtplib.SMTP("127.0.0.1", relay.port) as client:
            client.ehlo()
            assert client.has_extn("pipelining") == pipelining


def mail(port: int, id_: str) -> bool:
    """One message; whether it was confirmed."""
    content = f"Message-ID: <{id_}@example.org>\r\n\r\n" + "Le détroit rouvre.\r\n" * 50
    client = smtplib.SMTP(timeout=SECONDS)
    try:
        client.connect("127.0.0.1", port)
        client.sendmail("lettre@example.org", ["odile@example.org"], content.encode())
    except (smtplib.SMTPException, OSError):
        return False
    finally:
        client.close()
    return True


@pytest.mark.parametrize("fault", SMTP_CONNECTION_FAULTS)
def test_relay_lets_one_connection_down_and_takes_the_next(tmp_path: Path, fault: str) -> None:
    with witness("smtp", tmp_path / "accepted") as relay:
        relay.fail(Plan(connections=[fault]))
        assert not mail(relay.port, "first")
        assert mail(relay.port, "second")
        assert relay.accepted == {"second": 1}


def test_sendgrid_writes_down_what_it_accepted_and_nothing_else(tmp_path: Path) -> None:
    with witness("sendgrid", tmp_path / "accepted") as sendgrid:
        for fault in ("", *SENDGRID_FAULTS):
            sendgrid.fail(Plan(messages=[fault]))
            confirmed = post(sendgrid.port, [fault or "well", f"{fault}-2"])
            assert confirmed == (not fault), fault
            expected = not fault or fault in ACCEPTING
            assert sendgrid.accepted[fault or "well"] == expected, fault
            assert sendgrid.accepted[f"{fault}-2"] == expected, fault


def post(port: int, ids: list[str]) -> bool:
    """One request; whether it was confirmed."""
    people = [
        {"to": [{"email": f"{number}@example.org"}], "custom_args": {"delivery": id_}}
        for number, id_ in enumerate(ids)
    ]
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v3/mail/send", json.dumps({"personalizations": people}).encode()
    )
    with (
        suppress(OSError, HTTPException),
        urllib.request.urlopen(request, timeout=SECONDS) as answer,
    ):
        return bool(answer.status == 202)
    return False


def test_witness_that_dies_leaves_what_it_wrote_and_can_come_back(tmp_path: Path) -> None:
    with witness("smtp", tmp_path / "accepted") as relay:
        assert mail(relay.port, "before")
        port = relay.port
    with witness("smtp", tmp_path / "accepted", port=port) as relay:
        assert mail(port, "after")
        assert relay.accepted == {"before": 1, "after": 1}


def test_chance_is_the_same_for_the_same_seed() -> None:
    def drawn(seed: str) -> list[str]:
        plan = Plan(kinds=SMTP_FAULTS, rate=0.5, most=20, seed=seed)
        return [plan.at_message() for _ in range(100)]

    assert drawn("a") == drawn("a") != drawn("b")
    assert sum(map(bool, drawn("a"))) == 20
