"""Sets aside the findings that a publication decided to live with, each with its reason.

What keeps a promise to readers or sponsors cannot be set aside. Silenced findings are kept and
shown with their reason: they do not vanish.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.check.findings import Finding, Location
from digest.check.rules import RULES
from digest.config.settings import SilencedSettings
from digest.errors import ConfigError
from digest.text.nearest import nearest


@dataclass(frozen=True, slots=True)
class Silenced:
    """A finding that was set aside, and why."""

    finding: Finding
    reason: str


def set_aside(
    findings: Iterable[Finding], settings: Sequence[SilencedSettings]
) -> tuple[list[Finding], list[Silenced]]:
    """Findings that stay, and those that `[[check.silenced]]` sets aside."""
    kept: list[Finding] = []
    silenced: list[Silenced] = []
    for finding in findings:
        setting = next((s for s in settings if _covers(s, finding)), None)
        if setting is None:
            kept.append(finding)
        else:
            silenced.append(Silenced(finding, setting.reason))
    return kept, silenced


def _covers(setting: SilencedSettings, finding: Finding) -> bool:
    return setting.rule == finding.rule and setting.place.casefold() in finding.place.casefold()


def require_silenceable(
    settings: Sequence[SilencedSettings], where: Sequence[Location] = ()
) -> None:
    """Stop at a rule that does not exist or must not be silenced.

    Args:
        where: the place of each setting in `config.toml`.

    Raises:
        ConfigError: naming file, line, key and rule.
    """
    for index, setting in enumerate(settings):
        rule = RULES.get(setting.rule)
        if rule is not None and rule.silenceable:
            continue
        key = f"check.silenced[{index}].rule"
        file, line = where[index] if index < len(where) else Location("config.toml")
        place = f"{file}:{line}: {key}" if line else f"{file}: {key}"
        if rule is None:
            raise ConfigError(
                f"{place}: there is no rule “{setting.rule}”",
                f"{nearest(setting.rule, list(RULES))} `digest check --rules` lists them.",
            )
        raise ConfigError(
            f"{place}: “{setting.rule}” cannot be silenced: it keeps a promise to readers or "
            f"sponsors ({rule.about.rstrip('.')})",
            "Take the entry out and mend what the rule finds.",
        )
