"""Every rule of the check, declared once: its id, how grave it usually is, what it looks at.

The modules of this room apply them; a finding of a rule that does not stand here fails a test.
`docs/checks.md` says what to do about each.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from digest.check.findings import Severity

#: When a rule is looked at: with every letter; where its templates are traced, for how it is set
#: and for the mail programs that were named; on the network, before a send or when asked for.
RulePart = Literal["letter", "accessibility", "clients", "links", "articles"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `severity` is the usual one; a single finding may be milder or graver.

    `silenceable` is False where the rule keeps a promise to readers, to sponsors or to the law.
    """

    id: str
    severity: Severity
    about: str
    part: RulePart = "letter"
    silenceable: bool = True


def _promise(name: str, about: str) -> Rule:
    return Rule(name, "error", about, silenceable=False)


def _reading(name: str, about: str, severity: Severity = "warning") -> Rule:
    return Rule(name, severity, about, "accessibility")


_LETTER = (
    _promise("subject-empty", "There is a subject."),
    Rule("subject-long", "warning", "A phone and a desktop show the whole subject."),
    Rule("preheader-missing", "warning", "There is a preheader, which inboxes show."),
    Rule("preheader-short", "note", "The preheader fills the inbox row of a phone."),
    Rule("preheader-long", "note", "A phone shows the whole preheader."),
    Rule("preheader-repeats", "warning", "The preheader says something else than the subject."),
    Rule("spam-words", "warning", "Subject and preheader use no words that filters distrust."),
    Rule("spam-capitals", "warning", "Subject and preheader do not shout in capitals."),
    Rule("spam-signs", "warning", "Subject and preheader hold no rows of signs or emoji."),
    Rule("spam-reply", "warning", "The subject does not pretend to answer or to forward."),
    Rule("number-missing", "warning", "The edition has its N°."),
    Rule("edition-stale", "warning", "The edition's week ended not long ago."),
    _promise("stories-missing", "There is at least one story."),
    _promise("headline-empty", "Every story has a headline."),
    Rule("headline-long", "warning", "A headline can be taken in at once."),
    Rule("short-title-long", "note", "A short title fits one line of the contents list."),
    _promise("summary-empty", "Every story and every brief has its text."),
    Rule("brief-echo", "note", "A brief does not say its place twice."),
    Rule("language-mixed", "warning", "Every text is in the letter's language."),
    Rule("quotes-unbalanced", "warning", "Quotation marks and brackets come in pairs."),
    _promise("link-scheme", "Every link can be followed: scheme, host, no odd signs."),
    Rule("link-anchor", "error", "Every link inside the letter finds its place."),
    Rule("link-private", "error", "No link or picture leads to a private address."),
    Rule("link-example", "warning", "No link of a letter that really leaves is an example's."),
    Rule("link-tracked", "warning", "No link carries the id of somebody's click."),
    _promise("picture-alt", "Every picture has words for those who do not see it."),
    Rule("picture-alt-long", "warning", "A picture's words fit in its place."),
    Rule("picture-missing", "error", "Every picture is there."),
    Rule("picture-small", "warning", "No picture is blurred: it has the pixels of its place."),
    Rule("picture-heavy", "warning", "Pictures are light, alone and together."),
    _promise("size", "The HTML is well below the size at which Gmail cuts a letter."),
    _promise("unsubscribe", "A reader can leave, from HTML and text."),
    _promise("postal-address", "The publisher's postal address stands in HTML and text."),
    Rule("sender-missing", "warning", "There is an address that the letter comes from."),
    _promise("token-unknown", "Every token is one that can be filled in."),
    _promise("placeholder", "Nothing is left over that was to be written."),
    Rule("text-lacks", "warning", "The text part tells what the HTML tells."),
    Rule("html-lacks", "warning", "The HTML tells what the text part tells."),
    _promise("sponsor-place", "Every booked sponsor has a place, and one only."),
    _promise("sponsor-missing", "Every sponsor's block stands in the HTML."),
    _promise("sponsor-label", "Every sponsor's block says that it is one, first of all."),
    _promise("sponsor-name", "Every sponsor's block names the sponsor."),
    _promise("sponsor-ground", "Every sponsor's block has a ground of its own."),
    _promise("sponsor-link", "Every sponsor's link stands in HTML and text."),
    _promise("sponsor-tracking", "Every sponsor's link carries the tracking parameters."),
    Rule("silenced-unused", "note", "Every rule that is silenced had something to say."),
)

_ACCESSIBILITY = (
    _reading("a11y-lang", "The page and the body's children say language and direction."),
    _reading("a11y-title", "The letter has a title, which screen readers announce."),
    _reading("a11y-headings", "There is one first heading, and no level is left out."),
    _reading("a11y-alt", "Every picture of the HTML has an alternative text, or a role.", "error"),
    _reading("a11y-role", "Tables for layout are not read out as tables."),
    _reading("a11y-color-scheme", "The letter says that it knows light and dark."),
    _reading("a11y-zoom", "Readers can enlarge the letter."),
    _reading("a11y-contrast", "Texts stand out from their ground, in light and dark."),
    _reading("a11y-inverted", "Texts stand out where a program inverts colours."),
    _reading("a11y-text-size", "No text is smaller than 14 px."),
    _reading("a11y-links", "A link's words say where it leads, and only there."),
    _reading("a11y-link-style", "Links are known without their colour."),
    _reading("a11y-targets", "Buttons and rows of links can be hit with a thumb."),
)

_CLIENTS = (
    Rule(
        "client-support",
        "warning",
        "The named mail programs know what the letter uses, or do well without it.",
        "clients",
    ),
)

_LINKS = (
    Rule("link-dead", "error", "Every link finds a page, in public and protected.", "links"),
    Rule("link-down", "warning", "Every linked server answers.", "links"),
    Rule("link-moved", "warning", "No link leads on to a front page or another site.", "links"),
    Rule("link-slow", "warning", "No link keeps its readers waiting.", "links"),
    Rule("link-unsure", "note", "Every link could be looked at.", "links"),
)

_ARTICLES = (
    Rule("article-gone", "error", "Every article is still there.", "articles"),
    Rule("article-moved", "warning", "No article leads to a front page.", "articles"),
    Rule("title-changed", "warning", "Every article still bears its title.", "articles"),
)

#: Every rule by its id, in the order of `docs/checks.md`.
RULES: Final[Mapping[str, Rule]] = {
    rule.id: rule for rule in (*_LETTER, *_ACCESSIBILITY, *_CLIENTS, *_LINKS, *_ARTICLES)
}
