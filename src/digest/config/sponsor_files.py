"""Reads `sponsors/*.toml`: one file a sponsor, with its campaigns, creatives and bookings.

The file's name is the sponsor's id. What may stand in which slot is decided in
`digest.sponsorship`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from digest.config.settings import Config, setting
from digest.config.tables import TableReader
from digest.errors import ConfigError
from digest.model.sponsorship import Booking, BookingStatus, Campaign, Creative, Sponsor
from digest.text.nearest import nearest

_EDITION = r"\d{4}-W(0[1-9]|[1-4]\d|5[0-3])"


@dataclass(frozen=True, slots=True)
class CampaignTable:
    """`[campaigns.<id>]`: the deal."""

    name: str = setting("The campaign's name.", required=True)


@dataclass(frozen=True, slots=True)
class CreativeTable:
    """`[creatives.<id>]`: words and picture."""

    headline: str = setting("Headline, one line.", required=True)
    body: str = setting("One or two sentences.", required=True)
    url: str = setting(
        "Where it leads.",
        required=True,
        pattern=r"https?://[^\s/?#]+[^\s]*",
        example="https://example.org/",
    )
    call_to_action: str = setting("Text of the button or link.", required=True)
    picture: str = setting("Picture, relative to this file; main slot only.", "")
    alt: str = setting("What the picture shows, in words.", "")


@dataclass(frozen=True, slots=True)
class BookingTable:
    """`[[bookings]]`: one slot of one edition."""

    campaign: str = setting("Id of a campaign above.", required=True)
    edition: str = setting("Edition.", required=True, pattern=_EDITION, example="2026-W46")
    slot: str = setting("Name of a slot of config.toml.", required=True)
    creative: str = setting("Id of a creative above; may wait while on hold.", "")
    status: BookingStatus = BookingStatus.CONFIRMED
    price: Decimal = Decimal(0)
    currency: str = setting("Currency of the price.", "EUR", pattern=r"[A-Z]{3}", example="EUR")


@dataclass(frozen=True, slots=True)
class SponsorTable:
    """A sponsor's file."""

    name: str = setting("The name readers see.", required=True)
    house: bool = False
    campaigns: dict[str, CampaignTable] = field(default_factory=dict)
    creatives: dict[str, CreativeTable] = field(default_factory=dict)
    bookings: tuple[BookingTable, ...] = ()


def load_sponsors(config: Config) -> tuple[Sponsor, ...]:
    """Every sponsor's file, by id.

    Raises:
        ConfigError: a file has a mistake: file, line, key, value, what is allowed.
    """
    folder = config.path(config.sponsorship.directory)
    if not folder.is_dir():
        return ()
    return tuple(_load(config, file) for file in sorted(folder.glob("*.toml")))


def _load(config: Config, file: Path) -> Sponsor:
    shown = Path(config.shown(file))
    reader = TableReader(file, error=ConfigError)
    tree = reader.parse()
    reader.file = shown
    table: SponsorTable = reader.section(SponsorTable, tree, "")
    for index, booking in enumerate(table.bookings):
        _check_booking(reader, f"bookings[{index}]", booking, table, config)
    return Sponsor(
        id=file.stem,
        name=table.name,
        campaigns=tuple(Campaign(key, c.name) for key, c in table.campaigns.items()),
        creatives=tuple(
            Creative(
                id=key,
                headline=c.headline,
                body=c.body,
                call_to_action=c.call_to_action,
                url=c.url,
                picture=_picture(reader, file, f"creatives.{key}.picture", c),
                alt=c.alt,
            )
            for key, c in table.creatives.items()
        ),
        bookings=tuple(
            Booking(
                file.stem, b.campaign, b.edition, b.slot, b.status, b.creative, b.price, b.currency
            )
            for b in table.bookings
        ),
        house=table.house,
        file=str(shown),
    )


def _check_booking(
    reader: TableReader, key: str, booking: BookingTable, table: SponsorTable, config: Config
) -> None:
    for name, value, known in (
        ("campaign", booking.campaign, list(table.campaigns)),
        ("slot", booking.slot, [slot.name for slot in config.slots]),
        ("creative", booking.creative, list(table.creatives)),
    ):
        waits = name == "creative" and not value and not booking.status.runs
        over = name == "slot" and booking.status in (BookingStatus.RUN, BookingStatus.CANCELLED)
        if value not in known and not waits and not over:
            reader.fail(f"{key}.{name}", f"there is no {name} “{value}”", nearest(value, known))


def _picture(reader: TableReader, file: Path, key: str, creative: CreativeTable) -> str:
    if not creative.picture:
        return ""
    picture = file.parent / creative.picture
    if not picture.is_file():
        reader.fail(key, f"there is no file {creative.picture}", "The path starts at this file.")
    if not creative.alt:
        reader.fail(key, "the picture has no alt", "Say in words what it shows.")
    return str(picture.resolve())
