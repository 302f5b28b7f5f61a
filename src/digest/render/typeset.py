"""An edition and its placements as they are printed: French spaces and quotation marks, ties.

Only text fields are touched; addresses, files and identifiers stay as they are. The rules of
French typography are `digest.text.typography`'s.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from digest.edition.body import BodyPart
from digest.errors import EditionFileError, SponsorshipError
from digest.model.edition import Brief, Edition, Note, Quotation, Story
from digest.model.sponsorship import Placement
from digest.text.endings import as_sentence
from digest.text.typography import french, tie_last_words, tie_leaning_words

#: Last words of labels that want a name after them.
_READING_ON = frozenset(("par", "de", "avec", "by", "from", "with"))

Setter = Callable[[str], str]

# The same words are set at every rendering: the wording, and an edition looked at again.
_french = lru_cache(maxsize=4096)(french)
_tie_leaning_words = lru_cache(maxsize=4096)(tie_leaning_words)


def text_setter(language: str, *, typography: bool) -> Setter:
    """The rules for a text field of a publication: French ones, or none."""
    return _french if typography and language == "fr" else str


def typeset_edition(edition: Edition, setter: Setter, *, credit: str) -> Edition:
    """The edition with every text field set; the last words of texts are tied, and in French no
    line of a headline ends on an article.

    Args:
        credit: the word before a picture's credit that does not say itself what it is: “Photo”.

    Raises:
        EditionFileError: a token stands in a story, a brief or the quotation. Those come from
            elsewhere, and a token in a link would tell its host who reads.
    """
    for story in edition.stories:
        _refuse_tokens(f"{edition.id}: story {story.order} “{story.title}”", _words_of(story))
    for brief in edition.briefs:
        _refuse_tokens(f"{edition.id}: brief {brief.order}", (brief.place, brief.text, brief.link))
    quotation = edition.quotation
    _refuse_tokens(f"{edition.id}: the quotation", (quotation.text, quotation.name, quotation.role))
    return replace(
        edition,
        subject=setter(edition.subject),
        preheader=setter(edition.preheader),
        note=_note(edition.note, setter),
        stories=tuple(_story(story, setter, credit) for story in edition.stories),
        briefs=tuple(_brief(brief, setter) for brief in edition.briefs),
        quotation=Quotation(
            _headline(quotation.text, setter), setter(quotation.name), setter(quotation.role)
        ),
    )


def typeset_placement(placement: Placement, setter: Setter) -> Placement:
    """The placement with its creative's words set; label, names and links as they are.

    Raises:
        SponsorshipError: a token stands in it: no sponsor learns who reads.
    """
    creative = placement.creative
    words = (creative.headline, creative.body, creative.call_to_action, creative.alt)
    if any("%%{" in word for word in (*words, placement.url)):
        raise SponsorshipError(
            f"slot “{placement.slot.name}”, {placement.sponsor}, creative “{creative.id}” holds a "
            "token %%{…}%%",
            "Take it out: tokens may stand in the subject, the preheader and the note.",
        )
    headline, body, call_to_action, alt = map(setter, words)
    return replace(
        placement,
        creative=replace(
            creative,
            headline=tie_last_words(headline),
            body=tie_last_words(body),
            call_to_action=call_to_action,
            alt=alt,
        ),
    )


def typeset_part(part: BodyPart, setter: Setter) -> BodyPart:
    """A piece of a body with its texts set; names and files as they are."""
    is_large = part.kind in ("intertitle", "quotation")
    return replace(
        part,
        text=_headline(part.text, setter) if is_large else tie_last_words(setter(part.text)),
        role=setter(part.role),
        alt=setter(part.alt),
    )


def reads_on(label: str) -> bool:
    """Whether a sponsor's label reads on into the name, as “Contenu proposé par” does."""
    return label.casefold().split()[-1] in _READING_ON


def _words_of(story: Story) -> tuple[str, ...]:
    picture = story.picture
    return (
        *(story.region, story.desk, story.title, story.short_title, story.summary),
        *(story.link, story.link_label, picture.alt, picture.caption, picture.credit),
        *(story.byline, story.body),
        *(text for other in story.also_in for text in (other.publisher, other.link)),
    )


def _refuse_tokens(where: str, fields: tuple[str, ...]) -> None:
    for text in fields:
        if "%%{" in text:
            raise EditionFileError(
                f"{where} holds a token: “{text[text.index('%%{') :][:40]}”",
                "Take it out: tokens may stand in the subject, the preheader and the note.",
            )


def _headline(text: str, setter: Setter) -> str:
    """A text in large type, where every line's end is seen."""
    tied = tie_last_words(setter(text))
    return tied if setter is str else _tie_leaning_words(tied)


def _note(note: Note, setter: Setter) -> Note:
    return Note(
        _headline(note.opening, setter),
        tie_last_words(setter(note.text)),
        note.name,
        setter(note.role),
    )


def _story(story: Story, setter: Setter, credit: str) -> Story:
    picture = story.picture
    return replace(
        story,
        region=setter(story.region),
        desk=setter(story.desk),
        title=_headline(story.title, setter),
        short_title=_headline(story.short_title or story.title, setter),
        summary=tie_last_words(setter(story.summary)),
        link_label=setter(story.link_label),
        byline=setter(story.byline),
        picture=replace(
            picture,
            alt=setter(picture.alt),
            caption=setter(picture.caption),
            credit=setter(_credit_line(picture.credit, credit)),
        ),
    )


def _credit_line(credit: str, word: str) -> str:
    """“Carte : la rédaction.” as it is; “Ida Brun” becomes “Photo : Ida Brun.”"""
    if not credit.strip():
        return ""
    return as_sentence(credit if ":" in credit else f"{word}: {credit}")


def _brief(brief: Brief, setter: Setter) -> Brief:
    return replace(brief, place=setter(brief.place), text=tie_last_words(setter(brief.text)))
