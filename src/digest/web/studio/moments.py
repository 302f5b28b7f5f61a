"""Moments as the page tells them, in each language that it speaks."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from digest.config import Config
from digest.text.dates import long_date

#: The languages of the page's words (`studio.toml`).
LANGUAGES: Final = ("fr", "en")


def moment_in_words(moment: datetime, config: Config, *, weekday: bool = False) -> dict[str, str]:
    """“22 novembre 2026, 14:20” by language, in the publication's zone."""
    local = moment.astimezone(config.zone)
    return {
        language: f"{long_date(local.date(), language, weekday)}, {local:%H:%M}"
        for language in LANGUAGES
    }
