"""Editions, placements and pictures for tests about letters; everything in them is invented."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image

from digest.config.settings import (
    Config,
    DeliverySettings,
    EditionSettings,
    PublicationSettings,
)
from digest.model.content import SummaryOrigin
from digest.model.edition import Brief, Edition, Note, Quotation, Story, StoryPicture
from digest.model.sponsorship import Creative, Placement, Slot, SlotPosition

REPOSITORY = Path(__file__).resolve().parents[1]

READER: Mapping[str, str] = {
    "name": "Zoé",
    "address": "z…@example.org",
    "since": "3 mai 2026",
    "unsubscribe_url": "https://lettre.example.org/u/un-jeton?a=1&b=2",
    "dispatch_date": "Dimanche 15 novembre 2026",
    "next_date": "dimanche 22 novembre",
}

_TITLES = (
    "Le port de Sablonne rouvre ses écluses",
    "À Korvane, les horloges perdent une minute",
    "Sept phares pour une seule gardienne",
    "Le marché flottant prend la mer",
    "Une bibliothèque au fond du lac",
    "Les bergers votent à pied",
    "La neige tombe sur le désert d’Ourdal",
    "Un pont sans rivière",
    "Le facteur des îles basses",
    "La carte des vents est à vendre",
)
_REGIONS = ("Europe", "Asie centrale", "Océanie", "Afrique de l’Ouest", "Moyen-Orient")


def make_story(order: int, **changes: Any) -> Story:
    """The story of that number; longer numbers reuse titles."""
    slug = f"https://example.org/recits/{order}"
    title = _TITLES[(order - 1) % len(_TITLES)]
    story = Story(
        url=slug,
        order=order,
        region=_REGIONS[(order - 1) % len(_REGIONS)],
        desk="Société",
        title=title,
        short_title=title.rpartition(" ")[0],
        summary=f"Résumé du récit numéro {order}, en une phrase et demie. Il dit tout.",
        summary_origin=SummaryOrigin.EDITOR,
        link=slug,
        link_label=f"Lire le récit {order}",
        minutes=order + 1,
    )
    return dataclasses.replace(story, **changes)


def make_edition(stories: int = 7, briefs: int = 2, **changes: Any) -> Edition:
    """An edition with note and quotation."""
    edition = Edition(
        id="2026-W46",
        number=12,
        subject="Les écluses rouvrent",
        preheader="Aussi : un phare, un pont, deux horloges.",
        note=Note(
            "On attend, puis on part.", "Cette semaine a pris son temps.", "Ida Brun", "chef"
        ),
        stories=tuple(make_story(order) for order in range(1, stories + 1)),
        briefs=tuple(
            Brief(
                url=f"https://example.org/bref/{order}",
                order=order,
                place="Islande",
                text=f"La brève {order} tient en une ligne.",
                link=f"https://example.org/bref/{order}",
            )
            for order in range(1, briefs + 1)
        ),
        quotation=Quotation("Rien ne presse, sauf la marée.", "Ana Reul", "éclusière"),
    )
    return dataclasses.replace(edition, **changes)


def make_placement(
    position: SlotPosition = "main",
    *,
    sponsor: str = "Maison Orme",
    label: str = "Publicité",
    name: str = "",
    after: int = 3,
    **creative: str,
) -> Placement:
    """A placement in a slot called as its position, unless named."""
    words = {
        "id": "lampe",
        "headline": "Une lampe qui lit avec vous",
        "body": "Elle s’éteint quand le chapitre finit.",
        "call_to_action": "Voir la lampe",
        "url": "https://orme.example/lampe",
        **creative,
    }
    slot = Slot(name or position, position, label, after)
    return Placement(
        slot=slot,
        booking=f"{sponsor}/2026-W46/{slot.name}",
        label=label,
        sponsor=sponsor,
        creative=Creative(**words),
        url=f"{words['url']}?utm_source=newsletter&utm_medium=email",
    )


def make_config(*, root: Path = REPOSITORY, provider: str = "outbox", **edition: Any) -> Config:
    """A French publication that uses the repository's own templates."""
    return Config(
        publication=PublicationSettings(
            name="Nouvelles des rives",
            wordmark="Nouvelles *des rives*",
            sender="lettre@example.org",
            postal_address="Éditions du Quai, 3, rue des Voiles, 29000 Quimper, France",
            public_url="https://lettre.example.org",
            partner_url="https://example.org/partenaires",
        ),
        edition=EditionSettings(**edition),
        delivery=DeliverySettings(provider=provider),
        root=root,
    )


def with_publication(config: Config, **changes: Any) -> Config:
    """The configuration with other settings of the publication."""
    return dataclasses.replace(
        config, publication=dataclasses.replace(config.publication, **changes)
    )


def save_picture(path: Path, size: tuple[int, int] = (1500, 1000), **options: Any) -> Path:
    """A picture with some detail in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    gradient = Image.radial_gradient("L").resize(size)
    Image.merge("RGB", (gradient, gradient.rotate(90), gradient.rotate(180))).save(path, **options)
    return path


def with_picture(
    edition: Edition, orders: Iterable[int], file: str, alt: str = "Un quai"
) -> Edition:
    """The edition with the same picture in these stories."""
    wanted = set(orders)
    return dataclasses.replace(
        edition,
        stories=tuple(
            dataclasses.replace(
                story, picture=StoryPicture(file, alt, "Le quai au matin.", "Photo : la rédaction.")
            )
            if story.order in wanted
            else story
            for story in edition.stories
        ),
    )
