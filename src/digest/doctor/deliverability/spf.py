"""SPF: whether the record of a domain can be read, and whether it lets an address send.

Sources: RFC 7208 (§4.5 one record only, §4.6.4 at most ten lookups, two of them for nothing, §5
mechanisms, §6.1 redirect). Reading a record and what it includes is checkdmarc's; whether an
address passes is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, Literal

from digest.doctor.deliverability.names import ASK_AGAIN, Addresses, Lookup, Names
from digest.doctor.deliverability.sender import SAY_FROM
from digest.doctor.examined import Examined, State

#: Terms of a record that ask the domain name system, at most (RFC 7208 §4.6.4).
MOST_LOOKUPS = 10

Verdict = Literal["pass", "fail", "softfail", "neutral", "unsure"]


@dataclass(frozen=True, slots=True)
class Spf:
    """What a domain publishes.

    `parsed` is checkdmarc's reading, None where there is none to speak of; `problem` says why.
    `is_silent` tells that a part of the record could not be had just now.
    """

    domain: str
    lookup: Lookup
    records: tuple[str, ...] = ()
    parsed: Mapping[str, Any] | None = None
    lookups: int = 0
    problem: str = ""
    is_silent: bool = False


def read_spf(names: Names, domain: str) -> Spf:
    """Ask for a domain's record and for all it includes."""
    import dns.exception
    from checkdmarc import spf as reading
    from checkdmarc.utils import DNSException

    lookup = names.look(domain, "TXT")
    records = tuple(
        one for one in lookup.records if one.lower() == "v=spf1" or one.lower()[:7] == "v=spf1 "
    )
    if len(records) != 1:
        return Spf(domain, lookup, records)
    unanswered = names.resolver.unanswered
    try:
        found = reading.parse_spf_record(
            records[0], domain, resolver=names.resolver, nameservers=names.servers
        )
    except reading.SPFTooManyDNSLookups as error:
        many = error.data.get("dns_lookups") or MOST_LOOKUPS + 1
        return Spf(domain, lookup, records, lookups=many)
    except reading.SPFTooManyVoidDNSLookups:
        problem = "more than two of its terms ask for names that do not exist; receivers stop there"
        return Spf(domain, lookup, records, problem=problem)
    except reading.SPFError as error:
        is_silent = names.resolver.unanswered > unanswered
        return Spf(domain, lookup, records, problem=str(error.args[0]), is_silent=is_silent)
    except (DNSException, dns.exception.DNSException, OSError) as error:
        return Spf(domain, lookup, records, problem=str(error), is_silent=True)
    return Spf(
        domain,
        lookup,
        records,
        found["parsed"],
        found["dns_lookups"],
        is_silent=names.resolver.unanswered > unanswered,
    )


def judge_spf(spf: Spf, wanted: str) -> Examined:
    """Whether the record is one that receivers take; `wanted` is what to publish without one."""
    domain = spf.domain
    if not spf.lookup.is_answered:
        return Examined("spf", "unknown", f"{domain}: {spf.lookup.in_words()}", ASK_AGAIN)
    if spf.lookup.state == "no name":
        return Examined("spf", "error", f"the domain {domain} does not exist", _CHECK_DOMAIN)
    if not spf.records:
        return Examined("spf", "error", f"{domain} has no SPF record", f"Publish:\n{wanted}")
    if len(spf.records) > 1:
        return Examined(
            "spf",
            "error",
            f"{domain} has {len(spf.records)} SPF records; receivers take none of them",
            "Put their terms into one record and remove the others.",
        )
    record = spf.records[0]
    if spf.lookups > MOST_LOOKUPS:
        return Examined(
            "spf",
            "error",
            f"{record}: needs {spf.lookups} lookups or more, receivers stop at {MOST_LOOKUPS}",
            "Remove an include that is no longer used, or name addresses (ip4:, ip6:) instead.",
        )
    if spf.parsed is None:
        state: State = "unknown" if spf.is_silent else "error"
        hint = ASK_AGAIN if spf.is_silent else "Correct the record, term by term."
        problem = "a part of it could not be had" if spf.is_silent else spf.problem
        return Examined("spf", state, f"{record}: {problem}", hint)
    found = f"{record} ({spf.lookups} of {MOST_LOOKUPS} lookups)"
    if _lets_everybody(spf.parsed):
        return Examined(
            "spf", "error", f"{found}: +all lets everybody send", "End the record with ~all."
        )
    if _end(spf.parsed) == "neutral":
        return Examined(
            "spf", "warning", f"{found}: it forbids nobody", "End the record with ~all or -all."
        )
    return Examined("spf", "ok", found)


