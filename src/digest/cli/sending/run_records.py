"""What stays of a run besides its ledger: lines of the log, and figures for Prometheus."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from digest.cli.frame import err, now, plain

if TYPE_CHECKING:
    from digest.delivery.ledger import Balance, Dispatch
    from digest.publication import Publication

_log = logging.getLogger("digest.delivery")


def log_frozen(publication: Publication, frozen: Dispatch) -> None:
    """Log that an edition's bytes and audience are fixed."""
    from digest.delivery import ledger

    balance = ledger.balance(publication.database, frozen.edition, frozen.ledger)
    _say(
        "frozen",
        edition=frozen.edition,
        ledger=frozen.ledger,
        provider=frozen.provider,
        audience=balance.audience,
        pending=balance.pending,
    )


def write_down(
    publication: Publication,
    frozen: Dispatch,
    before: Balance,
    after: Balance,
    *,
    seconds: float,
    exit_code: int,
) -> None:
    """Log how a run ended, and write `[delivery] metrics_file` unless it was a rehearsal."""
    _say(
        "send ended",
        edition=frozen.edition,
        ledger=frozen.ledger,
        provider=frozen.provider,
        seconds=round(seconds, 3),
        accepted=after.accepted,
        refused=after.refused,
        unknown=after.unknown,
        pending=after.left,
        excluded=sum(after.excluded.values()),
        exit_code=exit_code,
    )
    if frozen.ledger == "rehearsal":
        return
    from digest.delivery.metrics import LastRun, note_run

    outcomes = after.concluded - before.concluded
    run = LastRun(seconds, outcomes, exit_code, is_idle=not before.left)
    if problem := note_run(publication.database, publication.config, now(), run):
        err().print(f"Metrics: {plain(problem)}")


def _say(event: str, **fields: object) -> None:
    _log.info(event, extra={"digest": fields})
