"""Whether the way to the relay is protected: STARTTLS or TLS, a certificate that can be trusted,
which version.

Looks only: it says EHLO, takes up TLS and leaves. Sources: RFC 3207 (STARTTLS), RFC 8314 (TLS
from the start), RFC 8996 (nothing below TLS 1.2).
"""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from digest.config import Config
from digest.doctor.deliverability.trouble import TROUBLE, in_words, is_expired, is_offline
from digest.doctor.examined import Examined

_SECONDS = 8.0


@dataclass(frozen=True, slots=True)
class RelayLook:
    """What was seen of a relay (or of an interface over HTTPS).

    `version` is such as `TLSv1.3`, empty without TLS. `extensions` are those of EHLO, after TLS.
    `untrusted` says why the certificate is not trusted, `problem` why there was no conversation;
    `is_offline` that this is this machine's fault.
    """

    place: str
    version: str = ""
    offers_starttls: bool = False
    extensions: tuple[str, ...] = ()
    untrusted: str = ""
    problem: str = ""
    is_local: bool = False
    is_offline: bool = False


def look_at_relay(config: Config) -> RelayLook | None:
    """Connect to where `[delivery]` sends; None where nothing leaves by a network we know."""
    delivery = config.delivery
    if delivery.provider == "sendgrid":
        return _look_at_interface(delivery.sendgrid.api_url)
    if delivery.provider != "smtp" or not delivery.smtp.host:
        return None
    smtp = delivery.smtp
    place, is_local = f"{smtp.host}:{smtp.port}", is_this_machine(smtp.host)
    name = smtp.hello or "[127.0.0.1]"
    try:
        context = ssl.create_default_context()
        if smtp.ca_file:
            context.load_verify_locations(config.path(smtp.ca_file))
    except OSError as error:
        return RelayLook(place, problem=f"delivery.smtp.ca_file: {error.strerror or error}")
    try:
        if smtp.security == "tls":
            with smtplib.SMTP_SSL(
                smtp.host, smtp.port, name, timeout=_SECONDS, context=context
            ) as line:
                line.ehlo()
                return _seen(place, line, is_local)
        with smtplib.SMTP(smtp.host, smtp.port, name, timeout=_SECONDS) as line:
            line.ehlo()
            offered = line.has_extn("starttls")
            if smtp.security == "starttls" and offered:
                line.starttls(context=context)
                line.ehlo()
            return _seen(place, line, is_local, offered=offered)
    except ssl.SSLCertVerificationError as error:
        return RelayLook(place, untrusted=error.verify_message, is_local=is_local)
    except TROUBLE as error:
        return RelayLook(
            place, problem=in_words(error), is_local=is_local, is_offline=is_offline(error)
        )


def judge_relay(
    look: RelayLook | None, *, security: str, provider: str, wants_login: bool = False
) -> Examined:
    """Whether the way there is protected as it should be, and lets us in.

    Args:
        look: what was seen.
        security: `none`, `starttls` or `tls`, of `[delivery.smtp]`.
        provider: of `[delivery]`.
        wants_login: whether the settings name a user.
    """
    name = "relay"
    if look is None:
        return Examined(name, "unknown", f"“{provider}” is not a relay that could be looked at")
    if look.is_offline:
        hint = "Run again where there is a network."
        return Examined(name, "unknown", f"{look.place}: {look.problem}", hint)
    if look.problem:
        hint = "Check host, port and firewall, and [delivery.smtp] security."
        return Examined(name, "error", f"{look.place}: {look.problem}", hint)
    if look.untrusted:
        return Examined(
            name,
            "error",
            f"{look.place}: the certificate is not trusted: {look.untrusted}",
            _RENEW if is_expired(look.untrusted) else _TRUST,
        )
    if security == "starttls" and not look.version:
        return Examined(
            name,
            "error",
            f"{look.place} does not offer STARTTLS",
            'Set [delivery.smtp] security = "tls" (usually port 465), or another port.',
        )
    lacks_login = wants_login and "AUTH" not in look.extensions
    if look.offers_starttls and not look.version and (lacks_login or not look.is_local):
        return Examined(
            name,
            "error",
            f"{look.place} offers STARTTLS, the settings do not use it",
            'Set [delivery.smtp] security = "starttls".',
        )
    if lacks_login:
        return Examined(
            name,
            "error",
            f"{look.place} offers no login, and delivery.smtp.username_env names a user",
            "Use the port for submission (587 or 465), or take username_env out.",
        )
    if look.version:
        able = f", {', '.join(look.extensions)}" if look.extensions else ""
        return Examined(name, "ok", f"{look.place}: {look.version}, certificate verified{able}")
    if look.is_local:
        return Examined(name, "ok", f"{look.place}: without TLS, on this machine")
    return Examined(
        name, "error", f"{look.place}: no protection on the way there", "Use a relay with TLS."
    )


# ---- Detail ---------------------------------------------------------------------------------

_TRUST = "Use the name that the certificate is for, or set ca_file when the authority is yours."
_RENEW = "Who runs the relay has to renew it; letters do not leave without a valid one."

#: What EHLO may say that matters to how letters leave.
_TOLD = ("pipelining", "8bitmime", "smtputf8", "size", "auth")


def _seen(place: str, line: smtplib.SMTP, is_local: bool, *, offered: bool = False) -> RelayLook:
    version = line.sock.version() if isinstance(line.sock, ssl.SSLSocket) else ""
    able = tuple(name.upper() for name in _TOLD if line.has_extn(name))
    return RelayLook(place, version or "", offered, able, is_local=is_local)


def _look_at_interface(url: str) -> RelayLook:
    parts = urlsplit(url)
    host, place = parts.hostname or "", parts.netloc
    if parts.scheme != "https":
        return RelayLook(place, is_local=is_this_machine(host))
    try:
        with (
            socket.create_connection((host, parts.port or 443), timeout=_SECONDS) as plain,
            ssl.create_default_context().wrap_socket(plain, server_hostname=host) as secured,
        ):
            return RelayLook(place, secured.version() or "")
    except ssl.SSLCertVerificationError as error:
        return RelayLook(place, untrusted=error.verify_message)
    except TROUBLE as error:
        return RelayLook(place, problem=in_words(error), is_offline=is_offline(error))


def is_this_machine(host: str) -> bool:
    """Whether a host is the one that asks, by its name or number."""
    with suppress(ValueError):
        return ip_address(host.strip("[]")).is_loopback
    return host.casefold() in ("localhost", "localhost.localdomain")
