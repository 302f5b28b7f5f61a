"""Looks at everything that decides whether letters arrive: DNS, the relay, the way out.

The three are looked at side by side, each within its own time and all within one, so that a
machine without a network is told so and nothing waits for ever. What is seen is judged by the
modules beside this one, and the receivers' requirements by `rules`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from queue import Empty, SimpleQueue
from time import monotonic

from digest.config import Config
from digest.delivery.message.signing_key import public_record, read_key
from digest.doctor.deliverability.dkim import judge_dkim, look_at_key
from digest.doctor.deliverability.dmarc import (
    judge_alignment,
    judge_dmarc,
    judge_reports,
    read_dmarc,
)
from digest.doctor.deliverability.hosts import (
    judge_mailboxes,
    judge_pointers,
    look_back,
    look_for_mailbox,
)
from digest.doctor.deliverability.leaving import ask, judge_click, judge_page
from digest.doctor.deliverability.names import Names
from digest.doctor.deliverability.relay import is_this_machine, judge_relay, look_at_relay
from digest.doctor.deliverability.rules import Judged, judge, rulebook
from digest.doctor.deliverability.sender import (
    NOTHING_MORE,
    Asked,
    ReturnPath,
    domain_of,
    find_return_path,
    find_selectors,
    judge_domain,
    judge_failures,
    spf_record,
    written_to,
)
from digest.doctor.deliverability.spf import judge_addresses, judge_spf, read_spf
from digest.doctor.examined import Examined
from digest.errors import ConfigError, StoreError
from digest.net.addresses import is_public
from digest.publication import Publication
from digest.subscribers.proof import make_proof, new_question

#: Seconds for everything, and for the page and the click of the way out.
WHOLE_SECONDS = 45.0
_LEAVING_SECONDS = 25.0

#: The checks, in the order in which they are told.
CHECKS = (
    "domain",
    "spf",
    "spf-pass",
    "dkim",
    "dmarc",
    "reports",
    "alignment",
    "ptr",
    "mx",
    "relay",
    "leaving",
    "one-click",
    "failures",
)


@dataclass(frozen=True, slots=True)
class Examination:
    """Every check, and every receiver's requirements judged by them."""

    checks: tuple[Examined, ...]
    judged: tuple[Judged, ...]


def examine_deliverability(
    config: Config, asked: Asked = NOTHING_MORE, *, seconds: float = WHOLE_SECONDS
) -> Examination:
    """Look, and judge; ends within `seconds`, whatever answers or does not.

    Raises:
        ConfigError: the settings name no sender.
        UsageError: an address, a name or the resolver that was given is none.
    """
    sender = config.publication.sender
    if not sender:
        raise ConfigError(
            f"{config.file}: publication.sender: missing",
            "Set it to the address that letters are written from.",
        )
    asked = asked.checked()
    names = Names(asked.resolver, seconds=min(seconds * 0.6, 25.0))
    looks: dict[str, Callable[[], list[Examined]]] = {
        "names": partial(_names, config, asked, names),
        "relay": partial(_relay, config),
        "leaving": partial(_leaving, config),
    }
    checks: dict[str, Examined] = {}
    for found in _side_by_side(looks, seconds):
        checks |= {one.name: one for one in found}
    checks["failures"] = judge_failures(config)
    ordered = tuple(
        checks.get(name) or Examined(name, "unknown", "no answer in time") for name in CHECKS
    )
    return Examination(ordered, judge(rulebook().rules, {one.name: one for one in ordered}))


# ---- Detail ---------------------------------------------------------------------------------


def _side_by_side(
    looks: dict[str, Callable[[], list[Examined]]], seconds: float
) -> Iterator[list[Examined]]:
    """What each look found, as far as it is there in time; a bug in one is raised here."""
    done: SimpleQueue[list[Examined] | Exception] = SimpleQueue()

    def run(look: Callable[[], list[Examined]]) -> None:
        try:
            done.put(look())
        except Exception as error:  # handed to the thread that can raise it
            done.put(error)

    for name, look in looks.items():
        threading.Thread(target=run, args=(look,), name=f"doctor-{name}", daemon=True).start()
    end = monotonic() + seconds
    for _ in looks:
        try:
            found = done.get(timeout=max(end - monotonic(), 0.01))
        except Empty:
            return
        if isinstance(found, Exception):
            raise found
        yield found


