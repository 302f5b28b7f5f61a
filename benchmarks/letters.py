"""An invented publication, its edition and sponsors, for benchmarks that set a letter."""

from __future__ import annotations

from pathlib import Path

from digest.config.settings import Config, PublicationSettings
from digest.model.edition import Brief, Edition, Note, Quotation, Story, StoryPicture
from digest.model.sponsorship import Creative, Placement, Slot, SlotPosition

ROOT = Path(__file__).resolve().parents[1]


def publication() -> Config:
    """The settings of a publication that uses the repository's own templates."""
    return Config(
        publication=PublicationSettings(
            name="Nouvelles des rives",
            sender="lettre@example.org",
            postal_address="Éditions du Quai, 3, rue des Voiles, 29000 Quimper",
            public_url="https://lettre.example.org",
        ),
        root=ROOT,
    )


def edition_of(stories: int, picture: str = "") -> Edition:
    """An edition with all its parts; three of its stories show the picture, if there is one."""
    return Edition(
        id="2026-W47",
        number=12,
        subject="La semaine du détroit",
        preheader="Aussi : un phare, un pont, deux horloges.",
        note=Note("On attend, puis on part.", "La semaine a pris son temps.", "Ida Brun", "cheffe"),
        stories=tuple(_story(order, picture) for order in range(1, stories + 1)),
        briefs=tuple(
            Brief(
                url=f"https://example.org/bref/{order}",
                order=order,
                place="Islande",
                text=f"La brève {order} tient en une ligne et dit ce qu’il faut.",
                link=f"https://example.org/bref/{order}?utm_source=newsletter",
            )
            for order in range(1, 5)
        ),
        quotation=Quotation("Rien ne presse, sauf la marée.", "Ana Reul", "éclusière"),
    )


def placement(position: SlotPosition, label: str) -> Placement:
    """A sponsor's block."""
    return Placement(
        slot=Slot(position, position, label, 3),
        booking=f"Maison Orme/2026-W47/{position}",
        label=label,
        sponsor="Maison Orme",
        creative=Creative(
            id="lampe",
            headline="Une lampe qui lit avec vous",
            body="Elle s’éteint quand le chapitre finit.",
            call_to_action="Voir la lampe",
            url="https://orme.example/lampe",
        ),
        url="https://orme.example/lampe?utm_source=newsletter",
    )


def _story(order: int, picture: str) -> Story:
    address = f"https://example.org/recits/{order}"
    return Story(
        url=address,
        order=order,
        region="Asie centrale",
        desk="Société",
        title=f"À Korvane, {order} horloges perdent une minute par jour",
        short_title="Les horloges de Korvane",
        summary=f"Depuis {order} ans, la place du marché avance : « Personne n’est en retard ; "
        "c’est l’heure qui l’est », dit l’horloger. La mairie hésite entre deux cadrans.",
        link=f"{address}?utm_source=newsletter&utm_medium=email",
        link_label="Lire le récit des horloges",
        minutes=4,
        picture=StoryPicture(picture, "Un quai", "Le quai au matin.", "Photo : la rédaction.")
        if picture and order in (1, 3, 5)
        else StoryPicture(),
    )
