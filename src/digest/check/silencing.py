"""Sets aside the findings that a publication decided to live with, each with its reason.

What keeps a promise to readers or sponsors cannot be set aside. Silenced findings are kept and
shown with their reason: they do not vanish.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from digest.check.findings import Finding, Location, note
from digest.check.rules import RULES, RulePart
from digest.config.settings import SilencedSettings
from digest.errors import ConfigError
from digest.text.nearest import nearest
from digest.text.saying import say


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


def unused_findings(
    settings: Sequence[SilencedSettings],
    silenced: Iterable[Silenced],
    parts: Collection[RulePart],
    where: Sequence[Location],
) -> Iterator[Finding]:
    """The entries that set nothing aside.

    Args:
        settings: `[[check.silenced]]`.
        silenced: what was set aside.
        parts: the parts of the check that were run; entries for others are not judged.
        where: the place of each setting in `config.toml`.
    """
    found = [entry.finding for entry in silenced]
    for setting, at in zip(settings, where, strict=True):
        ran = RULES[setting.rule].part in parts
        if ran and not any(_covers(setting, finding) for finding in found):
            yield note(
                "silenced-unused",
                say("silenced “{rule}”", rule=setting.rule),
                say("sets nothing aside in this letter"),
                say("Take the entry out of config.toml, or mend its `rule` or `place`."),
                at,
            )


def require_silenceable(settings: Sequence[SilencedSettings], where: Sequence[Location]) -> None:
    """Stop at a rule that does not exist or must not be silenced.

    Args:
        where: the place of each setting in `config.toml`.

    Raises:
        ConfigError: naming file, line, key and rule.
    """
    for index, (setting, (file, line)) in enumerate(zip(settings, where, strict=True)):
        rule = RULES.get(setting.rule)
        if rule is not None and rule.silenceable:
            continue
        key = f"check.silenced[{index}].rule"
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
