"""From bookings to placements: the reference an edition keeps, and the placement it stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from digest.errors import SponsorshipError
from digest.model.edition import PlacementRef
from digest.model.sponsorship import HOUSE_PREFIX, Creative, Placement, Slot, Sponsor


@dataclass(frozen=True, slots=True)
class UtmRule:
    """Tracking parameters for sponsors' links; `{edition}`, `{slot}`, `{sponsor}` and
    `{campaign}` are filled in. An empty value is not added."""

    source: str = ""
    medium: str = ""
    campaign: str = ""
    content: str = ""


def place(edition: str, slots: Sequence[Slot], sponsors: Sequence[Sponsor]) -> list[PlacementRef]:
    """What stands in each slot of an edition: its booking, else the house creative, else nothing.

    Conflicts are `require_no_conflict`'s business and are checked before.
    """
    booked = {
        booking.slot: booking.id
        for sponsor in sponsors
        for booking in sponsor.bookings
        if booking.edition == edition and booking.status.runs
    }
    held = {
        booking.slot
        for sponsor in sponsors
        for booking in sponsor.bookings
        if booking.edition == edition and booking.status.takes_slot
    }
    placed = []
    for slot in slots:
        if slot.name in booked:
            placed.append(PlacementRef(slot.name, booked[slot.name]))
        elif slot.house and slot.name not in held:
            placed.append(PlacementRef(slot.name, HOUSE_PREFIX + slot.house))
    return placed


def require_house_creatives(slots: Sequence[Slot], sponsors: Sequence[Sponsor]) -> None:
    """Every slot's `house` names a creative that exists.

    Raises:
        SponsorshipError: naming the slot and what it asks for.
    """
    for slot in slots:
        if slot.house:
            _house_creative(slot.house, f"slot “{slot.name}”", sponsors)


def _house_creative(name: str, where: str, sponsors: Sequence[Sponsor]) -> tuple[Sponsor, str]:
    sponsor_id, _, creative_id = name.partition("/")
    sponsor = next((s for s in sponsors if s.id == sponsor_id and s.house), None)
    if sponsor is None:
        raise SponsorshipError(
            f"{where}: there is no house sponsor “{sponsor_id}”",
            f"Make sponsors/{sponsor_id}.toml with `house = true`, or change what names it.",
        )
    if sponsor.creative(creative_id) is None:
        raise SponsorshipError(
            f"{where}: {sponsor.file} has no creative “{creative_id}”", "Add it to that file."
        )
    return sponsor, creative_id


def resolve(
    refs: Sequence[PlacementRef],
    edition: str,
    slots: Sequence[Slot],
    sponsors: Sequence[Sponsor],
    utm: UtmRule | None,
) -> list[Placement]:
    """The placements that an edition's references stand for, in the slots' order.

    Raises:
        SponsorshipError: a reference names a slot, booking or creative that does not exist, a
            booking of another edition or slot, one that does not run, or a slot twice.
    """
    by_name = {slot.name: slot for slot in slots}
    seen: set[str] = set()
    placements = []
    for ref in refs:
        slot = by_name.get(ref.slot)
        if slot is None:
            known = ", ".join(by_name) or "none"
            raise SponsorshipError(
                f"{edition}: there is no slot “{ref.slot}”", f"Slots of config.toml: {known}."
            )
        if ref.slot in seen:
            raise SponsorshipError(
                f"{edition}: slot “{ref.slot}” stands twice in the edition", "Remove one."
            )
        seen.add(ref.slot)
        placements.append(_resolve_one(ref, edition, slot, sponsors, utm))
    order = list(by_name)
    return sorted(placements, key=lambda placement: order.index(placement.slot.name))


def _resolve_one(
    ref: PlacementRef, edition: str, slot: Slot, sponsors: Sequence[Sponsor], utm: UtmRule | None
) -> Placement:
    campaign = ""
    if ref.booking.startswith(HOUSE_PREFIX):
        sponsor, creative_id = _house_creative(
            ref.booking.removeprefix(HOUSE_PREFIX), f"{edition}, slot “{slot.name}”", sponsors
        )
    else:
        found = next(
            (
                (candidate, booking)
                for candidate in sponsors
                for booking in candidate.bookings
                if booking.id == ref.booking
            ),
            None,
        )
        if found is None:
            raise SponsorshipError(
                f"{edition}, slot “{slot.name}”: there is no booking “{ref.booking}”",
                "Book it in sponsors/*.toml, or take the placement out of the edition.",
            )
        sponsor, booking = found
        if not booking.status.runs:
            raise SponsorshipError(
                f"{edition}, slot “{slot.name}”: the booking “{ref.booking}” is {booking.status}",
                f"Confirm it in {sponsor.file}, or run `digest build` again.",
            )
        if booking.edition != edition or booking.slot != slot.name:
            raise SponsorshipError(
                f"{edition}, slot “{slot.name}”: the booking is for {booking.edition}, slot "
                f"“{booking.slot}”",
                f"Change the booking in {sponsor.file}, not the edition.",
            )
        creative_id, campaign = booking.creative, booking.campaign
    creative = sponsor.creative(creative_id)
    if creative is None:
        raise SponsorshipError(
            f"{sponsor.file}: there is no creative “{creative_id}”", "Add it to that file."
        )
    return Placement(
        slot=slot,
        booking=ref.booking,
        label=slot.label,
        sponsor=sponsor.name,
        creative=creative,
        url=_with_utm(creative, utm, edition, slot.name, sponsor.id, campaign),
    )


def _with_utm(
    creative: Creative, utm: UtmRule | None, edition: str, slot: str, sponsor: str, campaign: str
) -> str:
    if utm is None:
        return creative.url
    parts = urlsplit(creative.url)
    present = {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)}
    words = {"edition": edition, "slot": slot, "sponsor": sponsor, "campaign": campaign}
    added = []
    for name in ("source", "medium", "campaign", "content"):
        value = getattr(utm, name)
        for word, filling in words.items():
            value = value.replace("{" + word + "}", filling)
        if value and f"utm_{name}" not in present:
            added.append((f"utm_{name}", value))
    query = "&".join(filter(None, (parts.query, urlencode(added, quote_via=quote))))
    return urlunsplit(parts._replace(query=query))
