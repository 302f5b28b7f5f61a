"""The setting `delivery.provider` opens what it names, or says what is missing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.delivery.messages import reader
from tests.delivery.test_outbox import readers_of, recipients, submit
from tests.delivery.world import NOW, Scripted, make_letter

from digest.config import Config
from digest.config.settings import (
    BounceSettings,
    DeliverySettings,
    DkimSettings,
    EditionSettings,
    ListSettings,
    OutboxSettings,
    PublicationSettings,
    SendgridSettings,
    SmtpSettings,
    ThrottleSettings,
)
from digest.delivery.message.envelope import Envelope, envelope_for
from digest.delivery.message.signing_key import make_key
from digest.delivery.message.verp import delivery_of, return_path_key
from digest.delivery.providers import check_provider, open_provider, system_clock
from digest.delivery.providers.outbox import Outbox
from digest.delivery.providers.sendgrid.provider import Sendgrid
from digest.delivery.providers.smtp.provider import Smtp
from digest.errors import ConfigError
from digest.model.sending import Letter, Provider
from digest.store.database import Database

COMPLETE = PublicationSettings(
    name="Actualités internationales",
    sender="lettre@example.org",
    public_url="https://lettre.example.org",
    postal_address="1, rue de l’Exemple, 75000 Paris",
)

Configure = Callable[..., Config]


@pytest.fixture
def configure(tmp_path: Path) -> Configure:
    def configured(
        provider: str,
        publication: PublicationSettings = COMPLETE,
        smtp: SmtpSettings | None = None,
        **delivery: Any,
    ) -> Config:
        return Config(
            publication=publication,
            lists=(ListSettings(name="intl"),),
            edition=EditionSettings(images="embed"),
            delivery=DeliverySettings(
                provider=provider,
                outbox=OutboxSettings(path="outbox"),
                smtp=smtp or SmtpSettings(host="127.0.0.1", port=1),
                sendgrid=SendgridSettings(api_key_env="DIGEST_TEST_KEY"),
                **delivery,
            ),
            root=tmp_path,
        )

    return configured


def opened(config: Config, *, rehearse: bool = False) -> Provider:
    return open_provider(config, make_letter(), rehearse=rehearse, clock=lambda: NOW)


def test_the_outbox_stands_beside_the_settings(configure: Configure, tmp_path: Path) -> None:
    outbox = opened(configure("outbox"))
    assert isinstance(outbox, Outbox)
    assert outbox.path == tmp_path / "outbox"
    asyncio.run(outbox.close())


def test_the_outbox_needs_no_account_at_all(configure: Configure, tmp_path: Path) -> None:
    outbox = opened(configure("outbox", PublicationSettings(name="Monde")))
    assert isinstance(outbox, Outbox)
    submit(outbox, recipients("a@b.example"), lambda _ids: None)
    assert readers_of(tmp_path / "outbox") == ["a@b.example"]


def test_a_rehearsal_never_leaves_the_machine_and_begins_empty(
    configure: Configure, tmp_path: Path
) -> None:
    for _attempt in range(2):
        outbox = opened(configure("sendgrid", PublicationSettings(name="Monde")), rehearse=True)
        assert isinstance(outbox, Outbox)
        submit(outbox, recipients("a@b.example"), lambda _ids: None)
        assert readers_of(tmp_path / "outbox-rehearsal") == ["a@b.example"]
    opened(configure("outbox"), rehearse=True)
    assert readers_of(tmp_path / "outbox-rehearsal") == []


@pytest.mark.parametrize("provider", ["smtp", "sendgrid"])
def test_nothing_leaves_without_what_every_letter_must_say(
    configure: Configure, provider: str
) -> None:
    config = configure(provider, PublicationSettings(name="Monde", sender="lettre@example.org"))
    for check in (check_provider, opened):
        with pytest.raises(ConfigError) as caught:
            check(config)
        assert "publication.public_url" in caught.value.message
        assert "publication.postal_address" in caught.value.message
        assert "publication.sender" not in caught.value.message
        assert caught.value.hint


def test_smtp_needs_a_host(configure: Configure) -> None:
    with pytest.raises(ConfigError, match=r"delivery\.smtp\.host"):
        check_provider(configure("smtp", smtp=SmtpSettings()))


def test_smtp_reads_its_login_from_the_environment(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    smtp = SmtpSettings(
        host="127.0.0.1", username_env="DIGEST_TEST_USER", password_env="DIGEST_TEST_PASSWORD"
    )
    monkeypatch.setenv("DIGEST_TEST_USER", "digest")
    monkeypatch.delenv("DIGEST_TEST_PASSWORD", raising=False)
    with pytest.raises(ConfigError, match="DIGEST_TEST_PASSWORD"):
        opened(configure("smtp", smtp=smtp))
    monkeypatch.setenv("DIGEST_TEST_PASSWORD", "sécret")
    with pytest.raises(ConfigError, match="DIGEST_TEST_PASSWORD") as caught:
        opened(configure("smtp", smtp=smtp))
    assert "sécret" not in caught.value.message
    monkeypatch.setenv("DIGEST_TEST_PASSWORD", "secret")
    provider = opened(configure("smtp", smtp=smtp))
    assert isinstance(provider, Smtp)
    assert (provider._relay.username, provider._relay.password) == ("digest", "secret")
    asyncio.run(provider.close())


def test_smtp_trusts_the_authorities_it_is_given(configure: Configure, tmp_path: Path) -> None:
    trustme.CA().cert_pem.write_to_path(tmp_path / "ca.pem")
    provider = opened(configure("smtp", smtp=SmtpSettings(host="127.0.0.1", ca_file="ca.pem")))
    assert isinstance(provider, Smtp)
    assert provider._relay.context is not None
    assert provider._relay.context.check_hostname
    plain = opened(configure("smtp", smtp=SmtpSettings(host="127.0.0.1", security="none")))
    assert isinstance(plain, Smtp)
    assert plain._relay.context is None


@pytest.mark.parametrize(
    ("security", "host", "is_told"),
    [("none", "relay.example.org", True), ("none", "127.0.0.1", False),
     ("starttls", "relay.example.org", False)],
)  # fmt: skip
def test_a_password_that_crosses_the_network_in_the_clear_is_warned_of(
    configure: Configure,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    security: str,
    host: str,
    is_told: bool,
) -> None:
    monkeypatch.setenv("DIGEST_TEST_USER", "digest")
    monkeypatch.setenv("DIGEST_TEST_PASSWORD", "secret")
    relay = SmtpSettings(
        host=host,
        security=security,
        username_env="DIGEST_TEST_USER",
        password_env="DIGEST_TEST_PASSWORD",
    )
    opened(configure("smtp", smtp=relay))
    told = [record.getMessage() for record in caplog.records]
    assert told == (["login in the clear"] if is_told else [])


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "No such file"), ("no certificate", "ca.pem: no certificates in it")],
)
def test_a_file_without_certificates_is_explained(
    configure: Configure, tmp_path: Path, content: str | None, words: str
) -> None:
    if content is not None:
        (tmp_path / "ca.pem").write_text(content)
    with pytest.raises(ConfigError, match="ca_file") as caught:
        opened(configure("smtp", smtp=SmtpSettings(host="127.0.0.1", ca_file="ca.pem")))
    assert words in caught.value.message


def test_sendgrid_needs_its_key(configure: Configure, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DIGEST_TEST_KEY", raising=False)
    with pytest.raises(ConfigError, match="DIGEST_TEST_KEY"):
        opened(configure("sendgrid"))
    monkeypatch.setenv("DIGEST_TEST_KEY", "SG.test")
    assert isinstance(opened(configure("sendgrid")), Sendgrid)


@pytest.mark.parametrize("provider", ["outbox", "sendgrid"])
def test_a_sender_that_cannot_stand_in_a_header_is_a_mistake_in_the_settings(
    configure: Configure, provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_TEST_KEY", "SG.test")
    publication = PublicationSettings(
        name="Monde", sender="zoé@example.org", public_url="https://e.example", postal_address="x"
    )
    with pytest.raises(ConfigError, match=r"publication\.sender"):
        opened(configure(provider, publication))


def scripted(config: Config, letter: Letter, envelope: Envelope) -> Scripted:
    """A factory as a third party would write it."""
    assert envelope.edition == letter.edition
    assert config.delivery.provider.endswith(":scripted")
    return Scripted()


def test_a_provider_of_ones_own_is_opened_by_its_name(
    configure: Configure, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert isinstance(opened(configure(f"{__name__}:scripted")), Scripted)


@pytest.mark.parametrize("name", ["no_such_package_here:factory", "digest.errors:no_such_factory"])
def test_a_provider_that_does_not_exist_is_explained(configure: Configure, name: str) -> None:
    with pytest.raises(ConfigError, match=name):
        check_provider(configure(name))


@pytest.fixture
def given_to_smtp(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the relay's provider is opened with."""
    seen: dict[str, Any] = {}

    def opened_smtp(*_settled: object, **options: Any) -> Scripted:
        seen.update(options)
        return Scripted()

    monkeypatch.setattr("digest.delivery.providers.smtp.provider.open_smtp", opened_smtp)
    return seen


