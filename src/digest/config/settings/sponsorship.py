"""Settings of the positions that carry sponsors, and of their links."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import NAME, setting
from digest.model.sponsorship import SlotPosition


@dataclass(frozen=True, slots=True)
class SlotSettings:
    """`[[slots]]`: positions of the template that can carry a sponsor."""

    name: str = setting("Short name that bookings use.", required=True, pattern=NAME)
    position: SlotPosition = setting(
        "Where it stands.", required=True, choices=("presenting", "main", "secondary", "classified")
    )
    after: int = setting("Stories before a `main` slot.", 3, minimum=1)
    label: str = setting(
        "The mark a reader sees. Default: “Publicité”, or “Contenu proposé par” when secondary.",
        "",
        pattern=r".*\S.*",
        example="Publicité",
    )
    house: str = setting(
        "`sponsor/creative` to show when nobody booked it. Empty: nothing is shown.", ""
    )


@dataclass(frozen=True, slots=True)
class SponsorshipSettings:
    """`[sponsorship]`."""

    directory: str = setting("Where the sponsors' files are kept.", "sponsors")
    utm: bool = setting("Add the parameters below to sponsors' links.", True)
    utm_source: str = setting("`utm_source`; empty: not added.", "newsletter")
    utm_medium: str = setting("`utm_medium`; empty: not added.", "email")
    utm_campaign: str = setting(
        "`utm_campaign`; `{edition}`, `{slot}`, `{sponsor}`, `{campaign}` are filled in.",
        "{edition}",
    )
    utm_content: str = setting("`utm_content`, likewise.", "{slot}")
