"""Every template's letters as a browser shows them, for tests and comparisons of what is seen.

A face is one letter of one invented edition with its pictures and a reader's values in it; what
is left out of some (sponsors, pictures, parts) is what editors leave out.
"""

from __future__ import annotations

import base64
import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

from tests.letters import (
    READER,
    REPOSITORY,
    make_config,
    make_edition,
    make_placement,
    save_picture,
    with_picture,
)

from digest.model.edition import Brief, Edition, Note, Quotation
from digest.model.sending import Letter
from digest.model.sponsorship import Placement
from digest.render.letter import render_letter
from digest.render.tokens import split

#: The templates that can be rendered.
TEMPLATES = sorted(path.parent.name for path in REPOSITORY.glob("templates/*/letter.mjml.j2"))

_BODY = """\
À l’aube, le bac repart sans passagers : la rive d’en face a changé d’heure pendant la nuit, et \
personne ne l’a dit au pilote.

## Une frontière en retard

Le douanier tient deux montres. L’une dit l’heure du fleuve, l’autre celle du ministère.

> Rien ne presse, sauf la marée.
> — Ana Reul, éclusière

![Un quai désert au matin](a.jpg "Le quai au matin. Photo : la rédaction.")

Le soir, les deux rives se retrouvent : il suffit d’attendre une heure de plus."""

_SOURCE = re.compile(r'src="(?:data:|cid:)[^"]*"')


@dataclasses.dataclass(frozen=True, slots=True)
class Face:
    """One letter: `name` says which, `template` by what; `page` is its HTML for a browser."""

    name: str
    template: str
    letter: Letter
    page: str

    @property
    def without_pictures(self) -> str:
        """The page as a mail program shows it that loads no pictures."""
        return without_pictures(self.page)


def without_pictures(page: str) -> str:
    """A page whose pictures cannot be loaded."""
    return _SOURCE.sub('src="https://pictures.invalid/blocked"', page)


def faces(folder: Path, template: str) -> Iterator[Face]:
    """The faces of one template; the first is the fullest. Pictures are written to `folder`."""
    picture = save_picture(folder / "a.jpg")
    sponsors = [
        make_placement("main", picture=str(picture), alt="Une lampe allumée"),
        make_placement("secondary", label="Contenu proposé par"),
        make_placement("presenting"),
    ]
    full = with_picture(make_edition(7, briefs=4), (1, 3), "a.jpg")
    if template == "single":
        story = dataclasses.replace(full.stories[0], byline="Par Ida Brun, à Brest", body=_BODY)
        full = dataclasses.replace(full, stories=(story,), briefs=())
        yield _face(template, "full", full, sponsors[:2], folder)
        yield _face(template, "without sponsors", full, [], folder)
        return
    if template == "brief":
        ten = make_edition(10, briefs=0, quotation=Quotation())
        yield _face(template, "ten stories", ten, sponsors, folder)
        yield _face(template, "three stories", make_edition(3, briefs=0), [], folder)
        return
    yield _face(template, "seven stories", full, sponsors, folder)
    twelve = with_picture(make_edition(12, briefs=0), (1, 2, 5), "a.jpg")
    yield _face(template, "twelve stories, no sponsors", twelve, [], folder)
    bare = make_edition(3, briefs=1, note=Note(), quotation=Quotation())
    yield _face(template, "three stories, little else", bare, sponsors[:1], folder)
    yield _face(template, "long words", _long_words(), sponsors[1:], folder)


def _long_words() -> Edition:
    edition = make_edition(6, briefs=0)
    long = dataclasses.replace(
        edition.stories[3],
        title="Anticonstitutionnellement, " * 4,
        region="Amérique centrale et Caraïbes",
        desk="Enseignement supérieur",
        short_title="Un titre court qui ne l’est pas tellement, et même pas du tout",
    )
    stories = (*edition.stories[:3], long, *edition.stories[4:])
    brief = Brief(
        url="https://example.org/bref/long",
        order=1,
        place="Llanfairpwllgwyngyllgogerychwyrndrobwll",
        text="Un panneau de gare, plus large que sa gare, prend sa retraite.",
        link="https://example.org/bref/long",
    )
    return dataclasses.replace(edition, stories=stories, briefs=(brief,))


def _face(
    template: str, name: str, edition: Edition, placements: list[Placement], folder: Path
) -> Face:
    edition = dataclasses.replace(edition, template=template)
    letter = render_letter(edition, placements, make_config(template=template), folder)
    return Face(f"{template}, {name}", template, letter, page_of(letter))


def page_of(letter: Letter) -> str:
    """The HTML of a letter with a reader's values, its pictures written into it."""
    page = split(letter.html, "html").join(READER)
    for picture in letter.pictures:
        data = base64.b64encode(picture.content).decode("ascii")
        cid = f"cid:{picture.content_id(letter.edition)}"
        page = page.replace(cid, f"data:{picture.content_type};base64,{data}")
    return page
