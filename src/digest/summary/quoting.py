"""Chooses the quotation of the week: one whole saying of one named person, word for word.

A pull-quote that the newsroom bound to its attribution comes first. Otherwise the articles'
sentences are read for « … », a déclaré la glaciologue Maren Solvik (`attribution` finds who), and
a saying is taken only when it can stand on a page of its own: complete, no question, nothing left
out, nothing in it that points at words before it. Rather none than a doubtful one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest.model.content import Article, Paragraph, Span
from digest.summary.attribution import Speaker, speaker_after, speaker_before
from digest.summary.rules import leans_back
from digest.text import sentence_spans, sentences
from digest.text.enclosures import Region, pair_marks, regions

#: Characters of a saying found in a sentence.
SHORTEST, LONGEST = 60, 220

_MARKS = '«»“”" \u00a0\u202f'
_QUOTES = frozenset('«“"')


@dataclass(frozen=True, slots=True)
class Quoted:
    """A saying without its quotation marks, who said it, in which article, and where there.

    Name and role are as printed; the role may be empty. The text of the one span is `text`.
    """

    text: str
    name: str
    role: str
    url: str
    spans: tuple[Span, ...]


def quotation_of_the_week(articles: Iterable[Article]) -> Quoted | None:
    """The best quotation with its attribution among the articles, which come by importance.

    None when no saying is complete, of a named person and understood alone.
    """
    best: Quoted | None = None
    best_score = float("-inf")
    for place, article in enumerate(articles):
        pulled = _pull_quote(article)
        if pulled is not None:
            return pulled
        for quoted in sayings(article):
            worth = _worth(quoted)
            score = worth - _BY_PLACE * place
            if worth >= _ENOUGH and score > best_score:
                best, best_score = quoted, score
    return best


def sayings(article: Article) -> Iterator[Quoted]:
    """Every saying of the chapô and the body that could stand alone, with its speaker."""
    if article.chapo:
        yield from _in_text(article, article.chapo, 0, in_chapo=True)
    for number, paragraph in enumerate(article.body):
        if paragraph.role == "text":
            yield from _in_text(article, paragraph.text, number, in_chapo=False)


def _pull_quote(article: Article) -> Quoted | None:
    for number, (quote, by) in enumerate(zip(article.body, article.body[1:], strict=False)):
        if quote.role == "quote" and by.role == "attribution":
            quoted = _pulled(article, number, quote, by)
            if quoted is not None:
                return quoted
    return None


def _pulled(article: Article, number: int, quote: Paragraph, by: Paragraph) -> Quoted | None:
    name, _, role = by.text.strip("—– ").partition(",")
    text = quote.text.strip(_MARKS)
    start = quote.text.find(text)
    span = Span("body", number, start, start + len(text))
    if not text or not name.strip():
        return None
    return Quoted(text, name.strip(), role.strip(), article.url, (span,))


def _in_text(article: Article, text: str, number: int, *, in_chapo: bool) -> Iterator[Quoted]:
    if not _QUOTES.intersection(text) or pair_marks(text)[1]:
        return
    for start, end in sentence_spans(text):
        sentence = text[start:end]
        quotes = [region for region in regions(sentence) if region.mark in _QUOTES]
        if len(quotes) != 1:
            continue
        speaker = _speaker_of(sentence, quotes[0])
        inner = sentence[quotes[0].start + 1 : quotes[0].end - 1]
        said = inner.strip(_MARKS + ",")
        if speaker is not None and _stands_alone(said):
            begin = start + quotes[0].start + 1 + inner.index(said)
            span = Span("chapo" if in_chapo else "body", number, begin, begin + len(said))
            yield Quoted(said, speaker.name, speaker.role, article.url, (span,))


def _speaker_of(sentence: str, quote: Region) -> Speaker | None:
    if quote.start == 0:
        return speaker_after(sentence[quote.end :])
    if not sentence[quote.end :].strip(" .!…\u00a0\u202f"):
        return speaker_before(sentence[: quote.start])
    return None


_BY_PLACE = 0.1
_ROLE, _LENGTH, _CONVICTION, _FIGURES, _PAST = 1.0, 0.5, 0.3, -0.4, -1.2
#: With less, a saying is no quotation of the week.
_ENOUGH = 0.4
_PLEASANT = range(70, 161)


def _worth(quoted: Quoted) -> float:
    text = quoted.text
    return (
        _ROLE * bool(quoted.role)
        + _LENGTH * (len(text) in _PLEASANT)
        + _CONVICTION * bool(_CONVINCED.search(text))
        + _FIGURES * any(letter.isdigit() for letter in text)
        + _PAST * bool(_TOLD.search(text))
    )


_CONVINCED = re.compile(
    r"\b(?:jamais|toujours|personne|rien|tout|toutes?|tous|faut|devons|liberté|paix|courage|espoir"
    r"|peur|justice|vérité|never|always|nobody|nothing|everything|must|freedom|peace|hope|fear"
    r"|truth)\b",
    re.IGNORECASE,
)


# What happened is news, not a saying.
_TOLD = re.compile(
    r"\b(?:a|ont|avons|ai|est|sont|as|avez)\s(?:\w+\s)?\w+(?:é|ée|és|ées|u|us|ue|ues|it|is|ts?)\b"
    r"|\b\w+(?<![rf])(?:ait|aient)\b|\b(?:étions|venions|was|were|had|did)\b",
    re.IGNORECASE,
)


def _stands_alone(said: str) -> bool:
    """Whether a saying is whole and understood without what was said before it."""
    return (
        SHORTEST <= len(said) <= LONGEST
        and said[0].isupper()
        and said[-1] not in ":;-–—"
        and not _LEFT_OUT.search(said)
        and not _INTERRUPTED.search(said)
        and not _POINTS.search(said)
        and not leans_back(said)
        and all(_is_clause(sentence) for sentence in sentences(said))
    )


# Left out, asked, or a quotation in a quotation.
_LEFT_OUT = re.compile(r"[()\[\]…?+«»“”\"]|(?<!\w)['’‘]|\.\.\.|\bndlr\b", re.IGNORECASE)
# « Je pars, a-t-il dit. »: the speaker is named inside.
_INTERRUPTED = re.compile(
    r"-t-(?:il|elle|on)\b|\b(?:dit|explique|assure|affirme|ajoute|poursuit|confie|note|raconte)-"
    r"(?:il|elle)\b|, (?:he|she) (?:said|added)\b"
)
_IMPERSONAL = (
    r"(?:\s(?:ne\s|n['’])?(?:faut|faudra|faudrait|fallait|s['’]agit|y a|y aura|y avait|est"
    r" (?:temps|urgent|important|essentiel|impossible|possible|inacceptable|nécessaire|vrai|clair"
    r"|évident|difficile|indispensable|hors de question)))"
)
_TIME = r"(?:année|semaine|nuit|fois|matin|soir|mois|été|hiver|jour|année-là)"
_POINTS = re.compile(
    rf"""\b(?:
        il(?!{_IMPERSONAL}) | ils | elles? | lui | eux | ça | cela | ceci | celui | celles? | ceux
      | cet | ces | cette(?!\s{_TIME}) | ce(?!\s(?:qui|que|qu['’]|n['’]est|sont|{_TIME}))
      | (?:je|tu|nous|vous|on|ne|j['’]ai)\s(?:le|la|les|leur)\s(?=\w+(?:e|s|t|ons|ez|ai)\b)
      | (?:je|nous|vous|on|ne)\s(?:l['’]|en\b|y\b) | j['’](?:en|y) | n['’](?:en|y) | m['’]en
      | s['’]en | s['’]y | l['’](?:ai|as|a|avons|avez|ont|avait|est)
      | he|she|they|him|them|this|that['’]s|these|those|such|here|there(?!\s(?:is|are|will|was))
      | son | sa | ses | leurs? | his | its | their | tu | te | vous\s(?:dire|le|savez|voyez)
      | regardez | écoutez | sachez | that
      | hier | demain | tout\sà\sl['’]heure | l['’]an\sdernier | yesterday | tomorrow
      | (?:lun|mar|mercre|jeu|vendre|same)di | dimanche
      | (?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day
      | (?:de|à|pour|sans|et|ou)\s(?:la|le|les|l['’])\s?
            (?!mer\b|fer\b|hiver|cancer|foyer|atelier|métier)\w{{2,}}(?:er|ir|oir|ttre|ndre)
      | là | ici | aussi | également | donc | ainsi | pourtant | cependant | d['’]ailleurs
      | also | therefore | however | then
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_FINITE = re.compile(
    r"""\b(?:(?:je|tu|nous|vous|on|il)\s | j['’] | c['’]est | est | sont | a | ont | était | étaient
      | sera | seront | serait | aura | auront | avons | avez | suis | sommes | êtes | ai | doit
      | doivent | devons | peut | peuvent | pouvons | veut | veulent | voulons | va | vont | allons
      | faut | faudra | fait | font | reste | restent | n['’]\w+ | ne\s
      | is | are | was | were | has | have | had | will | would | can | could | must | should | do
      | does | did | need | needs | want | wants | I | we | you
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:qui|que|qu['’]|dont|où|who|which|that|whose)(?:\b|(?<=['’]))", re.IGNORECASE
)


#: « Cinq euros, c'est une somme » says what it is about; « Nous y allons, c'est sûr » may not.
_NAMED_FIRST = re.compile(r"(?!(?:je|j['’]|nous|on|vous)\b)[^,:]{5,80}, \Z", re.IGNORECASE)
_IT_IS = re.compile(r"\bc['’](?:est|était)\b", re.IGNORECASE)


def _is_clause(sentence: str) -> bool:
    """Whether a sentence has a verb of its own: « Un élan qui nous porte » has none."""
    verb = _FINITE.search(sentence)
    if verb is None or _RELATIVE.search(sentence, 0, verb.start()):
        return False
    return all(_NAMED_FIRST.match(sentence[: it.start()]) for it in _IT_IS.finditer(sentence))
