"""How `digest subscribers` shows readers and what became of a file: as tables and as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from digest.cli.frame import new_table, out

if TYPE_CHECKING:
    from digest.model.people import Subscription
    from digest.subscribers.importing import ImportReport

#: Rejected rows that are named on a terminal.
SHOWN_REJECTED = 20


def subscription_json(subscription: Subscription) -> dict[str, Any]:
    """A subscription without its token, which is the reader's own way out."""
    names = ("email", "name", "language", "list", "status", "consent_source")
    found: dict[str, Any] = {name: getattr(subscription, name) for name in names}
    for name in ("consent_at", "changed_at"):
        moment = getattr(subscription, name)
        found[name] = moment.isoformat() if moment else None
    return found


def print_subscriptions(found: list[Subscription]) -> None:
    """Readers as a table, addresses in full."""
    from rich.markup import escape

    table = new_table()
    table.add_column("Address", no_wrap=True)
    table.add_column("Name", overflow="fold", ratio=3)
    table.add_column("Lang")
    table.add_column("Status")
    table.add_column("Consent")
    marks = {"active": "●", "pending": "○", "unsubscribed": "✗"}
    for subscription in found:
        moment = subscription.consent_at
        table.add_row(
            escape(subscription.email),
            escape(subscription.name) or "–",
            subscription.language or "–",
            f"{marks[subscription.status]} {subscription.status}",
            f"{moment:%Y-%m-%d}" if moment else "–",
        )
    out().print(table)


def report_json(report: ImportReport) -> dict[str, Any]:
    """What became of an imported file, every rejected row included."""
    return {
        "file": str(report.file),
        "list": report.list,
        "dry_run": report.dry_run,
        "encoding": report.encoding,
        "delimiter": report.delimiter,
        "columns": dict(report.columns),
        "ignored": list(report.ignored),
        "rows": report.rows,
        "added": report.added,
        "updated": report.updated,
        "unchanged": report.unchanged,
        "rejected_count": report.rejected_count,
        "rejected": [{"row": row.number, "reason": row.reason} for row in report.rejected],
    }


def print_report(report: ImportReport) -> None:
    """What became of an imported file, the first rejected rows included."""
    from rich.markup import escape

    would = "Dry run, nothing written. " if report.dry_run else ""
    out().print(
        f"{would}{_rows(report.rows)} of {escape(str(report.file))} for “{report.list}”: "
        f"{report.added:,} added, {report.updated:,} updated, {report.unchanged:,} unchanged, "
        f"{report.rejected_count:,} rejected."
    )
    renamed = [
        f"{meaning} ← “{escape(name)}”"
        for meaning, name in report.columns.items()
        if name != meaning
    ]
    out().print(
        f"{report.encoding}, {report.delimiter}"
        + (f"; read as {', '.join(renamed)}" if renamed else "")
        + (f"; ignored: {escape(', '.join(report.ignored))}" if report.ignored else "")
        + ".",
        style="dim",
    )
    if not report.rejected:
        return
    table = new_table()
    table.add_column("Row", justify="right")
    table.add_column("Rejected because", overflow="fold")
    for row in report.rejected[:SHOWN_REJECTED]:
        table.add_row(str(row.number), escape(row.reason))
    out().print()
    out().print(table)
    if report.rejected_count > SHOWN_REJECTED:
        out().print(
            f"… and {report.rejected_count - SHOWN_REJECTED:,} more: --json names them.",
            style="dim",
        )


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"
