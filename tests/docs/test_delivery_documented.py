"""The manuals' settings are taken as they stand, and the doctor knows the relays they name."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

from digest.config import load_config
from digest.doctor.deliverability import rulebook
from digest.errors import ConfigError

ROOT = Path(__file__).parents[2]
PUBLICATION = '[publication]\nname = "Lettre"\nsender = "lettre@example.org"\n'


def blocks(manual: str, language: str) -> list[str]:
    text = (ROOT / "docs" / manual).read_text(encoding="utf-8")
    return re.findall(rf"(?ms)^```{language}\n(.*?)^```", text)


@pytest.mark.parametrize(
    "block",
    [block for manual in ("delivery.md", "operations.md") for block in blocks(manual, "toml")],
)
def test_settings_of_the_manuals_are_taken_as_they_stand(tmp_path: Path, block: str) -> None:
    assert tomllib.loads(block)
    (tmp_path / "config.toml").write_text(PUBLICATION + block, encoding="utf-8")
    load_config(tmp_path / "config.toml")


def test_setting_that_does_not_exist_would_be_noticed(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(PUBLICATION + "[delivery.smtp]\nhots = 1\n")
    with pytest.raises(ConfigError, match="hots"):
        load_config(tmp_path / "config.toml")


def test_relays_of_the_manual_are_those_the_doctor_knows() -> None:
    text = (ROOT / "docs" / "delivery.md").read_text(encoding="utf-8")
    section = text.partition("\n## Other providers, through their relay\n")[2].partition("\n## ")[0]
    rows = re.findall(r"(?m)^\| ([\w ]+?)(?:,[^|]*)? \| `([\w.<>-]+\.(?:com|org|net))`", section)
    assert {name for name, _host in rows} == {
        "Amazon SES",
        "Mailgun",
        "Postmark",
        "Brevo",
        "OVHcloud",
    }
    for name, host in rows:
        relay = rulebook().relay(host)
        assert relay is not None, host
        assert relay.name == name
