"""What the settings tell of who sends, and what relays that are known do to it."""

from __future__ import annotations

import pytest

from digest.config import Config
from digest.config.settings.delivery import (
    BounceSettings,
    DeliverySettings,
    SendgridSettings,
    SmtpSettings,
)
from digest.config.settings.publication import PublicationSettings
from digest.doctor.deliverability.sender import (
    Asked,
    ReturnPath,
    find_return_path,
    judge_failures,
    spf_record,
    written_to,
)
from digest.errors import UsageError

SES = "email-smtp.eu-west-3.amazonaws.com"
POSTMARK = "smtp-broadcasts.postmarkapp.com"


def publication(
    host: str = "relay.example", *, provider: str = "smtp", bounces: str = "", webhook: str = ""
) -> Config:
    return Config(
        publication=PublicationSettings(name="Lettre", sender="lettre@example.org"),
        delivery=DeliverySettings(
            provider=provider,
            smtp=SmtpSettings(host=host),
            bounces=BounceSettings(bounces, "rebonds" if bounces else ""),
            sendgrid=SendgridSettings(webhook_key=webhook),
        ),
    )


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (publication(), ReturnPath("example.org")),
        (publication(bounces="r@rebonds.example.org"), ReturnPath("rebonds.example.org")),
        (publication("ssl0.ovh.net"), ReturnPath("example.org")),
        (publication(SES, bounces="r@example.org"), ReturnPath(kept_by="Amazon SES")),
        (publication(POSTMARK), ReturnPath(kept_by="Postmark")),
        (publication(provider="sendgrid"), ReturnPath(kept_by="SendGrid")),
        (publication(provider="notre.poste:ouvrir"), ReturnPath(kept_by="“notre.poste:ouvrir”")),
    ],
)
def test_return_path_is_ours_only_where_the_relay_leaves_it(
    config: Config, expected: ReturnPath
) -> None:
    assert find_return_path(config, Asked()) == expected


def test_who_knows_the_return_path_can_say_it() -> None:
    asked = Asked(return_path="Envoi.Méridien.example.").checked()
    path = find_return_path(publication(SES), asked)
    assert path == ReturnPath("envoi.xn--mridien-bya.example")
    assert path.domain in written_to(publication(SES), path)


@pytest.mark.parametrize(
    ("config", "state", "word"),
    [
        (publication(), "warning", "nobody reads the failures"),
        (publication(bounces="r@example.org"), "ok", "return to r@example.org"),
        (publication(SES, bounces="r@example.org"), "ok", "forwards them to r@example.org"),
        (publication(POSTMARK, bounces="r@example.org"), "warning", "Postmark keeps them"),
        (publication(provider="sendgrid"), "warning", "webhook_key"),
        (publication(provider="sendgrid", webhook="x" * 60), "ok", "webhook"),
    ],
)
def test_failures_are_heard_of_only_where_they_can_come_back(
    config: Config, state: str, word: str
) -> None:
    found = judge_failures(config)
    assert (found.state, word in found.found) == (state, True), found


@pytest.mark.parametrize(
    ("config", "addresses", "terms"),
    [
        (publication(SES), (), "include:amazonses.com"),
        (publication("smtp.eu.mailgun.org"), (), "include:mailgun.org"),
        (publication(), ("192.0.2.25", "2001:db8::1"), "ip4:192.0.2.25 ip6:2001:db8::1"),
        (publication(), (), "a:relay.example"),
        (publication(provider="outbox"), (), "ip4:ADDRESS-OF-YOUR-RELAY"),
    ],
)
def test_record_to_publish_fits_the_relay(
    config: Config, addresses: tuple[str, ...], terms: str
) -> None:
    record = spf_record(config, "example.org", addresses)
    assert record == f'example.org. IN TXT "v=spf1 {terms} ~all"'


def test_address_is_compared_as_it_is_written_in_zones() -> None:
    assert Asked(addresses=("2001:DB8::0025",)).checked().addresses == ("2001:db8::25",)


@pytest.mark.parametrize(
    ("asked", "option"),
    [
        (Asked(addresses=("relay.example",)), "--address"),
        (Asked(selectors=("deux mots",)), "--selector"),
        (Asked(selectors=("a..b",)), "--selector"),
        (Asked(return_path="rebonds@example.org"), "--return-path"),
        (Asked(return_path="x" * 64 + ".example"), "--return-path"),
    ],
)
def test_what_is_no_name_or_number_is_refused_by_its_option(asked: Asked, option: str) -> None:
    with pytest.raises(UsageError, match=option):
        asked.checked()
