"""What an article must pass alone, before it is compared with others.

An editor's ban, the date, the section, the language, titles of columns that come back, and what
was published before. A pin takes an article past section, language and recurring titles; one made
for this edition (not the pin that a file carries along) past the date as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from digest.model.content import Article, Choice, Decision, Published, Verdict, Window
from digest.selection.gazetteer import suggest_place
from digest.selection.recurring import recurring_words
from digest.selection.rules import Rules
from digest.selection.sections import ORIGIN_WORDS, Resolved, resolve_section
from digest.text.fingerprint import fingerprint
from digest.text.words import detect_language

_AHEAD = timedelta(days=1)
_LANGUAGE_SAMPLE = 300


def could_be_chosen(
    article: Article, window: Window, settings: Rules, *, language: str, now: datetime
) -> bool:
    """Whether date, section and language leave an article a chance, as far as they are known.

    Cheap, to be asked before an article's own page is fetched: a section that nothing states yet
    counts as possible, and so does a language that its few words do not betray.
    """
    screen = Screen(window, settings, language, now, {}, {})
    section = resolve_section(article, settings.sections)
    return not (
        screen.by_date(article)
        or (section is not None and not section.wanted)
        or screen.by_language(article)
    )


@dataclass(frozen=True, slots=True)
class Screen:
    """The steps, in order; each gives the decision that leaves an article out, or None.

    `published` and `choices` are by canonical address, which comes along with each article. An
    article arrives with `pinned` set, be it by its file or by an editor's choice.
    """

    window: Window
    rules: Rules
    language: str
    now: datetime
    published: Mapping[str, Published]
    choices: Mapping[str, Choice]

    def refuse(self, article: Article, address: str, section: Resolved | None) -> Decision | None:
        """The decision that leaves the article out, or None."""
        return (
            self.by_choice(article, address)
            or (None if self._pinned_here(address) else self.by_date(article))
            or self.by_section(article, section)
            or self.by_language(article)
            or self.by_title(article)
            or self.by_memory(article, address)
        )

    def notes(self, article: Article, address: str) -> Iterator[str]:
        """What an editor's pin made possible, in words; only for articles that pass."""
        if self._pinned_here(address) and (late := self.by_date(article)):
            yield f"pinned for this edition although {late.reason}"
        elif article.pinned:
            yield "pinned by an editor"
        if known := self._published_before(address):
            yield f"changed since {known.edition}"

    def by_choice(self, article: Article, address: str) -> Decision | None:
        """An editor's ban."""
        if self.choices.get(address) != "ban":
            return None
        return Decision(article, Verdict.BANNED, "banned by an editor")

    def by_date(self, article: Article) -> Decision | None:
        """Undated, too far ahead, or outside the window."""
        if article.published is None:
            return Decision(article, Verdict.UNDATED, "no date of publication could be read")
        moment = article.published.astimezone(UTC)
        zone = self.window.start.tzinfo
        shown = f"published {moment.astimezone(zone):%Y-%m-%d %H:%M}"
        if moment > self.now + _AHEAD:
            today = f"{self.now.astimezone(zone):%Y-%m-%d}"
            return Decision(
                article, Verdict.FUTURE, f"{shown}, more than a day ahead of today ({today})"
            )
        if moment in self.window:
            return None
        side = "before" if moment < self.window.start else "after"
        last = self.window.end - timedelta(seconds=1)
        days = f"{self.window.start:%Y-%m-%d} to {last:%Y-%m-%d}"
        return Decision(article, Verdict.OUTSIDE, f"{shown}, {side} the window ({days})")

    def by_section(self, article: Article, found: Resolved | None) -> Decision | None:
        """Another section, or none that is known."""
        if found is not None and found.wanted:
            return None
        names = ", ".join(self.rules.sections)
        if found is not None:
            return Decision(
                article,
                Verdict.SECTION,
                f"section “{found.section}” {ORIGIN_WORDS[found.origin]}: not one of {names}",
                found.section,
                found.origin,
            )
        if not self.rules.sections:
            return None
        place = suggest_place(f"{article.title}\n{article.chapo}", self.language)
        if not place:
            return Decision(article, Verdict.SECTION, "nothing says which section it belongs to")
        return Decision(
            article,
            Verdict.SECTION,
            f"nothing states its section; it speaks of {place}, which suggests "
            f"{self.rules.sections[0]} but is not enough alone: state the section or pin it",
            self.rules.sections[0],
            "gazetteer",
        )

    def by_language(self, article: Article) -> Decision | None:
        """Another language, as declared or by its words."""
        if article.pinned:
            return None
        declared = article.language[:2].lower()
        found = declared or detect_language(_sample(article))
        if not found or found == self.language:
            return None
        how = "declared" if declared else "by its words"
        reason = f"its language is {found} ({how}), the publication's is {self.language}"
        return Decision(article, Verdict.LANGUAGE, reason)

    def by_title(self, article: Article) -> Decision | None:
        """A column that comes back every day or week."""
        words = "" if article.pinned else recurring_words(article.title)
        if not words:
            return None
        return Decision(
            article,
            Verdict.RECURRING,
            f"a recurring column (“{words}” in its title): pin it to take it in",
        )

    def by_memory(self, article: Article, address: str) -> Decision | None:
        """Published by an earlier edition, unless it changed since and an editor pinned it."""
        known = self._published_before(address)
        if known is None:
            return None
        reason, changed = f"already published in {known.edition}", False
        if known.fingerprint:
            changed = fingerprint(article) != known.fingerprint
            if changed and article.pinned:
                return None
            if article.pinned:
                reason = f"pinned, but unchanged since {known.edition}, which published it"
            elif changed:
                reason += "; it changed since: pin it to publish it again"
        elif article.pinned:
            reason = f"pinned, but {reason}, and whether it changed since is not known"
        return Decision(article, Verdict.PUBLISHED, reason, published_in=known.edition)

    def _published_before(self, address: str) -> Published | None:
        known = self.published.get(address)
        return None if known is None or known.edition == self.window.edition else known

    def _pinned_here(self, address: str) -> bool:
        return self.choices.get(address) == "pin"


def _sample(article: Article) -> str:
    """The beginning of what an article says, as much as betrays its language."""
    sample = f"{article.title}. {article.chapo} {article.description}"
    for paragraph in article.body:
        if len(sample) >= _LANGUAGE_SAMPLE:
            break
        sample = f"{sample} {paragraph.text}"
    return sample[:_LANGUAGE_SAMPLE]
