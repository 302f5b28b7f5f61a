"""The whole look: bounded in time, one thing taken away at a time."""

from __future__ import annotations

import socket
from dataclasses import replace
from pathlib import Path

import pytest
from tests.doctor.dns_server import NameServer

from digest.config import Config
from digest.config.settings.delivery import (
    BounceSettings,
    DeliverySettings,
    DkimSettings,
    SendgridSettings,
    SmtpSettings,
)
from digest.config.settings.operating import StoreSettings
from digest.config.settings.publication import PublicationSettings
from digest.doctor.deliverability import Asked, Examination, examine_deliverability, examining
from digest.doctor.deliverability.relay import RelayLook
from digest.doctor.examined import Examined
from digest.errors import ConfigError, UsageError


@pytest.fixture
def config(tmp_path: Path, key_file: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A publication that sends by a relay; the relay itself is not there."""
    monkeypatch.setattr(
        examining, "look_at_relay", lambda _config: RelayLook("relay.example:587", "TLSv1.3")
    )
    return Config(
        publication=PublicationSettings(
            name="Lettre", sender="lettre@example.org", public_url="http://127.0.0.1:9"
        ),
        store=StoreSettings(url=f"sqlite:///{tmp_path}/digest.db"),
        delivery=DeliverySettings(
            provider="smtp",
            smtp=SmtpSettings(host="relay.example"),
            dkim=DkimSettings("example.org", "lettre", str(key_file)),
            bounces=BounceSettings("rebonds@example.org", str(tmp_path / "rebonds")),
        ),
    )


def told(report: Examination) -> dict[str, Examined]:
    return {one.name: one for one in report.checks}


def test_sender_in_order_is_well_but_for_what_is_not_running(
    config: Config, names: NameServer
) -> None:
    report = examine_deliverability(config, Asked(names.address, addresses=("192.0.2.25",)))
    states = {name: one.state for name, one in told(report).items()}
    wrong = {name for name, state in states.items() if state != "ok"}
    assert wrong == {"leaving", "one-click"}, told(report)
    assert {one.state for one in report.judged if "one-click" not in one.rule.needs} == {
        "met",
        "missing",
        "not checkable here",
    }


def test_relay_of_this_network_is_not_asked_for_its_name(config: Config, names: NameServer) -> None:
    names.publish("relay.lan A 192.168.1.7")
    for host in ("127.0.0.1", "localhost", "relay.lan"):
        delivery = replace(config.delivery, smtp=SmtpSettings(host=host))
        report = examine_deliverability(replace(config, delivery=delivery), Asked(names.address))
        assert told(report)["ptr"].state == "unknown"
        assert "stands in this network" in told(report)["ptr"].found


def test_address_that_spf_refuses_speaks_for_nobody(config: Config, names: NameServer) -> None:
    unsigned = replace(config, delivery=replace(config.delivery, dkim=DkimSettings()))
    report = examine_deliverability(unsigned, Asked(names.address, addresses=("203.0.113.9",)))
    found = told(report)
    assert (found["spf"].state, found["spf-pass"].state) == ("ok", "error")
    assert found["alignment"].state == "unknown"
    assert {one.state for one in report.judged if "spf" in one.rule.needs} == {"missing"}


def test_address_of_the_relay_is_only_a_hint(config: Config, names: NameServer) -> None:
    names.records["relay.example", "A"] = ["198.41.0.4"]
    names.publish("4.0.41.198.in-addr.arpa PTR relay.example.")
    found = told(examine_deliverability(config, Asked(names.address)))
    assert found["ptr"].state == "ok"
    assert found["spf-pass"].state == "unknown"


def test_sendgrid_signs_under_its_own_selectors(config: Config, names: NameServer) -> None:
    names.publish("s1._domainkey.example.org CNAME lettre._domainkey.example.org.")
    delivery = DeliverySettings(provider="sendgrid", sendgrid=SendgridSettings())
    asked = replace(config, delivery=delivery)
    found = told(examine_deliverability(asked, Asked(names.address)))
    assert found["dkim"].state == "ok"
    assert found["alignment"].state == "ok"
    assert found["spf"].state == "unknown"
    assert found["failures"].state == "warning"
    with_key = replace(delivery, sendgrid=SendgridSettings(webhook_key="x" * 60))
    asked = replace(config, delivery=with_key)
    assert told(examine_deliverability(asked, Asked(names.address)))["failures"].state == "ok"


def test_relays_own_return_path_is_looked_at_when_it_is_said(
    config: Config, names: NameServer
) -> None:
    smtp = SmtpSettings(host="smtp-broadcasts.postmarkapp.com")
    config = replace(config, delivery=replace(config.delivery, smtp=smtp))
    found = told(examine_deliverability(config, Asked(names.address)))
    assert (found["spf"].state, found["spf-pass"].state) == ("unknown", "unknown")
    assert "--return-path" in found["spf"].hint
    assert found["alignment"].found == "example.org through DKIM (example.org)"
    names.publish("pm.example.org CNAME relay.example.")
    names.publish('relay.example TXT "v=spf1 ip4:198.51.100.0/24 -all"')
    names.publish("relay.example MX 10 relay.example.")
    asked = Asked(names.address, addresses=("198.51.100.9",), return_path="pm.example.org")
    found = told(examine_deliverability(config, asked))
    assert (found["spf"].state, found["spf-pass"].state) == ("ok", "ok")
    assert "SPF (pm.example.org)" in found["alignment"].found


def test_relay_without_an_address_is_not_said_to_be_in_this_network(
    config: Config, names: NameServer
) -> None:
    def why(host: str) -> str:
        smtp = SmtpSettings(host=host)
        asked = replace(config, delivery=replace(config.delivery, smtp=smtp))
        return told(examine_deliverability(asked, Asked(names.address)))["ptr"].found

    assert why("gone.example") == "gone.example has no address"
    names.broken["slow.example"] = "SERVFAIL"
    assert why("slow.example") == "nobody told the address of slow.example just now"


def test_outbox_has_no_relay_to_be_known(config: Config, names: NameServer) -> None:
    names.records["example.org", "TXT"] = ['"nothing"']
    found = told(
        examine_deliverability(replace(config, delivery=DeliverySettings()), Asked(names.address))
    )
    assert found["ptr"].state == "unknown"
    assert found["dkim"].state == "unknown"
    assert found["failures"].state == "warning"
    assert "ip4:ADDRESS" in found["spf"].hint


def test_mailbox_of_everybodys_provider_is_no_sender(config: Config, names: NameServer) -> None:
    publication = replace(config.publication, sender="lettre@gmail.com")
    found = told(
        examine_deliverability(replace(config, publication=publication), Asked(names.address))
    )
    assert found["domain"].state == "error"


def test_domain_beyond_ascii_is_asked_for_as_it_is_written_there(
    config: Config, names: NameServer
) -> None:
    publication = replace(config.publication, sender="lettre@méridien.example")
    examine_deliverability(replace(config, publication=publication), Asked(names.address))
    assert ("_dmarc.xn--mridien-bya.example", "TXT") in names.asked


def test_no_network_at_all_is_told_within_its_time(config: Config) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        asked = Asked(f"127.0.0.1:{silent.getsockname()[1]}")
        report = examine_deliverability(config, asked, seconds=1.0)
    found = told(report)
    assert {found[name].state for name in ("spf", "dkim", "dmarc", "mx")} == {"unknown"}
    assert "missing" not in {
        one.state for one in report.judged if set(one.rule.needs) <= {"spf", "dkim", "dmarc"}
    }


def test_look_that_hangs_does_not_hold_the_others(
    config: Config, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import Event

    forever = Event()
    monkeypatch.setattr(examining, "look_at_relay", lambda _config: forever.wait(30))
    found = told(examine_deliverability(config, Asked(names.address), seconds=3.0))
    forever.set()
    assert found["relay"] == Examined("relay", "unknown", "no answer in time")
    assert found["dkim"].state == "ok"


def test_bug_in_a_look_is_not_hidden(
    config: Config, names: NameServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_config: Config) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(examining, "look_at_relay", broken)
    with pytest.raises(ZeroDivisionError):
        examine_deliverability(config, Asked(names.address))


def test_store_that_cannot_be_opened_leaves_the_way_out_open(
    config: Config, names: NameServer, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    store = StoreSettings(url=f"sqlite:///{tmp_path}/file/digest.db")
    found = told(examine_deliverability(replace(config, store=store), Asked(names.address)))
    assert found["leaving"].state == "unknown"


def test_publication_without_a_public_address_has_no_way_out(
    config: Config, names: NameServer
) -> None:
    publication = replace(config.publication, public_url="")
    found = told(
        examine_deliverability(replace(config, publication=publication), Asked(names.address))
    )
    assert found["one-click"].state == "error"


def test_what_is_asked_for_must_make_sense(config: Config) -> None:
    with pytest.raises(UsageError, match="--resolver"):
        examine_deliverability(config, Asked("nowhere"))
    publication = replace(config.publication, sender="")
    with pytest.raises(ConfigError, match=r"publication\.sender"):
        examine_deliverability(replace(config, publication=publication))
