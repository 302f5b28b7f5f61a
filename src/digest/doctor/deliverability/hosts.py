"""Whether the machines that send have names, and whether the domains that are written from take
mail.

Sources: RFC 1912 §2.1 (every address has a name that leads back to it), RFC 5321 §5.1 (MX, or the
host's own address), RFC 7505 (a domain that takes no mail).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.doctor.deliverability.names import ASK_AGAIN, NO_ADDRESSES, Addresses, Lookup, Names
from digest.doctor.deliverability.sender import SAY_FROM
from digest.doctor.examined import Examined


@dataclass(frozen=True, slots=True)
class Pointer:
    """A numeric address, the names it points back to, and those of them that lead to it again.

    `is_answered` is False when one of the names could not be asked for its addresses just now.
    """

    address: str
    lookup: Lookup
    confirmed: tuple[str, ...]
    is_answered: bool = True


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A domain that people may write to: the hosts of its MX records and their addresses.

    `hosts` is empty without MX records; the domain's `own` address counts then. A host that is “.”
    says that the domain takes no mail.
    """

    domain: str
    lookup: Lookup
    hosts: Mapping[str, Addresses]
    own: Addresses = NO_ADDRESSES


def look_back(names: Names, addresses: Sequence[str]) -> list[Pointer]:
    """Ask each address for its names, and each name for its addresses."""
    found = []
    for address in addresses:
        lookup = names.pointers(address)
        forward = {name: names.addresses(name) for name in lookup.records}
        confirmed = tuple(name for name, has in forward.items() if address in has.numbers)
        is_answered = all(has.is_answered for has in forward.values())
        found.append(Pointer(address, lookup, confirmed, is_answered))
    return found


def judge_pointers(pointers: Sequence[Pointer], *, are_certain: bool, why_none: str) -> Examined:
    """Whether every sending address has a name that leads back to it.

    Args:
        pointers: of the addresses.
        are_certain: whether letters surely leave from them.
        why_none: what to say when there is none.
    """
    if not pointers:
        return Examined("ptr", "unknown", why_none, SAY_FROM)
    for one in pointers:
        if not one.lookup.is_answered:
            return Examined("ptr", "unknown", f"{one.address}: {one.lookup.in_words()}", ASK_AGAIN)
        if one.confirmed:
            continue
        if not one.is_answered:
            found = f"{one.address} is called {one.lookup.records[0]}, whose address is not had"
            return Examined("ptr", "unknown", found, ASK_AGAIN)
        if one.lookup.records:
            found = f"{one.address} is called {one.lookup.records[0]}, which does not lead back"
            hint = f"Give {one.lookup.records[0]} the address {one.address} (A or AAAA record)."
        else:
            found = f"{one.address} has no name (PTR)"
            hint = f"Ask whoever gave you {one.address} to name it after a host that leads back."
        if are_certain:
            return Examined("ptr", "error", found, hint)
        return Examined("ptr", "unknown", f"{found}; the relay may send from others", SAY_FROM)
    found = ", ".join(f"{one.address} = {one.confirmed[0]}" for one in pointers)
    return Examined("ptr", "ok", found)


def look_for_mailbox(names: Names, domain: str) -> Mailbox:
    """Ask who takes a domain's mail."""
    lookup = names.look(domain, "MX")
    hosts = [one.partition(" ")[2] or "." for one in lookup.records]
    found = {host: names.addresses(host) if host != "." else NO_ADDRESSES for host in hosts}
    own = names.addresses(domain) if lookup.state == "empty" else NO_ADDRESSES
    return Mailbox(domain, lookup, found, own)


def judge_mailboxes(mailboxes: Sequence[Mailbox]) -> Examined:
    """Whether answers and failures reach somebody."""
    judged = [_judge_mailbox(one) for one in mailboxes]
    rank = ("error", "unknown", "warning", "ok")
    worst = min(judged, key=lambda one: rank.index(one.state))
    if worst.state != "ok":
        return worst
    return Examined("mx", "ok", "; ".join(one.found for one in judged))


# ---- Detail ---------------------------------------------------------------------------------


def _judge_mailbox(mailbox: Mailbox) -> Examined:
    domain, lookup = mailbox.domain, mailbox.lookup
    if not lookup.is_answered:
        return Examined("mx", "unknown", f"{domain}: {lookup.in_words()}", ASK_AGAIN)
    if lookup.state == "no name":
        return Examined("mx", "error", f"the domain {domain} does not exist", "Check its spelling.")
    publish = f"Publish the host that takes its mail:\n{domain}. IN MX 10 mx.{domain}."
    if "." in mailbox.hosts:
        found = f"{domain} says that it takes no mail (RFC 7505): nobody can answer"
        return Examined("mx", "error", found, publish)
    if not mailbox.hosts:
        if not mailbox.own.is_answered and not mailbox.own.numbers:
            found = f"{domain} has no MX record, and its own address could not be had"
            return Examined("mx", "unknown", found, ASK_AGAIN)
        if mailbox.own.numbers:
            found = f"{domain} has no MX record; its own address stands in"
            return Examined("mx", "warning", found, publish)
        return Examined("mx", "error", f"{domain} takes no mail: nobody can answer", publish)
    if not any(has.numbers for has in mailbox.hosts.values()):
        if not all(has.is_answered for has in mailbox.hosts.values()):
            found = f"{domain}: the address of {', '.join(mailbox.hosts)} could not be had"
            return Examined("mx", "unknown", found, ASK_AGAIN)
        found = f"no address of {', '.join(mailbox.hosts)}, which should take the mail of {domain}"
        return Examined("mx", "error", found, "Give that host an address (A or AAAA record).")
    return Examined("mx", "ok", f"{domain}: {', '.join(mailbox.hosts)}")
