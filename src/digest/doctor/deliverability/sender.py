"""Who sends, from where, and to where failures return, as far as the settings tell.

Pure: it reads settings, what the person who asks knows better, and what is known of large relays
(`rules`); it asks nobody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address

from digest.config import Config
from digest.doctor.deliverability.rules import KnownRelay, rulebook
from digest.doctor.examined import Examined
from digest.errors import UsageError

#: SendGrid signs under these two names.
_SENDGRID_SELECTORS = ("s1", "s2")

SAY_FROM = "Say from where letters leave: --address NUMBER (the relay's provider publishes it)."


@dataclass(frozen=True, slots=True)
class Asked:
    """What the person who asks knows better than the settings.

    `resolver` is `ADDRESS[:PORT]`, `selectors` those under which letters are signed, `addresses`
    the numeric ones from which they leave, `return_path` the domain to which failures return.
    """

    resolver: str = ""
    selectors: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    return_path: str = ""

    def checked(self) -> Asked:
        """The same as the domain name system writes it.

        Raises:
            UsageError: an address is no number, or a name is none; the message names the option.
        """
        return replace(
            self,
            selectors=tuple(_name("--selector", one) for one in self.selectors),
            addresses=tuple(_number(one) for one in self.addresses),
            return_path=_name("--return-path", self.return_path) if self.return_path else "",
        )


#: The settings say all there is.
NOTHING_MORE = Asked()


@dataclass(frozen=True, slots=True)
class ReturnPath:
    """The domain to which failures return; without one, `kept_by` says whose it is instead."""

    domain: str = ""
    kept_by: str = ""


def find_return_path(config: Config, asked: Asked) -> ReturnPath:
    """The domain after MAIL FROM, where it is ours or where we were told it."""
    delivery = config.delivery
    if asked.return_path:
        return ReturnPath(asked.return_path)
    if delivery.provider == "sendgrid":
        return ReturnPath(kept_by="SendGrid")
    if ":" in delivery.provider:
        return ReturnPath(kept_by=f"“{delivery.provider}”")
    relay = known_relay(config)
    if relay is not None and relay.return_path == "its own":
        return ReturnPath(kept_by=relay.name)
    return ReturnPath(domain_of(delivery.bounces.address) or domain_of(config.publication.sender))


def find_selectors(config: Config, asked: Asked) -> tuple[str, ...]:
    """The DKIM selectors to look at; none where nobody knows under which letters are signed."""
    if asked.selectors:
        return asked.selectors
    if config.delivery.dkim.selector:
        return (config.delivery.dkim.selector,)
    return _SENDGRID_SELECTORS if config.delivery.provider == "sendgrid" else ()


def known_relay(config: Config) -> KnownRelay | None:
    """What is known of the relay that `[delivery.smtp]` names."""
    delivery = config.delivery
    return rulebook().relay(delivery.smtp.host) if delivery.provider == "smtp" else None


def written_to(config: Config, return_path: ReturnPath) -> list[str]:
    """The domains that readers and servers answer to, in order."""
    domains = {
        domain_of(config.publication.sender),
        domain_of(config.publication.reply_to),
        domain_of(config.delivery.bounces.address),
        return_path.domain,
    }
    return sorted(domains - {""})


def judge_domain(domain: str) -> Examined:
    """Whether the sender's domain can be his own."""
    if domain in rulebook().mailboxes:
        return Examined(
            "domain",
            "error",
            f"{domain} is everybody's: nobody but its owner can sign for it",
            "Write from a domain of your own ([publication] sender).",
        )
    return Examined("domain", "ok", domain)


def judge_failures(config: Config) -> Examined:
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
    relay = known_relay(config)
    if relay is not None and relay.bounces == "kept":
        return Examined(
            name,
            "warning",
            f"{relay.name} keeps them: they are in its pages, and do not come back by mail",
            "Take its list of refused addresses over after each edition: `digest suppress import`.",
        )
    if delivery.bounces.address and delivery.bounces.maildir:
        if relay is not None and relay.bounces == "forwarded":
            found = f"{relay.name} forwards them to {delivery.bounces.address}, as it is set there"
            return Examined(name, "ok", found)
        return Examined(name, "ok", f"they return to {delivery.bounces.address}")
    return Examined(
        name,
        "warning",
        "nobody reads the failures that come back by mail",
        "Set [delivery.bounces] address and maildir, and run `digest bounces` every hour.",
    )


def spf_record(config: Config, domain: str, addresses: tuple[str, ...]) -> str:
    """The record that a domain without one should publish."""
    host, relay = config.delivery.smtp.host.casefold(), known_relay(config)
    if relay is not None:
        terms = relay.spf
    elif addresses:
        terms = " ".join(f"ip{ip_address(one).version}:{one}" for one in addresses)
    elif host and config.delivery.provider == "smtp":
        terms = f"a:{host}"
    else:
        terms = "ip4:ADDRESS-OF-YOUR-RELAY"
    return f'{domain}. IN TXT "v=spf1 {terms} ~all"'


def domain_of(address: str) -> str:
    """The domain of an address as the domain name system writes it; empty for an empty one."""
    domain = address.rpartition("@")[2].casefold()
    try:
        return domain.encode("idna").decode("ascii") if not domain.isascii() else domain
    except UnicodeError:
        return domain


# ---- Detail ---------------------------------------------------------------------------------

#: Selectors may have underscores, too.
_LABELS = r"[a-z0-9_-]{1,63}(\.[a-z0-9_-]{1,63})*"


def _number(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError:
        raise UsageError(
            f"--address: found “{address}”", "Allowed: a numeric address such as 192.0.2.25."
        ) from None


def _name(option: str, name: str) -> str:
    written = name if "@" in name else domain_of(name.rstrip("."))
    if not re.fullmatch(_LABELS, written):
        example = "lettre2026" if option == "--selector" else "rebonds.example.org"
        raise UsageError(f"{option}: found “{name}”", f"Allowed: a name such as {example}.")
    return written
