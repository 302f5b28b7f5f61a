"""Figures of a publication at work for Prometheus' text-file collector.

Written after every run, whole and at once (a reader never sees half a file). Names follow
Prometheus' own advice (“Metric and label naming”: base units, a suffix for the unit); labels are
bounded: the latest editions, the lists of the settings, states and reasons that are fixed. No
figure says anything of a single reader.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from digest import __version__
from digest.config import Config
from digest.model.events import EventKind
from digest.model.people import SubscriptionStatus, SuppressionReason
from digest.model.sending import DeliveryState
from digest.store.database import Database
from digest.store.ledger import figures

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

#: Editions that have figures of their own, the latest.
EDITIONS = 4

_log = logging.getLogger("digest.delivery")


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run that has just ended: how many seconds it took, and the outcomes that it brought.

    `exit_code` is that of the command, 0 when all went well.
    """

    seconds: float
    outcomes: int
    exit_code: int = 0


def note_run(database: Database, config: Config, now: datetime, run: LastRun) -> str:
    """Write `[delivery] metrics_file` after a run, if one is set; as `write_metrics` returns.

    Raises:
        StoreError: the store cannot be read.
    """
    if not config.delivery.metrics_file:
        return ""
    file = config.path(config.delivery.metrics_file)
    return write_metrics(file, database, config, now, run=run)


def write_metrics(
    file: Path, database: Database, config: Config, now: datetime, *, run: LastRun | None = None
) -> str:
    """Write the file; returns what is wrong with it, or nothing.

    A file that cannot be written never stops a dispatch: it is a warning in the logs, and the
    result is for whoever talks to a person.

    Args:
        file: such as `…/digest.prom`; the collector reads files with that ending only.
        now: this moment, when the run ended.
        run: what it did.

    Raises:
        StoreError: the store cannot be read.
    """
    from prometheus_client import CollectorRegistry, write_to_textfile

    registry = CollectorRegistry()
    _fill(_Gauges(registry), database, config, now, run)
    try:
        # It takes the file's place, which would be the end of a device.
        if file.exists() and not file.is_file():
            raise OSError(errno.EINVAL, "is no plain file")
        write_to_textfile(str(file), registry)
    except OSError as error:
        problem = f"{file}: cannot be written ({error.strerror or type(error).__name__})"
        _log.warning("metrics not written", extra={"digest": {"problem": problem}})
        return problem
    return ""


class _Gauges:
    """Makes gauges in a registry: a name, a sentence, and values by label."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def set(self, name: str, help_text: str, value: float) -> None:
        """A gauge without labels."""
        from prometheus_client import Gauge

        Gauge(f"digest_{name}", help_text, registry=self._registry).set(value)

    def set_each(
        self,
        name: str,
        help_text: str,
        labels: Iterable[str],
        values: Mapping[tuple[str, ...], float],
    ) -> None:
        """A gauge with labels; `values` maps the labels' values, in their order, to the figure."""
        from prometheus_client import Gauge

        gauge = Gauge(f"digest_{name}", help_text, tuple(labels), registry=self._registry)
        for key, value in values.items():
            gauge.labels(*key).set(value)


def _fill(
    gauges: _Gauges, database: Database, config: Config, now: datetime, run: LastRun | None
) -> None:
    with database.read() as connection:
        latest = figures.latest_dispatches(connection, EDITIONS)
        lists = {one.name: figures.subscriptions_of(connection, one.name) for one in config.lists}
        suppressed = figures.suppressed(connection)
        alive = figures.runs_alive(connection)
    gauges.set_each("build_info", "The version that wrote this.", ["version"], {(__version__,): 1})
    gauges.set_each(
        "deliveries",
        "Deliveries of an edition by state; with those excluded they make its audience.",
        ["edition", "state"],
        {(one.edition, state): one.states[state] for one in latest for state in DeliveryState},
    )
    gauges.set_each(
        "audience",
        "Readers and excluded that were noted when the edition was frozen.",
        ["edition"],
        {(one.edition,): one.audience for one in latest},
    )
    gauges.set(
        "unknown_deliveries",
        "Deliveries of the latest editions whose outcome is unknown; they are never sent again by "
        "themselves.",
        sum(one.states[DeliveryState.UNKNOWN] for one in latest),
    )
    gauges.set_each(
        "edition_frozen_timestamp_seconds",
        "When the edition was frozen, in seconds since 1970.",
        ["edition"],
        {(one.edition,): one.frozen_at.timestamp() for one in latest},
    )
    gauges.set_each(
        "events",
        "What providers reported of an edition's deliveries later, by kind.",
        ["edition", "kind"],
        {(one.edition, kind): one.events[kind] for one in latest for kind in EventKind},
    )
    gauges.set_each(
        "subscribers",
        "Subscriptions of a list by status.",
        ["list", "status"],
        {
            (name, status): counts[status]
            for name, counts in lists.items()
            for status in SubscriptionStatus
        },
    )
    gauges.set_each(
        "suppressed_addresses",
        "Addresses that are not written to, by reason.",
        ["reason"],
        {(reason,): suppressed[reason] for reason in SuppressionReason},
    )
    gauges.set("runs_alive", "Processes that are sending at this moment.", alive)
    if run is not None:
        _fill_run(gauges, now, run)


def _fill_run(gauges: _Gauges, now: datetime, run: LastRun) -> None:
    gauges.set(
        "last_run_timestamp_seconds",
        "When the last run ended, in seconds since 1970.",
        now.timestamp(),
    )
    gauges.set("last_run_duration_seconds", "How long the last run took.", run.seconds)
    gauges.set("last_run_outcomes", "Outcomes that the last run brought.", run.outcomes)
    gauges.set(
        "last_run_messages_per_second",
        "Outcomes a second of the last run, its whole time counted.",
        run.outcomes / run.seconds if run.seconds > 0 else 0.0,
    )
    gauges.set("last_run_exit_code", "How the last run ended; 0 when all went well.", run.exit_code)
