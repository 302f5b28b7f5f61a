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
from ipaddress import ip_address
from queue import Empty, SimpleQueue
from time import monotonic

from digest.config import Config
from digest.delivery.message.signing_key import public_record, read_key
from digest.doctor.deliverability.dkim import judge_dkim, look_at_key
from digest.doctor.deliverability.dmarc import judge_alignment, judge_dmarc, read_dmarc
from digest.doctor.deliverability.hosts import (
    judge_mailboxes,
    judge_pointers,
    look_back,
    look_for_mailbox,
)
from digest.doctor.deliverability.leaving import ask, judge_click, judge_page
from digest.doctor.deliverability.names import Names
from digest.doctor.deliverability.relay import judge_relay, look_at_relay
from digest.doctor.deliverability.rules import Judged, judge, rulebook
from digest.doctor.deliverability.spf import judge_addresses, judge_spf, read_spf
from digest.doctor.examined import Examined
from digest.errors import ConfigError, StoreError, UsageError
from digest.net.addresses import is_public
from digest.publication import Publication
from digest.subscribers.proof import make_proof, new_question

#: Seconds for everything.
WHOLE_SECONDS = 45.0

#: SendGrid signs under these two names.
_SENDGRID_SELECTORS = ("s1", "s2")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person who asks knows better than the settings.

    `resolver` is `ADDRESS[:PORT]`, `selectors` those under which letters are signed, `addresses`
    the numeric ones from which they leave.
    """

    resolver: str = ""
    selectors: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Every check, and every receiver's requirements judged by them."""

    checks: tuple[Examined, ...]
    judged: tuple[Judged, ...]


def examine_deliverability(
    config: Config, asked: Asked = Asked(), *, seconds: float = WHOLE_SECONDS
) -> Report:
    """Look, and judge; ends within `seconds`, whatever answers or does not.

    Raises:
        ConfigError: the settings name no sender.
        UsageError: an address or the resolver that was given is none.
    """
    sender = config.publication.sender
    if not sender:
        raise ConfigError(
            f"{config.file}: publication.sender: missing",
            "Set it to the address that letters are written from.",
        )
    for address in asked.addresses:
        _require_address(address)
    names = Names(asked.resolver, seconds=min(seconds * 0.6, 25.0))
    looks: dict[str, Callable[[], list[Examined]]] = {
        "names": partial(_names, config, asked, names),
        "relay": partial(_relay, config),
        "leaving": partial(_leaving, config),
    }
    checks: dict[str, Examined] = {}
    for found in _side_by_side(looks, seconds):
        checks |= {one.name: one for one in found}
    checks["failures"] = _failures(config)
    ordered = tuple(
        checks.get(name) or Examined(name, "unknown", "no answer in time") for name in _ORDER
    )
    return Report(ordered, judge(rulebook().rules, {one.name: one for one in ordered}))


# ---- Detail ---------------------------------------------------------------------------------

_ORDER = (
    "domain",
    "spf",
    "spf-pass",
    "dkim",
    "dmarc",
    "alignment",
    "ptr",
    "mx",
    "relay",
    "leaving",
    "one-click",
    "failures",
)


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
    domain = _domain(config.publication.sender)
    delivery = config.delivery
    return_path = _return_path(config)
    addresses, are_certain, why_none = _sending(config, asked, names)
    dkim = _dkim(config, asked, names, domain)
    dmarc = read_dmarc(names, domain)
    if return_path:
        spf = read_spf(names, return_path)
        spf_judged = judge_spf(spf, _spf_record(config, return_path, asked.addresses))
        spf_pass = judge_addresses(
            spf, addresses, are_certain=are_certain, addresses_of=names.addresses
        )
    else:
        spf_judged = Examined("spf", "unknown", _SENDGRID_PATH, _SENDGRID_WHERE)
        spf_pass = Examined("spf-pass", "unknown", _SENDGRID_PATH, _SENDGRID_WHERE)
    signing = delivery.dkim.domain or domain
    written_to = {domain, _domain(config.publication.reply_to), _domain(delivery.bounces.address)}
    return [
        _judge_domain(domain),
        spf_judged,
        spf_pass,
        dkim,
        judge_dmarc(dmarc, f"dmarc@{domain}"),
        judge_alignment(dmarc, spf=spf_judged, return_path=return_path, dkim=dkim, signing=signing),
        judge_pointers(look_back(names, addresses), are_certain=are_certain, why_none=why_none),
        judge_mailboxes([look_for_mailbox(names, one) for one in sorted(written_to - {""})]),
    ]