def _names(config: Config, asked: Asked, names: Names) -> list[Examined]:
    """Everything that the domain name system says."""
    domain = domain_of(config.publication.sender)
    sending = _find_sending(config, asked, names)
    return_path = find_return_path(config, asked)
    spf, spf_pass = _spf(config, asked, names, return_path, sending)
    signing = config.delivery.dkim.domain or domain
    dkim = _dkim(config, asked, names, signing)
    dmarc, reports_to = read_dmarc(names, domain), f"dmarc@{domain}"
    return [
        judge_domain(domain),
        spf,
        spf_pass,
        dkim,
        judge_dmarc(dmarc, reports_to),
        judge_reports(dmarc, reports_to),
        judge_alignment(
            dmarc,
            spf=spf_pass if spf_pass.state == "error" else spf,
            return_path=return_path.domain,
            dkim=dkim,
            signing=signing,
        ),
        judge_pointers(
            look_back(names, sending.addresses),
            are_certain=sending.are_certain,
            why_none=sending.why_none,
        ),
        judge_mailboxes([look_for_mailbox(names, one) for one in written_to(config, return_path)]),
    ]


def _spf(
    config: Config, asked: Asked, names: Names, return_path: ReturnPath, sending: _Sending
) -> tuple[Examined, Examined]:
    """The record of the return path's domain, and whether it lets the sending addresses pass."""
    domain = return_path.domain
    if not domain:
        found = f"failures return to {return_path.kept_by}, by a name that is not in the settings"
        hint = (
            "Say it: --return-path DOMAIN. It stands after the @ in the Return-Path: header of a "
            "letter that arrived."
        )
        return Examined("spf", "unknown", found, hint), Examined("spf-pass", "unknown", found, hint)
    spf = read_spf(names, domain)
    return (
        judge_spf(spf, spf_record(config, domain, asked.addresses)),
        judge_addresses(
            spf,
            sending.addresses,
            are_certain=sending.are_certain,
            addresses_of=names.addresses,
        ),
    )


def _dkim(config: Config, asked: Asked, names: Names, signing: str) -> Examined:
    lookups = {one: look_at_key(names, one, signing) for one in find_selectors(config, asked)}
    return judge_dkim(lookups, signing, own={config.delivery.dkim.selector: _own_record(config)})


def _own_record(config: Config) -> str:
    """The record of the key that signs here; empty without one that can be used."""
    file = config.delivery.dkim.key_file
    with suppress(ConfigError):
        return public_record(read_key(config.path(file))) if file else ""
    return ""


def _relay(config: Config) -> list[Examined]:
    delivery = config.delivery
    look = look_at_relay(config)
    return [
        judge_relay(
            look,
            security=delivery.smtp.security,
            provider=delivery.provider,
            wants_login=delivery.provider == "smtp" and bool(delivery.smtp.username_env),
        )
    ]


def _leaving(config: Config) -> list[Examined]:
    """The page of the way out, and a mail program's click, side by side."""
    url, question = config.publication.public_url, new_question()
    if not url:
        return [judge_page(url, None, ""), judge_click(url, None, "")]
    try:
        publication = Publication.open(config)
        with closing(publication.database):
            proof = make_proof(publication.database, question)
    except StoreError as error:
        return [
            Examined(name, "unknown", error.message, error.hint)
            for name in ("leaving", "one-click")
        ]
    looks: dict[str, Callable[[], list[Examined]]] = {
        "page": lambda: [judge_page(url, ask(url, question, "GET"), proof)],
        "click": lambda: [judge_click(url, ask(url, question, "POST"), proof)],
    }
    return [one for found in _side_by_side(looks, _LEAVING_SECONDS) for one in found]


@dataclass(frozen=True, slots=True)
class _Sending:
    """From which addresses letters leave, whether that is certain, and why there is none."""

    addresses: tuple[str, ...] = ()
    are_certain: bool = False
    why_none: str = ""


def _find_sending(config: Config, asked: Asked, names: Names) -> _Sending:
    if asked.addresses:
        return _Sending(asked.addresses, are_certain=True)
    delivery = config.delivery
    if delivery.provider == "sendgrid":
        return _Sending(why_none="SendGrid sends from addresses of its own and keeps their names")
    if delivery.provider != "smtp" or not delivery.smtp.host:
        why = f"“{delivery.provider}” is no relay whose address could be known"
        return _Sending(why_none=why)
    host = delivery.smtp.host
    here = f"{host} stands in this network: its public address is not seen here"
    if is_this_machine(host):
        return _Sending(why_none=here)
    has = names.addresses(host)
    if public := tuple(one for one in has.numbers if is_public(one)):
        return _Sending(public)
    if not has.is_answered:
        return _Sending(why_none=f"nobody told the address of {host} just now")
    if not has.numbers:
        return _Sending(why_none=f"{host} has no address")
    return _Sending(why_none=here)
