"""Rules about where links and pictures lead: to everybody's network, to nobody's example, and
without the traces of somebody's click.

Nothing is fetched: hosts are judged as they are written. Private numbers are
`digest.net.addresses`' matter. Names that never resolve in public: RFC 6761 (`localhost`, `test`,
`invalid`, `example`), RFC 6762 (`local`), RFC 8375 (`home.arpa`), ICANN 2024 (`internal`).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from digest.check.content import link_fault
from digest.check.document import Document
from digest.check.findings import (
    Finding,
    Location,
    error,
    of_brief,
    of_placement,
    of_story,
    warning,
)
from digest.check.locating import Locator
from digest.config import Config
from digest.model.edition import Edition
from digest.model.sponsorship import Placement
from digest.net.addresses import is_public
from digest.text.saying import Said, say, say_all

_PRIVATE_NAMES = ("localhost", "local", "internal", "intranet", "lan", "home", "corp", "home.arpa")
_EXAMPLE_NAMES = ("example", "example.com", "example.org", "example.net", "test", "invalid")
_NUMERIC = re.compile(r"(?:0[xX][0-9a-fA-F]+|[0-9]+)(?:\.(?:0[xX][0-9a-fA-F]+|[0-9]+)){0,3}\.?")

#: Parameters that tell whose click or which reader an address was copied from, and whose they are.
CLICK_IDS = {
    "fbclid": "Facebook",
    "gclid": "Google",
    "gbraid": "Google",
    "wbraid": "Google",
    "dclid": "Google",
    "msclkid": "Microsoft",
    "twclid": "X",
    "ttclid": "TikTok",
    "igshid": "Instagram",
    "igsh": "Instagram",
    "li_fat_id": "LinkedIn",
    "yclid": "Yandex",
    "mc_eid": "Mailchimp",
    "mkt_tok": "Marketo",
    "_hsenc": "HubSpot",
    "_hsmi": "HubSpot",
    "vero_id": "Vero",
    "oly_enc_id": "Omeda",
    "oly_anon_id": "Omeda",
    "s_cid": "Adobe",
    "ml_subscriber": "MailerLite",
    "ss_email_id": "SharpSpring",
    "bsft_uid": "Blueshift",
    "__s": "Drip",
}


class Destination(NamedTuple):
    """One address of the letter: how its place is called, where it is written."""

    place: str
    url: str
    at: Location


def destination_findings(
    document: Document,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    where: Locator,
) -> Iterator[Finding]:
    """The findings about the hosts and parameters of every address in the letter."""
    leaves = config.delivery.provider != "outbox"
    examples: list[Destination] = []
    for destination in _destinations(document, edition, placements, config, where):
        host = "" if link_fault(destination.url) else _host(destination.url)
        if host and is_private(host):
            found = error if leaves else warning
            yield found(
                "link-private",
                destination.place,
                say(
                    "“{url}” leads to {host}, which readers cannot reach",
                    url=destination.url[:60],
                    host=host,
                ),
                say("Put the public address in its place."),
                destination.at,
            )
        elif host and _under(host, _EXAMPLE_NAMES):
            examples.append(destination)
        yield from _click_ids(destination)
    if leaves and examples:
        first = examples[0]
        yield warning(
            "link-example",
            first.place,
            say(
                "{addresses} to an example's address: {url}",
                addresses=_count(len(examples)),
                url=first.url[:60],
            ),
            say(
                "Put your own addresses into config.toml and the edition before this letter leaves."
            ),
            first.at,
        )


def is_private(host: str) -> bool:
    """Whether a host, as a URL writes it, is on somebody's own machine or network.

    Numbers in any spelling that browsers understand count (`127.1`, `0x7f000001`), and names
    without a dot.

    >>> is_private("localhost"), is_private("[::1]"), is_private("lemonde.fr")
    (True, True, False)
    """
    host = host.strip("[]").rstrip(".").lower()
    if ":" in host:
        return not is_public(host)
    if _NUMERIC.fullmatch(host):
        return not is_public(_dotted(host))
    return _under(host, _PRIVATE_NAMES) or "." not in host


def _dotted(host: str) -> str:
    """`127.1` → `127.0.0.1`, as the C library reads numbers; "" for no address."""
    try:
        return str(ip_address(socket.inet_aton(host)))
    except (OSError, ValueError):
        return ""


def _under(host: str, names: Sequence[str]) -> bool:
    host = host.rstrip(".").lower()
    return any(host == name or host.endswith(f".{name}") for name in names)


def _host(url: str) -> str:
    """The host of a web address; "" of anything else."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    return host if parts.scheme.lower() in ("http", "https") else ""


def _click_ids(destination: Destination) -> Iterator[Finding]:
    query = urlsplit(destination.url).query if _host(destination.url) else ""
    found = [name for name, _ in parse_qsl(query) if name.lower() in CLICK_IDS]
    if not found:
        return
    owners = dict.fromkeys(CLICK_IDS[name.lower()] for name in found)
    yield warning(
        "link-tracked",
        destination.place,
        say(
            "carries {names} of {owners}: the trace of the click that it was copied from",
            names=", ".join(f"`{name}`" for name in found),
            owners=say_all("{one} and {other}", owners),
        ),
        say("Take the parameter out of the address."),
        destination.at,
    )


def _destinations(
    document: Document,
    edition: Edition,
    placements: Sequence[Placement],
    config: Config,
    where: Locator,
) -> Iterator[Destination]:
    """Every address, once, at the place where an editor can change it."""
    known: list[Destination] = []
    for story in edition.stories:
        known.append(Destination(of_story(story), story.link, where.story(story, "link")))
        known += [
            Destination(of_story(story), other.link, where.story(story, "also_in"))
            for other in story.also_in
        ]
    for brief in edition.briefs:
        known.append(Destination(of_brief(brief), brief.link, where.brief(brief, "link")))
    for placement in placements:
        at = where.creative(placement, "url")
        known.append(Destination(of_placement(placement), placement.url, at))
    for key in ("public_url", "partner_url"):
        at = where.setting(f"publication.{key}")
        known.append(Destination(f"publication.{key}", getattr(config.publication, key), at))
    for key in ("image_base_url", "online_url"):
        known.append(
            Destination(
                f"edition.{key}", getattr(config.edition, key), where.setting(f"edition.{key}")
            )
        )
    yield from known
    base = config.edition.image_base_url
    seen = {destination.url for destination in known}
    for link in {link.url: link for link in document.links}.values():
        if link.url not in seen:
            place = say("HTML, “{words}”", words=link.text[:40])
            yield Destination(place, link.url, where.link(link.url))
    for image in document.images:
        if not (base and image.src.startswith(base)):
            yield Destination(say("HTML, a picture"), image.src, where.image(image.src))


def _count(number: int) -> Said:
    if number == 1:
        return say("one address leads")
    return say("{number} addresses lead", number=number)
