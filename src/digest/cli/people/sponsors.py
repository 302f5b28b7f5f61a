"""`digest sponsors`: who is booked where, from `sponsors/*.toml`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    new_table,
    now,
    out,
    print_json,
    read_settings,
)

if TYPE_CHECKING:
    from digest.model.sponsorship import Booking

app = typer.Typer(help="Sponsors, their bookings and the slots.", no_args_is_help=True)

_MARKS = {"hold": "◐ hold", "confirmed": "● confirmed", "run": "✓ run", "make-good": "↻ make-good"}


@app.command("list")
def list_(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """List the sponsors with their bookings.

    Example: digest sponsors list
    """
    from digest.config import load_sponsors

    sponsors = load_sponsors(read_settings(config))
    if as_json:
        print_json(
            [
                {
                    "id": sponsor.id,
                    "name": sponsor.name,
                    "house": sponsor.house,
                    "bookings": [_booking_json(booking) for booking in sponsor.bookings],
                }
                for sponsor in sponsors
            ]
        )
        return
    if not sponsors:
        out().print("No sponsor yet: add sponsors/<id>.toml (docs/sponsorship.md shows one).")
        return

    table = new_table()
    for heading in ("Sponsor", "Edition", "Slot", "Status", "Creative"):
        table.add_column(heading)
    table.add_column("Price", justify="right")
    for sponsor in sponsors:
        name = f"{sponsor.name}\u00a0(house)" if sponsor.house else sponsor.name
        for booking in sponsor.bookings:
            table.add_row(
                name,
                booking.edition,
                booking.slot,
                _MARKS.get(booking.status, f"✗ {booking.status}"),
                booking.creative or "–",
                f"{booking.price:.2f} {booking.currency}",
            )
            name = ""
        if not sponsor.bookings:
            table.add_row(name, "–", "–", "–", "–", "–")
    out().print(table)


@app.command()
def calendar(
    week: WeekOption = "",
    weeks: Annotated[int, typer.Option(min=1, max=60, help="Editions to show.")] = 8,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show editions down, slots across; a slot sold twice stands out.

    Example: digest sponsors calendar --week 2026-W46
    """
    from datetime import timedelta

    from digest.config import load_sponsors
    from digest.publication import slots_of, window_for
    from digest.sponsorship import calendar as sponsorship_calendar

    settings = read_settings(config)
    first = window_for(settings, now(), week=week).start
    editions = []
    for step in range(weeks):
        year, number, _ = (first.date() + timedelta(weeks=step)).isocalendar()
        editions.append(f"{year}-W{number:02}")
    slots, sponsors = slots_of(settings), load_sponsors(settings)
    rows = sponsorship_calendar(editions, slots, sponsors)
    if as_json:
        print_json(
            [
                {
                    "edition": row[0].edition if row else edition,
                    "slots": {
                        cell.slot: [_booking_json(booking) for booking in cell.bookings]
                        for cell in row
                    },
                }
                for edition, row in zip(editions, rows, strict=True)
            ]
        )
        return

    names = {sponsor.id: sponsor.name for sponsor in sponsors}
    table = new_table()
    table.add_column("Edition", no_wrap=True)
    for slot in slots:
        table.add_column(slot.name)
    for edition, row in zip(editions, rows, strict=True):
        cells = []
        for cell in row:
            words = [
                f"{_MARKS[booking.status].split()[0]} {names[booking.sponsor]}"
                for booking in cell.bookings
            ]
            text = "\n".join(words) or "[dim]◌ free[/]"
            cells.append(f"[bold red]{text}\nsold twice[/]" if len(words) > 1 else text)
        table.add_row(edition, *cells)
    out().print(table)
    out().print("[dim]● confirmed  ◐ hold  ✓ run  ↻ make-good  ◌ free[/]")


@app.command()
def check(config: ConfigOption = DEFAULT_CONFIG, as_json: JsonOption = False) -> None:
    """Check every file and every slot of every edition; exit code 5 when one is sold twice.

    Example: digest sponsors check
    """
    from digest.config import load_sponsors
    from digest.errors import SponsorshipError
    from digest.publication import slots_of
    from digest.sponsorship import find_conflicts, require_house_creatives

    settings = read_settings(config)
    sponsors = load_sponsors(settings)
    require_house_creatives(slots_of(settings), sponsors)
    conflicts = find_conflicts(sponsors)
    bookings = sum(len(sponsor.bookings) for sponsor in sponsors)
    if as_json:
        print_json(
            {
                "sponsors": len(sponsors),
                "bookings": bookings,
                "conflicts": [
                    {
                        "edition": conflict.edition,
                        "slot": conflict.slot,
                        "bookings": [booking.id for booking, _ in conflict.bookings],
                        "files": [file for _, file in conflict.bookings],
                    }
                    for conflict in conflicts
                ],
            }
        )
    if conflicts:
        raise SponsorshipError(
            "; ".join(conflict.message for conflict in conflicts),
            "Cancel one of them or move it to another slot or edition.",
        )
    if not as_json:
        out().print(f"{len(sponsors)} sponsors, {bookings} bookings: no slot is sold twice.")


def _booking_json(booking: Booking) -> dict[str, object]:
    return {
        "id": booking.id,
        "sponsor": booking.sponsor,
        "campaign": booking.campaign,
        "edition": booking.edition,
        "slot": booking.slot,
        "status": str(booking.status),
        "creative": booking.creative,
        "price": f"{booking.price:.2f}",
        "currency": booking.currency,
    }
