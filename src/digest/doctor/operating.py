"""What operates a publication beside a single run: the schedule, the metrics file, keys, bounces.

Only what the settings ask for is looked at; nothing is changed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from digest.config import Config
from digest.delivery.message.signing_key import key_warnings, record_name
from digest.doctor.examined import Examined
from digest.errors import ConfigError
from digest.events.signature import signatures_for


def examine_operation(config: Config) -> Iterator[Examined]:
    """Look at what is set besides the defaults; yields nothing for a publication without."""
    yield from _schedule(config)
    yield from _metrics(config)
    yield from _signing(config)
    yield from _webhook(config)
    yield from _bounces(config)


def _schedule(config: Config) -> Iterator[Examined]:
    schedule, name = config.schedule, "schedule"
    if not schedule.day:
        return
    if re.fullmatch(r"\d{4}-W\d\d", config.edition.week):
        yield Examined(
            name,
            "error",
            f"edition.week is always {config.edition.week}: no other edition would ever leave",
            'Set edition.week to "last" or "current".',
        )
        return
    found = f"{schedule.day}s at {schedule.time} ({config.publication.timezone})"
    if config.edition.approval == "required":
        found += "; what nobody approved stays (edition.approval)"
    yield Examined(name, "ok", found)


def _metrics(config: Config) -> Iterator[Examined]:
    if not config.delivery.metrics_file:
        return
    file, name = config.path(config.delivery.metrics_file), "metrics"
    if file.suffix != ".prom":
        yield Examined(
            name,
            "warning",
            f"{file}: the text-file collector reads files that end in .prom",
            "Set delivery.metrics_file to such a name.",
        )
    elif not file.parent.is_dir() or not os.access(file.parent, os.W_OK | os.X_OK):
        yield Examined(
            name,
            "error",
            f"{file.parent}: not a folder that this user may write",
            "Make it, or name another file in delivery.metrics_file.",
        )
    else:
        yield Examined(name, "ok", str(file))


def _signing(config: Config) -> Iterator[Examined]:
    """Whether the private key can be used, and by nobody else."""
    settings, name = config.delivery.dkim, "signing"
    if not settings.key_file:
        return
    try:
        warnings = key_warnings(config)
    except ConfigError as error:
        yield Examined(name, "error", error.message, error.hint)
        return
    for found, hint in warnings:
        yield Examined(name, "warning", found, hint)
    if not warnings:
        place = record_name(settings.domain, settings.selector)
        yield Examined(name, "ok", f"{place}, {config.path(settings.key_file)}")


def _webhook(config: Config) -> Iterator[Examined]:
    if config.delivery.provider != "sendgrid":
        return
    name = "events"
    if not config.delivery.sendgrid.webhook_key:
        yield Examined(
            name,
            "warning",
            "delivery.sendgrid.webhook_key is not set: nobody hears of bounces and complaints",
            "Switch on SendGrid's signed event webhook and copy its public key.",
        )
        return
    try:
        signatures_for(config)
    except ConfigError as error:
        yield Examined(name, "error", error.message, error.hint)
    else:
        yield Examined(name, "ok", "SendGrid's signed event webhook")


def _bounces(config: Config) -> Iterator[Examined]:
    settings, name = config.delivery.bounces, "bounces"
    if not settings.address and not settings.maildir:
        return
    folder = config.path(settings.maildir) if settings.maildir else None
    if folder is None:
        yield Examined(
            name,
            "warning",
            f"failures return to {settings.address}, and nobody reads them",
            "Set delivery.bounces.maildir to the Maildir of that mailbox, run `digest bounces`.",
        )
    elif not settings.address:
        yield Examined(
            name,
            "warning",
            "delivery.bounces.maildir is set, but no failure returns there",
            "Set delivery.bounces.address to the mailbox whose Maildir that is.",
        )
    elif not all((folder / part).is_dir() for part in ("new", "cur")):
        yield Examined(
            name, "error", f"{folder}: no Maildir (new, cur)", "Name the Maildir of the mailbox."
        )
    elif not os.access(folder / "new", os.R_OK | os.W_OK | os.X_OK):
        yield Examined(
            name, "error", f"{folder}: this user may not move its messages", "Give it the right."
        )
    else:
        yield Examined(name, "ok", f"{settings.address}, {folder}")
