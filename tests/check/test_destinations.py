"""Where links lead: nobody's private network, no example that leaves, no trace of a click."""

from __future__ import annotations

import dataclasses
from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.check.spoiling import found, of_rule, only, sound_config, with_story
from tests.letters import make_edition, make_placement, with_publication

from digest.check.destinations import CLICK_IDS, is_private
from digest.config.settings import DeliverySettings

LEAVING = sound_config(delivery=DeliverySettings(provider="smtp"))
_WARNED = ("link-private", "warning")


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8000/a",
        "http://127.0.0.1/a",
        "http://127.1/a",
        "http://0x7f000001/",
        "http://2130706433/",
        "http://999.1.1.1/",
        "http://10.1.2.3/",
        "http://[::1]/",
        "http://[fe80::1]/",
        "https://intranet/a",
        "https://cms.local/a",
        "https://preview.corp/a",
        "https://serveur.home.arpa/",
    ],
)
def test_link_into_a_private_network_is_stopped_before_it_leaves(url: str) -> None:
    findings = of_rule(found(with_story(2, link=url), config=LEAVING), "link-private")
    finding = only(findings, "link-private")
    assert finding.place.startswith("story 2")
    assert "`" not in finding.message


def test_private_link_is_only_a_warning_while_letters_go_to_the_outbox() -> None:
    only(found(with_story(2, link="http://localhost/a")), "link-private", "warning")


def test_private_addresses_of_sponsors_settings_and_templates_are_found() -> None:
    placement = make_placement("main", url="http://192.168.1.4/lampe")
    finding = only(of_rule(found(make_edition(), placement), "link-private"), *_WARNED)
    assert finding.file == "sponsors/Maison Orme.toml"
    config = with_publication(sound_config(), partner_url="http://localhost/partenaires")
    finding = only(found(make_edition(), config=config), *_WARNED)
    assert (finding.place, finding.file) == ("publication.partner_url", "config.toml")
    for added in ('<a href="http://10.0.0.1/">mot</a>', '<img src="http://10.0.0.1/a.gif" alt="">'):
        findings = found(make_edition(), html=lambda text, a=added: text.replace("</h1>", a, 1))
        finding = only(of_rule(findings, "link-private"), *_WARNED)
        assert finding.file == "templates/weekly/letter.mjml.j2"


@pytest.mark.parametrize(
    "url", ["https://example.org/a", "http://8.8.8.8/", "https://[2606:4700::1111]/"]
)
def test_public_addresses_pass(url: str) -> None:
    assert found(with_story(2, link=url)) == []


@given(st.ip_addresses(v=4))
def test_every_spelling_of_a_number_is_judged_alike(address: IPv4Address) -> None:
    judged = is_private(str(address))
    assert is_private(str(int(address))) == judged
    assert is_private(hex(int(address))) == judged
    assert is_private(f"[::ffff:{address}]") == judged


@given(st.text(min_size=1, max_size=40))
def test_no_host_makes_the_judge_fail(host: str) -> None:
    assert is_private(host) in (True, False)


def test_examples_are_named_once_when_a_letter_really_leaves() -> None:
    finding = only(found(make_edition(), config=LEAVING), "link-example", "warning")
    assert "config.toml" in finding.hint
    assert found(make_edition()) == []


@pytest.mark.parametrize(("name", "owner"), sorted(CLICK_IDS.items()))
def test_trace_of_somebodys_click_is_named(name: str, owner: str) -> None:
    link = f"https://example.org/recits/2?page=1&{name}=abc"
    finding = only(found(with_story(2, link=link)), "link-tracked", "warning")
    assert name in finding.message
    assert owner in finding.message


def test_other_parameters_are_nobodys_trace() -> None:
    assert found(with_story(2, link="https://example.org/?gclidx=1&page=2&utm_source=x")) == []
    placement = make_placement("main", url="https://orme.example/?fbclid=abc")
    placement = dataclasses.replace(
        placement, url=f"{placement.creative.url}&utm_source=newsletter&utm_medium=email"
    )
    only(found(make_edition(), placement), "link-tracked", "warning")
