"""`digest prove`: the balance of an edition with the rows behind it, and what speaks against it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from digest.cli.frame import (
    DEFAULT_CONFIG,
    ConfigOption,
    JsonOption,
    WeekOption,
    now,
    open_publication,
    out,
    plain,
    print_json,
)
from digest.cli.panels import WEEKLY
from digest.errors import ContentError, IncompleteError, UnknownOutcomeError

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from digest.config import Config
    from digest.delivery.ledger import LedgerName
    from digest.delivery.ledger.proving import Proof, ProvenRow

_STATES = (
    ("accepted", "green"),
    ("refused", "red"),
    ("unknown", "red"),
    ("submitting", "yellow"),
    ("pending", "yellow"),
)


State = Literal["accepted", "refused", "unknown", "submitting", "pending", "excluded"]


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command(rich_help_panel=WEEKLY)(prove)


def prove(
    week: WeekOption = "",
    rehearsal: Annotated[
        bool, typer.Option("--rehearsal", help="The ledger of the rehearsal instead.")
    ] = False,
    every_row: Annotated[
        bool, typer.Option("--rows", help="Name every row, its address masked.")
    ] = False,
    state: Annotated[
        State | None, typer.Option(help="Name every row in this state, its address masked.")
    ] = None,
    config: ConfigOption = DEFAULT_CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Prove that nobody was lost and nobody stands there twice; names the rows if it is not so.

    Looks at every row by itself: counted anew against the audience as it was
    frozen, held against its attempts, its subscription and what the provider
    reported, and the letter's bytes against their hash. Ends with 0 when all
    have their end, 6 when some are pending, 7 when some are unknown, 8 when
    it does not add up.

    Example: digest prove --week 2026-W46
    """
    from digest.delivery.ledger.proving import prove as look
    from digest.publication import window_for

    publication = open_publication(config)
    edition = window_for(publication.config, now(), week=week).edition
    rows: list[ProvenRow] = []

    def show(row: ProvenRow) -> None:
        if (every_row and state is None) or row.state == state:
            rows.append(row)

    ledger: LedgerName = "rehearsal" if rehearsal else "main"
    proof = look(publication.database, edition, ledger, show=show)
    if proof is None:
        raise ContentError(
            f"nothing of {edition} was frozen yet", f"Run `digest send --week {edition}` first."
        )
    rows.sort(key=lambda row: (row.list, row.state, row.id))
    if as_json:
        print_json(_as_json(proof, rows if every_row or state else None))
    else:
        _tell(publication.config, proof, rows, state)
    proof.require()
    _require_ends(proof)


def _require_ends(proof: Proof) -> None:
    balance = proof.balance
    if balance.unknown:
        raise UnknownOutcomeError(
            f"{proof.edition}: it adds up; the outcome of {balance.unknown} is unknown",
            f"Run `digest reconcile --week {proof.edition}`; what stays unknown, `digest send "
            f"--week {proof.edition} --resend-unknown` sends again if you say so.",
        )
    if balance.left:
        raise IncompleteError(
            f"{proof.edition}: it adds up; {balance.left} have no end yet",
            f"Run `digest send --week {proof.edition}`; it goes on.",
        )


def _as_json(proof: Proof, rows: Sequence[ProvenRow] | None) -> dict[str, Any]:
    balance = proof.balance
    return {
        "edition": proof.edition,
        "ledger": proof.ledger,
        "provider": proof.provider,
        "frozen_at": proof.frozen_at,
        "letter_hash": proof.letter_hash,
        "holds": proof.holds,
        "audience": balance.audience,
        "missing": proof.missing,
        "lists": [
            {**asdict(frozen), "rows": proof.rows_of_list[frozen.list]} for frozen in proof.lists
        ],
        **{state: getattr(balance, state) for state, _style in _STATES},
        "excluded": dict(balance.excluded),
        "faults": [asdict(fault) for fault in proof.faults],
        "unknown_rows": [asdict(row) for row in proof.unknown],
        "submitting_rows": [
            {**asdict(row), "at_work": asdict(run) if (run := proof.runs.get(row.run)) else None}
            for row in proof.submitting
        ],
        **({} if rows is None else {"rows": [asdict(row) for row in rows]}),
    }


def _tell(config: Config, proof: Proof, rows: Sequence[ProvenRow], state: State | None) -> None:
    from rich.table import Table

    frozen = proof.frozen_at.astimezone(config.zone)
    out().print(
        f"[bold]{proof.edition}[/] · {plain(proof.provider)} · frozen {frozen:%Y-%m-%d %H:%M} · "
        f"letter {proof.letter_hash[:12]}…",
        soft_wrap=True,
    )
    table = Table.grid(padding=(0, 1))
    table.add_column(justify="right")
    table.add_column()
    for part in proof.lists:
        now_there = proof.rows_of_list[part.list]
        moved = "" if now_there == part.size else f", {now_there} stand under it now"
        table.add_row(str(part.size), f"[dim]frozen from[/] {plain(part.list)}[dim]{moved}[/]")
    table.add_row(f"[bold]{proof.balance.audience}[/]", "[bold]audience[/]")
    for name, style in _STATES:
        count = getattr(proof.balance, name)
        table.add_row(str(count), f"[{style if count else 'dim'}]{name}[/]")
    for reason, count in sorted(proof.balance.excluded.items()):
        table.add_row(str(count), f"[dim]excluded:[/] {plain(reason)}")
    counted = proof.balance.audience - proof.missing
    sums = "=" if not proof.missing else "≠"
    table.add_row(f"[bold]{counted}[/]", f"[bold]counted {sums} {proof.balance.audience}[/]")
    out().print(table)
    zone = config.zone
    if state != "unknown":
        _tell_rows("Unknown: they may have it, and are not sent again", proof, proof.unknown, zone)
    if state != "submitting":
        _tell_rows("Submitting: a run is at them, or died there", proof, proof.submitting, zone)
    for fault in proof.faults:
        out().print(f"\n[bold red]✗[/] {plain(fault.what)}: {fault.count}")
        for other in fault.others:
            out().print(f"  {plain(other)}")
        _tell_rows("", proof, fault.rows, zone)
    _tell_rows(f"Every row that is {state}" if state else "Every row", proof, rows, zone)
    if proof.holds:
        out().print(
            "[green]✓[/] It adds up: no address twice, no row without its evidence, the letter "
            "as frozen."
        )


def _tell_rows(title: str, proof: Proof, rows: Sequence[ProvenRow], zone: ZoneInfo) -> None:
    if not rows:
        return
    if title:
        out().print(f"\n{title}")
    for row in rows:
        moment = _shown(row.changed_at, zone)
        out().print(f"{plain(row.id)}  {plain(row.address)}  [dim]{moment}[/]", soft_wrap=True)
        attempts = "1 attempt" if row.attempts == 1 else f"{row.attempts} attempts"
        parts = [row.list, row.state, attempts, row.provider or proof.provider, _run(proof, row)]
        told = " · ".join(part for part in parts if part)
        detail = f": {row.detail}" if row.detail else ""
        out().print(f"  [dim]{plain(told)}[/]{plain(detail)}")


def _shown(moment: datetime | None, zone: ZoneInfo) -> str:
    """In the publication's zone, as all that is told; a hand may have put any moment there."""
    try:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M:%S}" if moment else "no moment"
    except OverflowError:
        return "no moment"


def _run(proof: Proof, row: ProvenRow) -> str:
    run = proof.runs.get(row.run)
    return f"process {run.pid} on {run.host}" if run else row.run[:8]