def _dkim(config: Config, asked: Asked, names: Names, domain: str) -> Examined:
    settings = config.delivery.dkim
    selectors = asked.selectors or ((settings.selector,) if settings.selector else ())
    if not selectors and config.delivery.provider == "sendgrid":
        selectors = _SENDGRID_SELECTORS
    signing = settings.domain or domain
    lookups = {one: look_at_key(names, one, signing) for one in selectors}
    return judge_dkim(lookups, signing, own=_own_record(config), unasked=_SELECTOR)


def _own_record(config: Config) -> str:
    """The record of the key that signs here; empty without one that can be used."""
    file = config.delivery.dkim.key_file
    with suppress(ConfigError):
        return public_record(read_key(config.path(file))) if file else ""
    return ""


def _relay(config: Config) -> list[Examined]:
    delivery = config.delivery
    look = look_at_relay(config)
    return [judge_relay(look, security=delivery.smtp.security, provider=delivery.provider)]


def _leaving(config: Config) -> list[Examined]:
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
    return [
        judge_page(url, ask(url, question, "GET"), proof),
        judge_click(url, ask(url, question, "POST"), proof),
    ]


def _failures(config: Config) -> Examined:
    """Whether bounces and complaints are heard of."""
    delivery, name = config.delivery, "failures"
    if delivery.provider == "sendgrid":
        if delivery.sendgrid.webhook_key:
            return Examined(name, "ok", "SendGrid reports them (signed event webhook)")
        return Examined(
            name,
            "warning",
            "nobody hears of bounces: delivery.sendgrid.webhook_key is not set",
            "Switch on SendGrid's signed event webhook and copy its public key.",
        )
    if delivery.bounces.address and delivery.bounces.maildir:
        return Examined(name, "ok", f"they return to {delivery.bounces.address}")
    return Examined(
        name,
        "warning",
        "nobody reads the failures that come back by mail",
        "Set [delivery.bounces] address and maildir, and run `digest bounces` every hour.",
    )


def _sending(config: Config, asked: Asked, names: Names) -> tuple[tuple[str, ...], bool, str]:
    """From which addresses letters leave, whether that is certain, and why there is none."""
    if asked.addresses:
        return asked.addresses, True, ""
    delivery = config.delivery
    if delivery.provider == "sendgrid":
        return (), False, "SendGrid sends from addresses of its own and keeps their names"
    if delivery.provider != "smtp" or not delivery.smtp.host:
        return (), False, f"“{delivery.provider}” is no relay whose address could be known"
    host = delivery.smtp.host
    public = tuple(one for one in names.addresses(host) if is_public(one))
    return public, False, f"{host} stands in this network: its public address is not seen here"


def _spf_record(config: Config, domain: str, addresses: tuple[str, ...]) -> str:
    host = config.delivery.smtp.host.casefold()
    known = [terms for end, terms in rulebook().relays.items() if host.endswith(end)]
    if known:
        terms = known[0]
    elif addresses:
        terms = " ".join(f"ip{ip_address(one).version}:{one}" for one in addresses)
    elif host and config.delivery.provider == "smtp":
        terms = f"a:{host}"
    else:
        terms = "ip4:ADDRESS-OF-YOUR-RELAY"
    return f'{domain}. IN TXT "v=spf1 {terms} ~all"'


def _judge_domain(domain: str) -> Examined:
    if domain in rulebook().mailboxes:
        return Examined(
            "domain",
            "error",
            f"{domain} is everybody's: nobody but its owner can sign for it",
            "Write from a domain of your own ([publication] sender).",
        )
    return Examined("domain", "ok", domain)


def _return_path(config: Config) -> str:
    """The domain after MAIL FROM; empty where the provider has its own."""
    if config.delivery.provider == "sendgrid":
        return ""
    return _domain(config.delivery.bounces.address) or _domain(config.publication.sender)


def _domain(address: str) -> str:
    """The domain of an address as the domain name system writes it."""
    domain = address.rpartition("@")[2].casefold()
    try:
        return domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return domain


def _require_address(address: str) -> None:
    try:
        ip_address(address)
    except ValueError:
        raise UsageError(
            f"--address: found “{address}”", "Allowed: a numeric address such as 192.0.2.25."
        ) from None


_SELECTOR = (
    "Say it: --selector NAME. It is s= in the DKIM-Signature: header of a letter that arrived."
)
_SENDGRID_PATH = "failures return to SendGrid, to a name below your domain that it keeps"
_SENDGRID_WHERE = "See SendGrid's Settings, Sender Authentication: the domain must be verified."
