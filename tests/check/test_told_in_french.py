"""A French editor reads every finding in French: letters full of faults, told whole."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from tests.check.spoiling import MAIN, NOW, PRESENTING, SECOND, checked, sound_config
from tests.letters import make_edition, make_placement, make_story, with_publication

from digest.check import RULES, Finding, Location, Locator, published_findings
from digest.check.french import in_french
from digest.check.links import Answer, LetterLink, link_findings, not_asked
from digest.config.settings import SilencedSettings
from digest.errors import FetchCause
from digest.model.edition import Brief, Edition, OtherVersion, StoryPicture
from digest.text.saying import Said, say

#: A page in which every rule about the HTML alone finds something.
_PAGE = """
<html><head><meta name="viewport" content="user-scalable=no"></head>
<body><div>
<h2>Le port</h2><h4></h4><p style="color:#777;background:#888;font-size:9px">Pâle et petit</p>
<p style="background:#f0f;color:#009">Juste assez</p>
<table><tr><td>x</td></tr></table>
<a href="https://un.example/x" style="text-decoration:none">ici</a>
<p><a href="https://autre.example/x" style="font-size:14px;line-height:15px">ici</a></p>
<a href="https://un.example/y"></a> <a href="https://un.example/z">https://un.example/z</a>
<a href="#nulle-part">plus bas</a> <a href="ftp://vieux.example/">vieux serveur</a>
<a href="https://un.example/b" style="display:inline-block;background:#000;padding:1px">Bouton</a>
<img src="a.jpg"><img src="b.jpg" alt=""><img src="c.jpg" alt="c.jpg">
<img src="data:image/png;base64,AAAA" alt="Rien">
<img width="40" alt="Un point" src="data:image/png;base64,\
iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==">
<p style="display:flex">%%{prenom}%% FIXME</p>
</div></body></html>
"""


def faulty_edition() -> Edition:
    """An edition with faults of every kind that an editor makes."""
    english = (
        "The river has moved and the two countries do not know what to do with the school that "
        "stands on the other side of it now."
    )
    stories = (
        make_story(1, title="", summary="", link="https://a b.example/"),
        make_story(2, title="Un titre bien trop long " * 7, summary=english),
        make_story(3, link="http://localhost/a?fbclid=1", summary="Un « guillemet (seul."),
        make_story(4, summary="À rédiger.", also_in=(OtherVersion("X", "ftp://x.example"),)),
        make_story(5, picture=StoryPicture("pictures/none.jpg")),
        make_story(6, picture=StoryPicture("a.jpg", "Une description trop longue " * 4)),
    )
    return dataclasses.replace(
        make_edition(),
        number=0,
        subject="RE: URGENT !! offre exceptionnelle, GRATUIT POUR TOUS, " + "suite " * 9,
        preheader="RE: court",
        stories=stories,
        briefs=(Brief("https://b.example/", 1, "Oslo", "", "https://b.example/"),),
    )


def of_links() -> Iterator[Finding]:
    causes: tuple[FetchCause, ...] = (
        "name",
        "private",
        "protection",
        "redirects",
        "time",
        "robots",
    )
    answers = [
        *(Answer(cause=cause) for cause in causes),
        *(Answer(status=status) for status in (404, 500, 403)),
        Answer(),
        Answer("https://l12.example/", 200, seconds=9),
        Answer("https://else.example/x", 200),
    ]
    links = [
        LetterLink(f"https://l{n}.example/a", say("links"), Location())
        for n in range(1, len(answers) + 1)
    ]
    yield from link_findings(links, {link.url: a for link, a in zip(links, answers, strict=True)})
    yield from link_findings(links, {link.url: Answer() for link in links})
    yield not_asked(say("{count} links were not asked: this is offline", count=1))


def of_articles() -> Iterator[Finding]:
    edition = make_edition()
    first, second, third, *_ = edition.stories
    titles = {first.url: "", second.url: "Un autre titre", edition.briefs[0].url: ""}
    yield from published_findings(edition, titles, {third.url}, Locator(edition, CONFIG, Path()))


CONFIG = sound_config()


@cache
def everything() -> tuple[Finding, ...]:
    """Findings of as many rules as letters without a server can have."""
    edition = faulty_edition()
    bare = with_publication(CONFIG, public_url="", sender="", postal_address="")
    sends = dataclasses.replace(
        CONFIG,
        delivery=dataclasses.replace(CONFIG.delivery, provider="smtp"),
        check=dataclasses.replace(CONFIG.check, clients=("gmail", "outlook"), warn_kb=1, fail_kb=9),
        edition=dataclasses.replace(CONFIG.edition, pictures_kb=0, picture_kb=0),
    )
    twice = dataclasses.replace(make_placement("main", sponsor="Autre"), booking="autre")
    sound = make_edition()
    long = make_story(2, short_title="Un titre court qui tient sur deux lignes, hélas")
    echo = dataclasses.replace(sound.briefs[0], text="En Islande, un port rouvre.")
    noted = dataclasses.replace(sound, stories=(long, *sound.stories[1:]), briefs=(echo,))
    entry = SilencedSettings("spam-reply", "Nous faisons sans.")
    quiet = dataclasses.replace(CONFIG, check=dataclasses.replace(CONFIG.check, silenced=(entry,)))
    found = [
        *checked(edition, config=bare).findings,
        *checked(sound, config=sends, html=_PAGE, text="Rien. https://x.example/").findings,
        *checked(sound, MAIN, SECOND, PRESENTING, html="<p>Rien</p>", text="Rien").findings,
        *checked(make_edition(subject="", preheader="", stories=1), MAIN, SECOND).findings,
        *checked(make_edition(stories=0)).findings,
        *checked(make_edition(preheader=sound.subject + " plus tôt que prévu" * 5)).findings,
        *checked(sound, MAIN, html='<div class="slot-main">Rien</div>').findings,
        *checked(noted, config=quiet).findings,
        *checked(sound, MAIN, html=lambda html: html.replace("#F3EDDF", "#FFFFFF")).findings,
        *checked(sound, dataclasses.replace(MAIN, url=MAIN.creative.url)).findings,
        *checked(sound, MAIN, twice, now=NOW + timedelta(days=300)).findings,
    ]
    return (*found, *of_links(), *of_articles())


@pytest.mark.parametrize("rule", RULES)
def test_rule_is_told_in_french(rule: str) -> None:
    found = [finding for finding in everything() if finding.rule == rule]
    assert found, "no letter here provokes it"
    for finding in found:
        for text in (finding.place, finding.message, finding.hint):
            told = in_french(text)
            assert told is not None or not isinstance(text, Said), text
            assert told or text == finding.place, text
