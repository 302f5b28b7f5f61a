"""Figures of a publication at work for Prometheus' text-file collector.

Written after every run, whole and at once (a reader never sees half a file). What a run does not
bring stays as the file had it: when one last ended well, and how the last one went that had
somebody to write to. Names follow Prometheus' own advice (“Metric and label naming”: base units, a
suffix for the unit); labels are bounded: the latest editions, the lists of the settings, states and
reasons that are fixed. No figure says anything of a single reader.
"""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
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

#: That a provider took a delivery is kept only where the ledger did not know it.
_NEWS = tuple(kind for kind in EventKind if kind is not EventKind.ACCEPTED)

#: What runs say of themselves, each gauge with its sentence.
_LAST = {
    "last_run_timestamp_seconds": "When the last run ended, in seconds since 1970.",
    "last_run_exit_code": "How the last run ended; 0 when all went well.",
    "last_success_timestamp_seconds": "When a run last ended with 0, in seconds since 1970.",
    "last_dispatch_timestamp_seconds": (
        "When the last run ended that had somebody to write to, in seconds since 1970."
    ),
    "last_dispatch_duration_seconds": "How long that run took.",
    "last_dispatch_outcomes": "Outcomes that it brought.",
    "last_dispatch_messages_per_second": "Outcomes a second, its whole time counted.",
}

_log = logging.getLogger("digest.delivery")


@dataclass(frozen=True, slots=True)
class LastRun:
    """A run that has just ended: how many seconds it took, and the outcomes that it brought.

    `exit_code` is that of the command, 0 when all went well; `is_idle`: there was nobody to write
    to.
    """

    seconds: float
    outcomes: int
    exit_code: int = 0
    is_idle: bool = False


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
    _fill(_Gauges(registry), database, config)
    _fill_last(_Gauges(registry), _lasting(file) | _brought(run, now))
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


def _fill(gauges: _Gauges, database: Database, config: Config) -> None:
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
        {(one.edition, kind): one.events[kind] for one in latest for kind in _NEWS},
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


def _fill_last(gauges: _Gauges, values: Mapping[str, float]) -> None:
    for name, help_text in _LAST.items():
        if name in values:
            gauges.set(name, help_text, values[name])


def _brought(run: LastRun | None, now: datetime) -> dict[str, float]:
    """What a run says of itself. Pure."""
    if run is None:
        return {}
    moment = now.timestamp()
    values = {"last_run_timestamp_seconds": moment, "last_run_exit_code": run.exit_code}
    if not run.exit_code:
        values["last_success_timestamp_seconds"] = moment
    if not run.is_idle:
        values |= {
            "last_dispatch_timestamp_seconds": moment,
            "last_dispatch_duration_seconds": run.seconds,
            "last_dispatch_outcomes": run.outcomes,
            "last_dispatch_messages_per_second": run.outcomes / run.seconds if run.seconds else 0.0,
        }
    return values


def _lasting(file: Path) -> dict[str, float]:
    """What runs before said of themselves; nothing where no file of ours can be read."""
    from prometheus_client.parser import text_string_to_metric_families

    found: dict[str, float] = {}
    # A pipe or a device would be waited for.
    if not file.is_file():
        return found
    with suppress(OSError, ValueError):
        for family in text_string_to_metric_families(file.read_text("utf-8")):
            name = family.name.removeprefix("digest_")
            if name in _LAST and family.samples:
                found[name] = family.samples[0].value
    return found
