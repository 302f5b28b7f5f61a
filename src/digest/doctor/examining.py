"""What a weekly run needs: settings, store, template, sources, sponsors, the way out, and what
operates it. One after the other, and never an exception for what is found.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from itertools import islice
from urllib.parse import urlsplit

from digest import __version__
from digest.config import Config, load_sponsors
from digest.delivery.ledger.aging import copy_made_at
from digest.delivery.ledger.departure import shown_in
from digest.delivery.providers import check_provider, outbox_folder
from digest.doctor.examined import Examined
from digest.doctor.operating import examine_operation
from digest.errors import DigestError, TemplateError
from digest.model.content import Article
from digest.publication import Publication, slots_of, web_for, window_for
from digest.render.templates.family import read_template
from digest.selection import quota_problem
from digest.sources import open_sources
from digest.sponsorship import find_conflicts, require_house_creatives
from digest.subscribers.membership import stats

_CONNECT_SECONDS = 5.0
#: Articles of a source that are looked at; each may be a page to fetch.
_ENOUGH = 100


def examine(config: Config, *, now: datetime) -> Iterator[Examined]:
    """Look at everything a weekly run needs, one by one; never raises for what it finds."""
    yield Examined("digest", "ok", f"version {__version__}, settings from {config.file}")
    yield from _publication(config)
    yield from _attempt("store", lambda: _store(config))
    yield from _templates(config)
    yield from _sources(config, now)
    yield from _quotas(config)
    yield from _attempt("sponsors", lambda: _sponsors(config))
    yield from _attempt("provider", lambda: _provider(config))
    yield from examine_operation(config)


def _attempt(name: str, look: Callable[[], Iterator[Examined]]) -> Iterator[Examined]:
    try:
        yield from look()
    except DigestError as error:
        yield Examined(name, "error", error.message, error.hint)


def _publication(config: Config) -> Iterator[Examined]:
    publication = config.publication
    missing = [
        name
        for name in ("sender", "postal_address", "public_url")
        if not getattr(publication, name)
    ]
    if missing:
        yield Examined(
            "publication",
            "warning",
            f"not set: {', '.join(missing)}",
            "Set them in [publication]; smtp and sendgrid do not dispatch without.",
        )
    else:
        yield Examined("publication", "ok", f"{publication.name} <{publication.sender}>")


def _store(config: Config) -> Iterator[Examined]:
    publication = Publication.open(config)
    with closing(publication.database):
        receiving = sum(stats(publication.database, one.name).receiving for one in config.lists)
        made_at = copy_made_at(publication.database)
    found = f"{publication.database.name}, {receiving} receiving"
    if publication.database.is_sqlite and config.store.durability == "process":
        found += "; what a power cut takes is not promised (store.durability)"
    yield Examined("store", "ok", found)
    if made_at is not None:
        yield Examined(
            "copy",
            "warning",
            f"the store is a copy, made or noticed on {shown_in(config.zone, made_at)}: nothing "
            "leaves from it",
            "If it is in use from now on, say so with `digest send --restored`.",
        )
    path = publication.database.path
    if path is not None and not os.access(path, os.W_OK):
        yield Examined("store", "error", f"{path} cannot be written", "Make it writable.")


def _templates(config: Config) -> Iterator[Examined]:
    root = config.path(config.edition.templates)
    try:
        template = read_template(root, config.edition.template)
    except TemplateError as error:
        yield Examined("template", "error", error.message, error.hint)
    else:
        yield Examined("template", "ok", str(root / template.name))


def _sources(config: Config, now: datetime) -> Iterator[Examined]:
    if not config.sources:
        yield Examined("sources", "error", "none", "Add [[sources]] to config.toml.")
        return
    try:
        window = window_for(config, now)
        sources = open_sources(config, web_for(config, now))
    except DigestError as error:
        yield Examined("sources", "error", error.message, error.hint)
        return
    for source in sources:
        try:
            found = list(islice(source.articles(window), _ENOUGH))
        except DigestError as error:
            yield Examined(f"source {source.name}", "error", error.message, error.hint)
        else:
            count = sum(isinstance(one, Article) for one in found)
            words = f"{count} articles" + (" or more" if len(found) == _ENOUGH else "")
            if count < len(found):
                words += f", {len(found) - count} not usable (`digest build` says why)"
            yield Examined(f"source {source.name}", "ok" if count else "warning", words)


def _quotas(config: Config) -> Iterator[Examined]:
    for quota in config.selection.quotas:
        if problem := quota_problem(quota, [source.name for source in config.sources]):
            yield Examined("quotas", "warning", problem, "Mend [[selection.quotas]].")


def _sponsors(config: Config) -> Iterator[Examined]:
    sponsors = load_sponsors(config)
    require_house_creatives(slots_of(config), sponsors)
    conflicts = find_conflicts(sponsors)
    for conflict in conflicts:
        yield Examined("sponsors", "error", conflict.message, "Move or cancel one of them.")
    if not conflicts:
        yield Examined("sponsors", "ok", f"{len(sponsors)} files, no slot is sold twice")


def _provider(config: Config) -> Iterator[Examined]:
    check_provider(config)
    delivery = config.delivery
    if delivery.provider == "outbox":
        path = outbox_folder(config)
        existing = next(parent for parent in (path, *path.parents) if parent.exists())
        if os.access(existing, os.W_OK):
            yield Examined("provider", "ok", f"outbox, {path}")
        else:
            yield Examined(
                "provider", "error", f"{existing} cannot be written", "Make it writable."
            )
    elif delivery.provider == "smtp":
        yield _reachable(delivery.smtp.host, delivery.smtp.port)
    elif delivery.provider == "sendgrid":
        parts = urlsplit(delivery.sendgrid.api_url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        yield _reachable(parts.hostname or "", port)
    else:
        yield Examined("provider", "ok", f"{delivery.provider} can be loaded")


def _reachable(host: str, port: int) -> Examined:
    try:
        socket.create_connection((host, port), timeout=_CONNECT_SECONDS).close()
    except OSError as error:
        return Examined(
            "provider",
            "error",
            f"{host}:{port} does not answer ({error.strerror or type(error).__name__})",
            "Check host, port and firewall.",
        )
    return Examined("provider", "ok", f"{host}:{port} answers")
