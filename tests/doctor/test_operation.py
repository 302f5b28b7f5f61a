"""What operates a publication beside a single run is looked at too."""

from __future__ import annotations

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from digest.config import Config
from digest.config.settings import EditionSettings
from digest.config.settings.delivery import (
    BounceSettings,
    DeliverySettings,
    DkimSettings,
    SendgridSettings,
)
from digest.config.settings.operating import ScheduleSettings
from digest.config.settings.publication import PublicationSettings
from digest.doctor.examined import Examined
from digest.doctor.operating import examine_operation

PUBLICATION = PublicationSettings(name="Lettre")


def examined(**settings: object) -> list[Examined]:
    return list(examine_operation(replace(Config(publication=PUBLICATION), **settings)))  # type: ignore[arg-type]


def only(**settings: object) -> tuple[str, str]:
    (one,) = examined(**settings)
    return one.name, one.state


def test_publication_without_any_of_it_is_not_asked_about_it() -> None:
    assert examined() == []


def test_schedule_is_told_and_a_fixed_week_is_a_mistake() -> None:
    schedule = ScheduleSettings(day="sunday", time="07:00")
    edition = EditionSettings(week="last", approval="required")
    (one,) = examined(schedule=schedule, edition=edition)
    assert one.state == "ok"
    assert one.found == (
        "sundays at 07:00 (Europe/Paris); what nobody approved stays (edition.approval)"
    )
    assert only(schedule=schedule, edition=EditionSettings(week="2026-W46")) == (
        "schedule",
        "error",
    )


def metrics(file: Path | str) -> tuple[str, str]:
    return only(delivery=DeliverySettings(metrics_file=str(file)))


def test_metrics_need_a_folder_and_the_ending_that_is_collected(tmp_path: Path) -> None:
    assert metrics(tmp_path / "digest.prom") == ("metrics", "ok")
    assert metrics(tmp_path / "digest.txt") == ("metrics", "warning")
    assert metrics(tmp_path / "missing" / "digest.prom") == ("metrics", "error")


def signing(file: Path) -> tuple[str, str]:
    settings = DkimSettings("example.org", "lettre", str(file))
    return only(delivery=DeliverySettings(dkim=settings))


def test_private_key_is_read_and_kept_to_ourselves(key_file: Path) -> None:
    assert signing(key_file) == ("signing", "ok")
    key_file.chmod(0o644)
    assert signing(key_file) == ("signing", "warning")


def test_file_that_is_no_private_key_is_told(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"
    assert signing(file) == ("signing", "error")
    file.write_text("nothing")
    assert signing(file) == ("signing", "error")
    for key, expected in (
        (ec.generate_private_key(ec.SECP256R1()), "error"),
        (rsa.generate_private_key(public_exponent=65537, key_size=1024), "warning"),
    ):
        file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        file.chmod(0o600)
        assert signing(file) == ("signing", expected)


def events(key: str) -> tuple[str, str]:
    sendgrid = SendgridSettings(webhook_key=key)
    return only(delivery=DeliverySettings(provider="sendgrid", sendgrid=sendgrid))


def test_key_of_sendgrids_events_is_read() -> None:
    public = ec.generate_private_key(ec.SECP256R1()).public_key()
    written = base64.b64encode(
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    assert events(written) == ("events", "ok")
    assert events(written[:-12]) == ("events", "error")
    assert events("") == ("events", "warning")


@pytest.mark.parametrize(
    ("address", "folder", "state"),
    [
        ("rebonds@example.org", "", "warning"),
        ("", "rebonds", "warning"),
        ("rebonds@example.org", "missing", "error"),
        ("rebonds@example.org", "rebonds", "ok"),
    ],
)
def test_failures_need_a_mailbox_and_somebody_who_reads_it(
    tmp_path: Path, address: str, folder: str, state: str
) -> None:
    for part in ("new", "cur", "tmp"):
        (tmp_path / "rebonds" / part).mkdir(parents=True)
    maildir = str(tmp_path / folder) if folder else ""
    settings = BounceSettings(address, maildir)
    assert only(delivery=DeliverySettings(bounces=settings)) == ("bounces", state)
