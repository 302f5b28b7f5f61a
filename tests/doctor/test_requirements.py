"""Each receiver's requirements, judged by what the checks said."""

from __future__ import annotations

import pytest

from digest.doctor.deliverability import CHECKS
from digest.doctor.deliverability.rules import Judged, judge, rulebook
from digest.doctor.examined import Examined, State

_BOTH = "SPF and DKIM that pass for the sending domain, a key of 1,024 bits at least"

WELL = {name: Examined(name, "ok", "well") for name in CHECKS}


def judged(**states: State) -> dict[tuple[str, str], Judged]:
    checks = WELL | {
        name.replace("_", "-"): Examined(name.replace("_", "-"), state, "as found", "do it")
        for name, state in states.items()
    }
    return {(one.rule.receiver, one.rule.says): one for one in judge(rulebook().rules, checks)}


def test_every_rule_names_its_source_its_day_and_checks_that_exist() -> None:
    book = rulebook()
    receivers = {one.id for one in book.receivers}
    assert receivers == {"gmail", "yahoo", "microsoft"}
    assert all(one.read >= one.since for one in book.receivers)
    for rule in book.rules:
        assert rule.receiver in receivers
        assert rule.source.startswith("https://")
        assert rule.since.year >= 2023
        assert rule.level in ("required", "advised")
        assert set(rule.needs) <= set(CHECKS)
        assert rule.needs or rule.met or rule.elsewhere, rule.says
        assert not (rule.needs and rule.elsewhere), rule.says


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("email-smtp.eu-west-3.amazonaws.com", "Amazon SES"),
        ("smtp-broadcasts.PostmarkApp.com.", "Postmark"),
        ("ssl0.ovh.net", "OVHcloud"),
        ("relay.notbrevo.com", None),
        ("localhost", None),
    ],
)
def test_providers_relay_is_known_by_the_end_of_its_name(host: str, name: str | None) -> None:
    relay = rulebook().relay(host)
    assert (relay.name if relay else None) == name


def test_sender_in_order_meets_all_that_can_be_seen() -> None:
    states = {one.state for one in judged().values()}
    assert states == {"met", "not checkable here"}
    elsewhere = [one for one in judged().values() if one.state == "not checkable here"]
    assert all(one.rule.elsewhere for one in elsewhere)


@pytest.mark.parametrize("name", [name.replace("-", "_") for name in CHECKS])
def test_every_check_decides_something(name: str) -> None:
    broken: dict[str, State] = {name: "error"}
    assert "missing" in {one.state for one in judged(**broken).values()}


def test_rule_says_why_it_is_missing_and_what_to_do() -> None:
    one = judged(dkim="error")["microsoft", "DKIM passes"]
    assert (one.state, one.by, one.found, one.hint) == ("missing", "dkim", "as found", "do it")


def test_what_could_not_be_seen_is_not_called_missing() -> None:
    one = judged(ptr="unknown")[
        "gmail", "sending addresses with valid forward and reverse DNS (PTR)"
    ]
    assert one.state == "not checkable here"


def test_warning_is_enough_where_the_rule_is_not_strict() -> None:
    found = judged(dmarc="warning", failures="warning")
    assert found["gmail", "DMARC for the sending domain; p=none is enough"].state == "met"
    assert found["microsoft", "invalid addresses removed, bounces heeded"].state == "missing"


def test_one_thing_missing_outweighs_another_that_is_not_known() -> None:
    one = judged(spf="unknown", dkim="error")["gmail", _BOTH]
    assert one.state == "missing"