def judge_addresses(
    spf: Spf,
    addresses: Sequence[str],
    *,
    are_certain: bool,
    addresses_of: Callable[[str], Addresses],
) -> Examined:
    """Whether the record lets these addresses send.

    Args:
        spf: the record.
        addresses: numeric, from which letters leave or may leave; empty when nobody knows.
        are_certain: whether letters surely leave from them.
        addresses_of: the numeric addresses of a host.
    """
    name = "spf-pass"
    if not addresses:
        return Examined(name, "unknown", "from which address letters leave is not known", SAY_FROM)
    if spf.parsed is None:
        state: State = "unknown" if spf.is_silent or not spf.lookup.is_answered else "error"
        return Examined(name, state, f"no SPF record of {spf.domain} that could pass", "See spf.")
    verdicts = {
        one: verdict(spf.parsed, one, addresses_of, record=spf.records[0]) for one in addresses
    }
    failing = [one for one, said in verdicts.items() if said in ("fail", "softfail", "neutral")]
    if failing and spf.is_silent:
        return Examined(name, "unknown", "a part of the record could not be had", ASK_AGAIN)
    if "unsure" in verdicts.values():
        return Examined(
            name,
            "unknown",
            "what the record asks for cannot be told here (macros, exists, ptr, mx with a mask, "
            "a name that nobody answers for)",
            "Send a test to a mailbox and read its Authentication-Results: header.",
        )
    if not failing:
        return Examined(name, "ok", f"{', '.join(addresses)}: pass")
    terms = " ".join(f"ip{ip_address(one).version}:{one}" for one in failing)
    if are_certain:
        return Examined(
            name,
            "error",
            f"{spf.domain} does not let {', '.join(failing)} send",
            f"Add to the SPF record of {spf.domain}: {terms}",
        )
    return Examined(
        name,
        "unknown",
        f"the relay listens at {', '.join(failing)}, which the record does not name; it may send "
        "from others",
        SAY_FROM,
    )


def verdict(
    parsed: Mapping[str, Any],
    address: str,
    addresses_of: Callable[[str], Addresses],
    *,
    record: str = "",
) -> Verdict:
    """What a record says of an address: the first mechanism that matches decides (§4.6.2).

    `record` is what was parsed: checkdmarc's reading drops the mask of an mx term.
    """
    for term in parsed["mechanisms"]:
        matches = _matches(term, address, addresses_of, record)
        if matches is None:
            return "unsure"
        if matches:
            action: Verdict = term["action"]
            return action
    redirect = parsed["redirect"]
    if redirect is not None:
        if redirect["parsed"] is None:
            return "unsure"
        return verdict(redirect["parsed"], address, addresses_of, record=redirect["record"] or "")
    end: Verdict = parsed["all"]
    return end


# ---- Detail ---------------------------------------------------------------------------------

_CHECK_DOMAIN = "Check [publication] sender."


def _end(parsed: Mapping[str, Any]) -> Verdict:
    """What becomes of an address that no mechanism names; that of the record redirected to."""
    redirect = parsed["redirect"]
    if redirect is not None:
        return _end(redirect["parsed"]) if redirect["parsed"] is not None else "unsure"
    end: Verdict = parsed["all"]
    return end


def _lets_everybody(parsed: Mapping[str, Any]) -> bool:
    """Whether any address at all passes, be it by a record that is included."""
    included = (
        term["parsed"]
        for term in parsed["mechanisms"]
        if term["mechanism"] == "include" and term["action"] == "pass" and term.get("parsed")
    )
    return _end(parsed) == "pass" or any(_lets_everybody(one) for one in included)


#: An mx term with a mask, such as `mx/24` or `mx:example.org//64`.
_MASKED_MX = re.compile(r"(?i)\bmx(:[^\s/]+)?/")


def _matches(
    term: Mapping[str, Any], address: str, addresses_of: Callable[[str], Addresses], record: str
) -> bool | None:
    """Whether a mechanism matches; None where it cannot be told here."""
    kind, value = term["mechanism"], term["value"]
    if kind in ("ip4", "ip6"):
        return _within(address, [value])
    if "%" in value or kind in ("exists", "ptr"):
        return None
    if kind == "a":
        return _within(address, term.get("addresses", ()))
    if kind == "mx":
        found = [addresses_of(host["hostname"]) for host in term.get("hosts", ())]
        if any(_within(address, one.numbers) for one in found):
            return True
        is_told = all(one.is_answered for one in found) and not _MASKED_MX.search(record)
        return False if is_told else None
    included = term.get("parsed")
    if included is None:
        return None
    said = verdict(included, address, addresses_of, record=term["record"] or "")
    return None if said == "unsure" else said == "pass"


def _within(address: str, networks: Iterable[str]) -> bool:
    one = ip_address(address)
    return any(one in ip_network(network, strict=False) for network in networks)