def test_failures_come_back_to_an_address_that_names_the_delivery(
    configure: Configure, database: Database, given_to_smtp: dict[str, Any]
) -> None:
    config = configure("smtp", bounces=BounceSettings(address="rebonds@example.org"))
    open_provider(config, make_letter(), clock=lambda: NOW, database=database)
    address = given_to_smtp["return_path"](reader())
    assert address.startswith("rebonds+")
    assert delivery_of(address, return_path_key(database)) == reader().id


def test_a_test_copy_comes_back_to_the_same_mailbox(
    configure: Configure, given_to_smtp: dict[str, Any]
) -> None:
    opened(configure("smtp", bounces=BounceSettings(address="rebonds@example.org")))
    assert given_to_smtp["return_path"](reader()) == "rebonds@example.org"


def test_without_settings_failures_come_back_to_the_sender_and_nothing_waits(
    configure: Configure, database: Database, given_to_smtp: dict[str, Any]
) -> None:
    open_provider(configure("smtp"), make_letter(), clock=lambda: NOW, database=database)
    assert given_to_smtp == {"return_path": None, "throttle": None}


def test_a_relay_is_opened_with_its_throttle(
    configure: Configure, given_to_smtp: dict[str, Any]
) -> None:
    throttles = (ThrottleSettings(domains=("orange.fr",), rate=5),)
    opened(configure("smtp", throttles=throttles))
    assert given_to_smtp["throttle"].lane("a@orange.fr") == 1


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (
            {"bounces": BounceSettings(address=f"{'a' * 30}@example.org")},
            r"bounces\.address.*longer",
        ),
        ({"bounces": BounceSettings(address="é@example.org")}, r"bounces\.address"),
        ({"throttles": (ThrottleSettings(domains=("a b",), rate=1),)}, r"throttles\[0\]"),
        ({"dkim": DkimSettings("example.org", "a", "dkim.pem")}, "dkim.pem: No such file"),
    ],
)
def test_what_could_not_be_done_while_sending_is_refused_before(
    configure: Configure, settings: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        check_provider(configure("smtp", **settings))


@pytest.mark.parametrize("rehearse", [False, True])
def test_what_the_outbox_writes_is_signed(
    configure: Configure, tmp_path: Path, rehearse: bool
) -> None:
    make_key(tmp_path / "dkim.pem", "ed25519")
    config = configure("outbox", dkim=DkimSettings("example.org", "lettre2026", "dkim.pem"))
    provider = opened(config, rehearse=rehearse)
    assert isinstance(provider, Outbox)
    submit(provider, recipients("a@b.example"), lambda _ids: None)
    folder = tmp_path / ("outbox-rehearsal" if rehearse else "outbox")
    (file,) = folder.glob("new/*.eml")
    assert file.read_bytes().startswith(b"DKIM-Signature: v=1; a=ed25519-sha256;")


def test_a_key_that_others_may_read_is_warned_of_when_letters_leave(
    configure: Configure, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    make_key(tmp_path / "dkim.pem", "ed25519")
    config = configure("outbox", dkim=DkimSettings("example.org", "lettre2026", "dkim.pem"))
    opened(config)
    assert not caplog.records
    (tmp_path / "dkim.pem").chmod(0o644)
    opened(config)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert "others may read" in vars(record)["digest"]["problem"]


def test_the_envelope_follows_the_settings(configure: Configure) -> None:
    envelope = envelope_for(configure("outbox"), make_letter(), day=date(2026, 11, 22))
    assert envelope.sender_name == COMPLETE.name
    assert envelope.list_name == "intl"
    assert envelope.next_day == date(2026, 11, 29)
    assert envelope.host == "lettre.example.org"


def test_a_public_address_with_accents_becomes_one_that_headers_carry(
    configure: Configure,
) -> None:
    publication = PublicationSettings(name="Monde", public_url="https://bücher.example/é/")
    envelope = envelope_for(configure("outbox", publication), make_letter(), day=date(2026, 11, 22))
    assert envelope.unsubscribe_url("t") == "https://xn--bcher-kva.example/%C3%A9/u/t"


def test_the_clock_of_the_system_is_aware() -> None:
    assert system_clock().tzinfo is not None
