"""Rules that a publication lives without: with a reason, shown all the same, never a promise."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from tests.check.spoiling import checked, of_rule, sound_config
from tests.letters import make_edition

from digest.check import RULES, Checked
from digest.config.loading import load_config
from digest.config.settings import CheckSettings, Config, SilencedSettings
from digest.errors import ConfigError

WITHOUT_PREHEADER = make_edition(preheader="")


def silencing(*settings: SilencedSettings) -> Config:
    config = sound_config()
    return dataclasses.replace(
        config, check=dataclasses.replace(CheckSettings(), silenced=settings)
    )


def with_silenced(rule: str, reason: str = "Nous faisons sans.", place: str = "") -> Checked:
    config = silencing(SilencedSettings(rule, reason, place))
    return checked(WITHOUT_PREHEADER, config=config)


def test_silenced_finding_is_kept_with_its_reason_and_troubles_nobody() -> None:
    result = with_silenced("preheader-missing")
    assert of_rule(result.findings, "preheader-missing") == []
    (silenced,) = result.silenced
    assert silenced.finding.rule == "preheader-missing"
    assert silenced.reason == "Nous faisons sans."
    assert "preheader-missing" not in result.passed


def test_place_keeps_the_silence_where_it_is_meant() -> None:
    assert with_silenced("preheader-missing", place="PREHEADER").silenced
    assert not with_silenced("preheader-missing", place="story 3").silenced


def test_entry_that_sets_nothing_aside_is_noted() -> None:
    for rule, place in (("preheader-missing", "story 3"), ("spam-reply", "")):
        (noted,) = of_rule(with_silenced(rule, place=place).findings, "silenced-unused")
        assert (noted.severity, noted.file) == ("note", "config.toml")
        assert rule in noted.place
    assert of_rule(with_silenced("preheader-missing").findings, "silenced-unused") == []


@pytest.mark.parametrize("rule", ["link-dead", "article-moved", "client-support"])
def test_entry_for_what_was_not_looked_at_is_not_judged(rule: str) -> None:
    result = with_silenced(rule)
    assert of_rule(result.findings, "silenced-unused") == []
    assert "silenced-unused" in result.passed


def test_entry_for_mail_programs_is_judged_where_they_are_looked_up() -> None:
    entry = SilencedSettings("client-support", "Nous faisons sans.", "nowhere")
    settings = dataclasses.replace(CheckSettings(), silenced=(entry,), clients=("gmail",))
    config = dataclasses.replace(sound_config(), check=settings)
    assert of_rule(checked(WITHOUT_PREHEADER, config=config).findings, "silenced-unused")


def test_mistyped_rule_is_corrected_and_not_taken_for_silence() -> None:
    with pytest.raises(ConfigError) as raised:
        with_silenced("preheader-mising")
    assert "check.silenced[0].rule" in raised.value.message
    assert "preheader-missing" in raised.value.hint
    assert "--rules" in raised.value.hint


@pytest.mark.parametrize("rule", [rule.id for rule in RULES.values() if not rule.silenceable])
def test_promise_cannot_be_silenced_and_the_message_says_why(rule: str) -> None:
    with pytest.raises(ConfigError, match="promise to readers or sponsors") as raised:
        with_silenced(rule)
    assert rule in raised.value.message


def test_line_of_the_wrong_entry_is_named(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(
        '[publication]\nname = "Rives"\n\n[[check.silenced]]\nrule = "spam-words"\n'
        'reason = "Notre rubrique s’appelle ainsi."\n\n[[check.silenced]]\n'
        'rule = "unsubscribe"\nreason = "Non."\n',
        encoding="utf-8",
    )
    config = dataclasses.replace(load_config(file, environment={}), edition=sound_config().edition)
    templates = dataclasses.replace(
        config.edition, templates=str(sound_config().path(config.edition.templates))
    )
    with pytest.raises(ConfigError, match=r"config\.toml:9: check\.silenced\[1\]\.rule"):
        checked(WITHOUT_PREHEADER, config=dataclasses.replace(config, edition=templates))
