"""A week as the selection sees it, for `digest why` and `digest shortlist`: nothing is built.

Also which article a word of the command line names. What is decided is `digest.selection`'s.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from digest.cli.frame import now, open_publication
from digest.cli.weekly.week import step_by_step, window_of
from digest.errors import UsageError

if TYPE_CHECKING:
    from digest.collection import Collected
    from digest.model.content import Decision, Window
    from digest.publication import Publication
    from digest.store.content.choices import ChoiceRecord

#: Matches that an error names.
_MOST_NAMED = 8


@dataclass(frozen=True, slots=True)
class Week:
    """A week as the selection sees it; articles of decisions are light."""

    publication: Publication
    window: Window
    collected: Collected
    decisions: Sequence[Decision]
    choices: Sequence[ChoiceRecord]

    @property
    def option(self) -> str:
        """What `digest build` needs to mean this week: `--week 2026-W45`, or nothing."""
        from digest.publication import window_for

        usual = window_for(self.publication.config, now()).edition
        return "" if usual == self.window.edition else f" --week {self.window.edition}"

    @property
    def days(self) -> str:
        """The window in words: `2026-11-09 to 2026-11-15`."""
        last = self.window.end - timedelta(seconds=1)
        return f"{self.window.start:%Y-%m-%d} to {last:%Y-%m-%d}"


def look_at_week(config: Path, *, week: str, since: str, until: str, offline: bool | None) -> Week:
    """Collect and decide, without building anything.

    Args:
        offline: as `digest.collection.collect` takes it; None: as the last build saw it.

    Raises:
        UsageError: the window cannot be.
        SourceError: no articles could be had.
    """
    from digest.collection import collect
    from digest.pipeline import decide
    from digest.store.content.choices import listing

    publication, moment = open_publication(config), now()
    window = window_of(publication.config, moment, week=week, since=since, until=until)
    with step_by_step() as show:
        collected = collect(publication, window, show, now=moment, offline=offline)
        show("Selecting", 0, 0)
        decisions = decide(publication, window, moment)
    with publication.database.read() as connection:
        choices = listing(connection, window.edition)
    return Week(publication, window, collected, decisions, choices)


def named(decisions: Sequence[Decision], what: str) -> list[Decision]:
    """The decisions that a place in the ranking, an address or a part of a title names."""
    from digest.selection import find

    ranked = [d for d in decisions if d.place and str(d.place) == what]
    return ranked or find(decisions, what)


def the_one_named(decisions: Sequence[Decision], what: str) -> Decision:
    """The only article that a word names: a whole title goes before parts of others, and what
    an article stands for does not count.

    Raises:
        UsageError: there is none, or there are several, which are then listed.
    """
    from digest.text.folding import fold

    found = named(decisions, what)
    found = [d for d in found if fold(d.article.title) == fold(what)] or found
    leaders = {decision.article.url for decision in found}
    found = [d for d in found if d.duplicate_of not in leaders] or found
    if not found:
        raise UsageError(
            f"“{what}”: none of the {len(decisions)} articles read has that place, address or "
            "title",
            "See `digest shortlist --all`; give a part of the title as it was published.",
        )
    if len({decision.article.url for decision in found}) > 1:
        lines = [
            f"{d.place or '–':>4}  {d.article.title} <{d.article.url}>" for d in found[:_MOST_NAMED]
        ]
        if len(found) > _MOST_NAMED:
            lines.append(f"      and {len(found) - _MOST_NAMED} more")
        raise UsageError(
            "\n".join([f"“{what}” names {len(found)} articles:", *lines]),
            "Give the place in front of it, its address, or more of the title.",
        )
    return found[0]
