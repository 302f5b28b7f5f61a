"""DMARC: what a domain asks of receivers, and whether its letters would pass.

Sources: RFC 7489 and RFC 9989 (the record, the walk up to the organisation's domain, alignment),
RFC 9990 §4 (who takes reports of another domain). Finding and reading the record is checkdmarc's;
alignment is decided here, with the organisational domain by the public suffix list.
"""

from __future__ import annotations

from dataclasses import dataclass

from digest.doctor.deliverability.names import ASK_AGAIN, Lookup, Names
from digest.doctor.examined import Examined


@dataclass(frozen=True, slots=True)
class Dmarc:
    """What stands at `_dmarc.` of a domain or of the one above it.

    `location` is the domain whose record it is, `policy` the one that counts for `domain`; modes
    are `r` (relaxed) or `s` (strict). `problem` says what is wrong with the record. Aggregate
    reports are mailed to the domains `reports_to`; `strangers` are what those of them say that
    belong to others, and must say that they take reports.
    """

    domain: str
    lookup: Lookup
    record: str = ""
    location: str = ""
    policy: str = ""
    dkim_mode: str = "r"
    spf_mode: str = "r"
    reports_to: tuple[str, ...] = ()
    strangers: tuple[Lookup, ...] = ()
    problem: str = ""
    is_silent: bool = False


def read_dmarc(names: Names, domain: str) -> Dmarc:
    """Ask for the policy of a domain."""
    from checkdmarc.dmarc import check_dmarc

    lookup = names.look(f"_dmarc.{domain}", "TXT")
    if not lookup.is_answered:
        return Dmarc(domain, lookup, is_silent=True)
    unanswered = names.resolver.unanswered
    found = check_dmarc(domain, resolver=names.resolver, nameservers=names.servers)
    if not found["valid"]:
        problem = str(found["error"])
        is_silent = names.resolver.unanswered > unanswered and not found["record"]
        record, location = found["record"] or "", found["location"] or ""
        return Dmarc(domain, lookup, record, location, problem=problem, is_silent=is_silent)
    tags = {name: tag["value"] for name, tag in found["tags"].items()}
    reports_to = tuple(
        one["address"].rpartition("@")[2].casefold()
        for one in tags.get("rua", ())
        if one["scheme"] == "mailto"
    )
    strangers = tuple(
        names.look(f"{found['location']}._report._dmarc.{one}", "TXT")
        for one in reports_to
        if not aligned(one, found["location"], "r")
    )
    return Dmarc(
        domain,
        lookup,
        record=found["record"],
        location=found["location"],
        policy=tags["p"] if found["location"] == domain else tags["sp"],
        dkim_mode=tags["adkim"],
        spf_mode=tags["aspf"],
        reports_to=reports_to,
        strangers=strangers,
    )


def judge_dmarc(dmarc: Dmarc, reports_to: str) -> Examined:
    """Whether there is a policy; `reports_to` is the address proposed for reports."""
    name = "dmarc"
    publish = f'_dmarc.{dmarc.domain}. IN TXT "v=DMARC1; p=none; rua=mailto:{reports_to}"'
    if dmarc.is_silent:
        found = dmarc.lookup.in_words() if not dmarc.lookup.is_answered else dmarc.problem
        return Examined(name, "unknown", f"{dmarc.lookup.name}: {found}", ASK_AGAIN)
    if not dmarc.record and not _says_dmarc(dmarc.lookup):
        return Examined(
            name,
            "error",
            f"neither {dmarc.domain} nor a domain above it has a DMARC record",
            f"Publish, and read the reports before asking for more:\n{publish}",
        )
    if dmarc.problem:
        return Examined(
            name,
            "error",
            f"_dmarc.{dmarc.location or dmarc.domain}: {dmarc.problem}",
            "Correct the record; receivers take a faulty one for none.",
        )
    found = f"_dmarc.{dmarc.location}: {dmarc.record}"
    if dmarc.policy == "none":
        return Examined(
            name,
            "warning",
            f"{found} – enough for bulk senders, but it protects nobody yet",
            "When the reports show only your own letters, go on to p=quarantine, then p=reject.",
        )
    return Examined(name, "ok", found)


def judge_reports(dmarc: Dmarc, reports_to: str) -> Examined:
    """Whether receivers tell somebody what passes and what fails."""
    name = "reports"
    if dmarc.is_silent or not dmarc.policy:
        return Examined(name, "unknown", "no DMARC record that could be read", "See dmarc.")
    if not dmarc.reports_to:
        return Examined(
            name,
            "warning",
            "no rua= in the DMARC record: nobody tells you what fails",
            f"Add rua=mailto:{reports_to} to the record.",
        )
    for lookup in dmarc.strangers:
        if not lookup.is_answered:
            return Examined(name, "unknown", f"{lookup.name}: {lookup.in_words()}", ASK_AGAIN)
        if not _says_dmarc(lookup):
            return Examined(
                name,
                "warning",
                f"{lookup.name} does not say that it takes them: receivers send none",
                f"Publish there, or take reports at your own domain:\n{lookup.name}. IN TXT "
                '"v=DMARC1"',
            )
    return Examined(name, "ok", f"they are mailed to {', '.join(dmarc.reports_to)}")


def judge_alignment(
    dmarc: Dmarc,
    *,
    spf: Examined,
    return_path: str,
    dkim: Examined,
    signing: str,
) -> Examined:
    """Whether SPF or DKIM speaks for the domain in `From`.

    Args:
        dmarc: whose modes count.
        spf: what was said of SPF.
        return_path: the domain after MAIL FROM; empty when nobody knows.
        dkim: what was said of the key.
        signing: the domain that signs (`d=`).
    """
    name, domain = "alignment", dmarc.domain
    by_spf = bool(return_path) and aligned(return_path, domain, dmarc.spf_mode)
    by_dkim = aligned(signing, domain, dmarc.dkim_mode)
    good = {"ok", "warning"}
    through = [
        words
        for words, is_aligned, examined in (
            (f"SPF ({return_path})", by_spf, spf),
            (f"DKIM ({signing})", by_dkim, dkim),
        )
        if is_aligned and examined.state in good
    ]
    if through:
        return Examined(name, "ok", f"{domain} through {' and '.join(through)}")
    may_be = (by_spf or not return_path) and spf.state == "unknown"
    if may_be or (by_dkim and dkim.state == "unknown"):
        return Examined(
            name, "unknown", "neither SPF nor DKIM could be seen to speak for it", "See spf, dkim."
        )
    return Examined(
        name,
        "error",
        f"nothing speaks for {domain}: neither the return path ({return_path or 'not known'}) nor "
        f"the signature ({signing})",
        f"Sign as {domain} (DKIM), or let failures return to an address of {domain} with SPF.",
    )


def aligned(one: str, other: str, mode: str) -> bool:
    """Whether two domains are aligned: the same (`s`), or of the same organisation (`r`)."""
    from checkdmarc.utils import get_base_domain

    if mode == "s":
        return one.casefold() == other.casefold()
    return bool(get_base_domain(one) == get_base_domain(other))


def _says_dmarc(lookup: Lookup) -> bool:
    return any(one.strip().lower().startswith("v=dmarc1") for one in lookup.records)
