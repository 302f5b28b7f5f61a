"""Rules about the size of the HTML, with what could move to “En bref” to make it smaller.

Gmail cuts a letter above 102 kB and hides the rest, the unsubscribe link with it (caniemail and
Google's own help name the size). Which stories would move is `digest.render.fitting`'s matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from digest.check.findings import Finding, error, warning
from digest.check.locating import Locator
from digest.config import Config
from digest.edition.fitting import Fit
from digest.model.edition import Edition
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.fitting import fitted
from digest.text.saying import Said, say, say_all

#: Gmail cuts a letter above this many bytes of HTML.
GMAIL_CLIPS: Final = 102_000


def size_findings(
    letter: Letter,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    folder: Path,
    where: Locator,
    built: Edition | None = None,
) -> list[Finding]:
    """The finding about a letter that is too large; none when it is not."""
    size = len(letter.html.encode())
    if size <= config.check.warn_kb * 1000:
        return []
    kilobytes, clip = size / 1000, GMAIL_CLIPS // 1000
    fit = fitted(edition, placements, config, folder, built=built)
    hint = _proposal(fit) if fit.moved else _helpless(config)
    at = where.story(fit.moved[0], "title") if fit.moved else where.template()
    fails = size > config.check.fail_kb * 1000
    found = say(
        "the HTML has {size:.1f} kB; Gmail cuts at {clip}; `{setting}` is {limit}",
        size=kilobytes,
        clip=clip,
        setting="check.fail_kb" if fails else "check.warn_kb",
        limit=config.check.fail_kb if fails else config.check.warn_kb,
    )
    kind = error if fails else warning
    return [kind("size", say("HTML"), found, hint, at)]


def _proposal(fit: Fit) -> Said:
    titles = [say("“{words}”", words=story.title) for story in fit.moved]
    return say(
        "Move {titles} to “En bref”: {saved:.1f} kB less, {after:.1f} kB in all. "
        "`digest build --fit` does it.",
        titles=say_all("{one} and {other}", titles),
        saved=(fit.before - fit.after) / 1000,
        after=fit.after / 1000,
    )


def _helpless(config: Config) -> Said:
    return say(
        "No move of stories to “En bref” brings it under {limit} kB: take some out, or simplify "
        "the template.",
        limit=config.check.warn_kb,
    )
