"""One shard of an edition: whether it may leave, its turn at the ledger, and what comes next.

The ledger decides who is still to be written to, so that running a shard twice, at the same time
or after a kill, reaches nobody twice. A shard that is not through comes back by itself, later each
time, until its edition is too old.
"""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from digest.delivery import ledger
from digest.delivery.ledger.aging import require_fresh, require_original
from digest.delivery.ledger.departure import waits_itself
from digest.delivery.metrics import LastRun, note_run
from digest.delivery.running import deliver
from digest.errors import (
    ConfigError,
    ContentError,
    CredentialsError,
    DigestError,
    IncompleteError,
    UnknownOutcomeError,
)
from digest.publication import Publication
from digest.store.ledger import claims
from digest.worker.shards import Shard
from digest.worker.telling import Kind, Tell, Told

_log = logging.getLogger("digest.worker")

#: Longest wait before a shard comes back, in seconds.
_LONGEST = 900.0
#: How often it doubles at most; a shard may come back for weeks.
_DOUBLINGS = 16
#: Bugs of ours after which a shard is left to a person.
_FAULTS = 3


class AgainError(Exception):
    """The shard is to come back after so many seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"again in {seconds:.0f} s")
        self.seconds = seconds


class GivenUpError(Exception):
    """The shard does not come back by itself; `error` says why."""

    def __init__(self, error: DigestError) -> None:
        super().__init__(error.message)
        self.error = error


@dataclass(frozen=True, slots=True)
class Timing:
    """In seconds: a worker's heartbeat; silence after which it is dead; its lease on deliveries;
    how often it looks for work nobody told it of; the first wait of a shard that comes back."""

    heartbeat: float = 10.0
    dead_after: float = 30.0
    lease: float = 60.0
    look: float = 5.0
    again: float = 30.0


@dataclass(frozen=True, slots=True)
class Turn:
    """What a shard's turn is given: the clock, whom to tell, when to stop.

    `attempts` is how often the shard came back already. `given_up` is what the worker said already
    of what it gave up: the shards of an edition mostly end for one reason.
    """

    clock: Callable[[], datetime]
    tell: Tell
    stop: asyncio.Event
    timing: Timing
    attempts: int = 0
    given_up: set[tuple[int, str, str]] = field(default_factory=set)


async def deliver_shard(publication: Publication, shard: Shard, turn: Turn) -> None:
    """Send what is pending of a shard, or say why not.

    Raises:
        AgainError: something is left; the shard is to come back.
        GivenUpError: something is left, and only a person can go on.
    """
    try:
        frozen = await asyncio.to_thread(_require_due, publication, shard, turn)
        if frozen is not None:
            await _send(publication, frozen, shard, turn)
    except AgainError:
        raise
    except (ContentError, CredentialsError, ConfigError) as error:
        _give_up(shard, turn, error)
    except DigestError as error:
        _come_back(shard, turn, error.message, error.hint)
    except Exception as error:
        if os.environ.get("DIGEST_DEBUG"):
            traceback.print_exception(error)
        text = f"a fault of the program ({type(error).__name__})"
        if turn.attempts >= _FAULTS:
            hint = "Run the worker with DIGEST_DEBUG=1 and report what it says."
            _give_up(shard, turn, DigestError(text, hint))
        _come_back(shard, turn, text, "")


def _require_due(publication: Publication, shard: Shard, turn: Turn) -> ledger.Dispatch | None:
    """The dispatch as it is frozen; None when nothing is to be done.

    Raises:
        AgainError: its moment has not come.
        ContentError: it is too old.
        StoreError: the store is a copy.
    """
    database, now = publication.database, turn.clock()
    require_original(database, now, publication.config.zone)
    frozen = ledger.frozen(database, shard.edition, "main")
    if frozen is None or frozen.id != shard.dispatch:
        _tell(turn, "done", "job ended", shard, "is not in the ledger any more")
        return None
    if frozen.cancelled_at is not None:
        _tell(turn, "done", "job ended", shard, "was called off")
        return None
    if not _left(publication, shard):
        _tell(turn, "done", "job ended", shard, "nothing is left to do")
        return None
    require_fresh(publication.config, frozen, now, late=shard.late)
    provider = publication.config.delivery.provider
    if frozen.send_at is not None and frozen.send_at > now and not waits_itself(provider):
        raise AgainError((frozen.send_at - now).total_seconds())
    return frozen


async def _send(
    publication: Publication, frozen: ledger.Dispatch, shard: Shard, turn: Turn
) -> None:
    _tell(turn, "begun", "job started", shard, "begins")
    seen: list[ledger.Balance] = []

    def watch(balance: ledger.Balance) -> None:
        seen[1:] = [balance]

    began, exit_code = time.monotonic(), DigestError.exit_code
    try:
        balance = await deliver(
            publication.database,
            publication.config,
            frozen,
            clock=turn.clock,
            progress=watch,
            stop=turn.stop,
            shard=(shard.index, shard.count),
            lease=turn.timing.lease,
            heartbeat=turn.timing.heartbeat,
        )
        left = await asyncio.to_thread(_left, publication, shard)
        exit_code = IncompleteError.exit_code if left else 0
        if _gained(seen).get("unknown"):
            exit_code = UnknownOutcomeError.exit_code
    except DigestError as error:
        exit_code = error.exit_code
        raise
    finally:
        outcomes = _gained(seen)
        seconds = time.monotonic() - began
        run = LastRun(seconds, sum(outcomes.values()), exit_code)
        await asyncio.to_thread(
            note_run, publication.database, publication.config, turn.clock(), run
        )
    counted = ", ".join(f"{number:,} {word}" for word, number in outcomes.items() if number)
    fields: dict[str, object] = {**outcomes, "pending": left, "seconds": round(seconds, 3)}
    said = f"{counted or 'nobody'} in {seconds:.1f} s"
    if not left:
        said = f"done: {said}; {balance.left:,} pending in all"
        _tell(turn, "done", "job ended", shard, said, fields)
    elif turn.stop.is_set():
        _tell(turn, "again", "job stopped", shard, f"stopped: {said}; {left:,} left", fields)
        raise AgainError(0)
    else:
        _come_back(shard, turn, f"{said}; {left:,} were put off", "", fields)


def _gained(seen: list[ledger.Balance]) -> dict[str, int]:
    """What came of this turn, by outcome."""
    if not seen:
        return {}
    first, last = seen[0], seen[-1]
    words = ("accepted", "refused", "unknown")
    return {word: getattr(last, word) - getattr(first, word) for word in words}


def _left(publication: Publication, shard: Shard) -> int:
    """Deliveries of a shard that are pending or being submitted."""
    with publication.database.read() as connection:
        return claims.left_in(connection, shard.dispatch, (shard.index, shard.count))


# ---- What is said ---------------------------------------------------------------------------


def _come_back(
    shard: Shard, turn: Turn, why: str, hint: str, fields: dict[str, object] | None = None
) -> None:
    """Say so, and raise AgainError."""
    seconds = min(_LONGEST, turn.timing.again * 2 ** min(turn.attempts, _DOUBLINGS))
    text = f"{why}; it goes on in {seconds:.0f} s"
    _tell(turn, "again", "job put off", shard, text, {**(fields or {}), "error": why}, hint)
    raise AgainError(seconds)


def _give_up(shard: Shard, turn: Turn, error: DigestError) -> None:
    """Say so, once for all shards that were handed over together, and raise GivenUpError."""
    reason = (shard.dispatch, shard.handed, error.message)
    facts = {**_facts(shard), "error": error.message}
    if reason in turn.given_up:
        _log.info("job failed", extra={"digest": facts})
    else:
        turn.given_up.add(reason)
        turn.tell(
            Told("ended", "job failed", f"{shard.edition}: {error.message}", error.hint, facts)
        )
    raise GivenUpError(error)


def _tell(
    turn: Turn,
    kind: Kind,
    event: str,
    shard: Shard,
    text: str,
    fields: dict[str, object] | None = None,
    hint: str = "",
) -> None:
    turn.tell(Told(kind, event, f"{shard}: {text}", hint, {**_facts(shard), **(fields or {})}))


def _facts(shard: Shard) -> dict[str, object]:
    return {
        "edition": shard.edition,
        "shard": f"{shard.index + 1}/{shard.count}",
        "host": socket.gethostname(),
    }
