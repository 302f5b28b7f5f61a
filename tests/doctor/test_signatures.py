"""Whether signatures can be verified and speak for the sender: DKIM and DMARC."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis.strategies import text
from tests.doctor.conftest import key_zone, public_text
from tests.doctor.dns_server import NameServer

from digest.delivery.message.signing_key import public_record, zone_line
from digest.doctor.deliverability.dkim import (
    DkimRecord,
    judge_dkim,
    look_at_key,
    parse_key,
    strength,
)
from digest.doctor.deliverability.dmarc import (
    Dmarc,
    aligned,
    judge_alignment,
    judge_dmarc,
    judge_reports,
    read_dmarc,
)
from digest.doctor.deliverability.names import Lookup, Names
from digest.doctor.examined import Examined, State

SHORT = public_text(rsa.generate_private_key(public_exponent=65537, key_size=1024))


def dkim(names: NameServer, *selectors: str, own: str = "") -> Examined:
    """What is said of these selectors; `own` is the record of the key that signs for the first."""
    asking = Names(names.address)
    lookups = {one: look_at_key(asking, one, "example.org") for one in selectors}
    records = {selectors[0]: own} if own else {}
    return judge_dkim(lookups, "example.org", own=records)


# ---- DKIM -----------------------------------------------------------------------------------


def test_key_that_signs_here_is_recognised(
    names: NameServer, private_key: rsa.RSAPrivateKey
) -> None:
    own = public_record(private_key)
    found = dkim(names, "lettre", own=own)
    assert found.state == "ok"
    assert found.found == ("lettre._domainkey.example.org: rsa, 2048 bits, the key that signs here")


def test_published_key_that_is_not_ours_is_replaced_by_the_printed_one(names: NameServer) -> None:
    other = ed25519.Ed25519PrivateKey.generate()
    own = public_record(other)
    found = dkim(names, "lettre", own=own)
    assert found.state == "error"
    assert found.hint == f"Publish:\n{zone_line('lettre._domainkey.example.org', own)}"


def test_printed_record_can_be_published_as_it_stands(
    names: NameServer, private_key: rsa.RSAPrivateKey
) -> None:
    own = public_record(private_key)
    missing = dkim(names, "neuf", own=own)
    assert missing.state == "error"
    name, _, strings = missing.hint.splitlines()[1].partition(". IN TXT ")
    names.publish(f"{name} TXT {strings.strip('()')}")
    assert dkim(names, "neuf", own=own).state == "ok"


@pytest.mark.parametrize(
    ("text", "state", "word"),
    [
        ("v=DKIM1; p=", "error", "revoked"),
        (f"v=DKIM1; t=y; p={SHORT}", "warning", "marked as a test"),
        (f"v=DKIM1; p={SHORT}", "warning", "2048 are advised"),
        (f"k=rsa; p={SHORT}; t=s", "warning", "1024 bits"),
        (f"v=DKIM1; p={SHORT[:100]}", "error", "was it cut off?"),
        (f"v=DKIM2; p={SHORT}", "error", "version"),
        (f"v=DKIM1; k=dsa; p={SHORT}", "error", "“dsa”"),
        (f"v=DKIM1; p={SHORT}; p={SHORT}", "error", "stands twice"),
        ("v=DKIM1; p=éé", "error", "no base64"),
        (f"v=DKIM1; rubbish; p={SHORT}", "error", "is no tag"),
        ("v=DKIM1; k=ed25519; p=AAAA", "error", "32 bytes"),
        (f"v=DKIM1; h=sha1; p={SHORT}", "error", "limited to sha1"),
        (f"v=DKIM1; s=tlsrpt; p={SHORT}", "error", "not e-mail"),
        (f"v=DKIM1; h=sha1:sha256; s=*; p={SHORT}", "warning", "2048 are advised"),
        ("v=spf1 -all", "error", "holds no key"),
    ],
)
def test_key_that_is_no_use_says_why(names: NameServer, text: str, state: str, word: str) -> None:
    names.publish(key_zone("autre", text))
    found = dkim(names, "autre")
    assert (found.state, word in found.found) == (state, True), found


def test_relays_own_key_is_not_compared_with_the_one_that_signs_here(
    names: NameServer, private_key: rsa.RSAPrivateKey
) -> None:
    names.publish(key_zone("relais", f"v=DKIM1; p={SHORT}"))
    found = dkim(names, "lettre", "relais", own=public_record(private_key))
    assert found.state == "ok"
    assert dkim(names, "relais").state == "warning"


def test_ed25519_alone_is_not_enough_everywhere(names: NameServer) -> None:
    names.publish(key_zone("ed", public_record(ed25519.Ed25519PrivateKey.generate())))
    assert dkim(names, "ed").state == "warning"


def test_one_good_key_of_several_is_enough(names: NameServer) -> None:
    assert dkim(names, "s1", "lettre").state == "ok"
    assert dkim(names, "s1", "s2").state == "error"


def test_provider_may_keep_the_key_under_a_name_of_its_own(names: NameServer) -> None:
    names.publish("s1._domainkey.example.org CNAME lettre._domainkey.example.org.")
    assert dkim(names, "s1").state == "ok"


def test_two_keys_under_one_name_are_ambiguous(names: NameServer) -> None:
    names.publish(key_zone("lettre", f"v=DKIM1; p={SHORT}"))
    assert "2 keys" in dkim(names, "lettre").found


def test_unknown_selector_or_silent_resolver_is_nobodys_fault(names: NameServer) -> None:
    assert dkim(names).state == "unknown"
    names.broken["lettre._domainkey.example.org"] = "SERVFAIL"
    assert dkim(names, "lettre").state == "unknown"


def test_record_without_a_key_or_of_another_kind_is_no_key() -> None:
    with pytest.raises(ValueError, match="no key"):
        parse_key("v=DKIM1; k=rsa")
    curve = ec.generate_private_key(ec.SECP256R1()).public_key()
    der = curve.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    with pytest.raises(ValueError, match="not of the kind"):
        strength(DkimRecord(der))


def test_weak_key_is_refused_by_receivers() -> None:
    lookup = Lookup("s._domainkey.example.org", "TXT", "found", (f"v=DKIM1; p={WEAK}",))
    found = judge_dkim({"s": lookup}, "example.org")
    assert (found.state, "512 bits" in found.found) == ("error", True)


#: An RSA key of 512 bits; programs make none so short any more.
WEAK = (
    "MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAKj34GkxFhD90vcNLYLInFEX6Ppy1tPf9Cnzj4p4WGeKLs1Pt8Qu"
    "KUpRKfFLfRYC9AIKjbJTWit+CqvjWYzvQwECAwEAAQ=="
)


# ---- DMARC ----------------------------------------------------------------------------------


def dmarc(names: NameServer, domain: str = "example.org") -> Examined:
    return judge_dmarc(read_dmarc(Names(names.address), domain), f"dmarc@{domain}")


def test_policy_that_protects_is_well(names: NameServer) -> None:
    assert dmarc(names).state == "ok"


def test_subdomain_has_the_policy_of_the_domain_above(names: NameServer) -> None:
    names.publish("news.example.org A 192.0.2.3")
    read = read_dmarc(Names(names.address), "news.example.org")
    assert (read.location, read.policy) == ("example.org", "quarantine")


def test_no_policy_says_what_to_publish(names: NameServer) -> None:
    names.withdraw("_dmarc.example.org", "TXT")
    found = dmarc(names)
    assert found.state == "error"
    assert found.hint.splitlines()[1] == (
        '_dmarc.example.org. IN TXT "v=DMARC1; p=none; rua=mailto:dmarc@example.org"'
    )


@pytest.mark.parametrize(
    ("record", "state", "word"),
    [
        ("v=DMARC1; p=none; rua=mailto:d@example.org", "warning", "protects nobody yet"),
        ("v=DMARC1; p=reject", "ok", "p=reject"),
        ("v=DMARC1; p=rejected", "error", "rejected"),
        ("v=DMARC1; p=reject; p=none", "error", "Duplicate p"),
        ("v=DMARC1 p=reject", "error", "_dmarc.example.org"),
        (" v=DMARC1; p=reject", "error", "whitespace"),
    ],
)
def test_policy_that_is_weak_or_faulty_is_told(
    names: NameServer, record: str, state: str, word: str
) -> None:
    names.withdraw("_dmarc.example.org", "TXT")
    names.publish(f'_dmarc.example.org TXT "{record}"')
    found = dmarc(names)
    assert (found.state, word in found.found) == (state, True), found


def test_two_policies_are_none(names: NameServer) -> None:
    names.publish('_dmarc.example.org TXT "v=DMARC1; p=none"')
    found = dmarc(names)
    assert found.state == "error"
    assert "Multiple" in found.found


def test_resolver_that_fails_says_nothing_of_the_policy(names: NameServer) -> None:
    names.broken["_dmarc.example.org"] = "SERVFAIL"
    assert dmarc(names).state == "unknown"
    names.publish("news.example.org A 192.0.2.3")
    assert dmarc(names, "news.example.org").state == "unknown"


def reports(names: NameServer, domain: str = "example.org") -> Examined:
    return judge_reports(read_dmarc(Names(names.address), domain), f"dmarc@{domain}")


def test_reports_to_the_sender_himself_need_nothing_else(names: NameServer) -> None:
    assert reports(names) == Examined("reports", "ok", "they are mailed to example.org")


def test_policy_without_reports_leaves_everybody_in_the_dark(names: NameServer) -> None:
    names.records["_dmarc.example.org", "TXT"] = ['"v=DMARC1; p=reject"']
    found = reports(names)
    assert (found.state, found.hint) == (
        "warning",
        "Add rua=mailto:dmarc@example.org to the record.",
    )


def test_reports_to_another_domain_need_its_consent(names: NameServer) -> None:
    names.records["_dmarc.example.org", "TXT"] = [
        '"v=DMARC1; p=none; rua=mailto:a@lecteur.example"'
    ]
    found = reports(names)
    consent = "example.org._report._dmarc.lecteur.example"
    assert found.state == "warning"
    assert f'{consent}. IN TXT "v=DMARC1"' in found.hint.splitlines()
    names.publish(f'{consent} TXT "v=DMARC1"')
    assert reports(names).state == "ok"
    names.broken[consent] = "SERVFAIL"
    assert reports(names).state == "unknown"


def test_without_a_policy_there_is_nothing_to_say_of_reports(names: NameServer) -> None:
    names.withdraw("_dmarc.example.org", "TXT")
    assert reports(names).state == "unknown"


# ---- Alignment ------------------------------------------------------------------------------


def alignment(
    *,
    spf: State = "ok",
    dkim: State = "ok",
    return_path: str = "example.org",
    signing: str = "example.org",
    mode: str = "r",
) -> Examined:
    lookup = Lookup("_dmarc.lettre.example.org", "TXT", "found")
    read = Dmarc("lettre.example.org", lookup, dkim_mode=mode, spf_mode=mode)
    return judge_alignment(
        read,
        spf=Examined("spf", spf, ""),
        return_path=return_path,
        dkim=Examined("dkim", dkim, ""),
        signing=signing,
    )


def test_either_way_of_speaking_for_the_sender_is_enough() -> None:
    assert alignment().found == (
        "lettre.example.org through SPF (example.org) and DKIM (example.org)"
    )
    assert alignment(dkim="error").state == "ok"
    assert alignment(spf="error").state == "ok"


def test_relay_that_signs_for_itself_speaks_for_nobody() -> None:
    found = alignment(signing="relay.example", return_path="relay.example")
    assert found.state == "error"
    assert "Sign as lettre.example.org" in found.hint


def test_strict_mode_wants_the_very_same_domain() -> None:
    assert alignment(mode="s").state == "error"
    assert alignment(mode="s", signing="lettre.example.org").state == "ok"


def test_what_could_not_be_seen_is_left_open() -> None:
    assert alignment(spf="error", dkim="unknown").state == "unknown"
    assert alignment(spf="unknown", dkim="error", return_path="").state == "unknown"
    assert alignment(spf="error", dkim="error").state == "error"


def test_organisations_are_told_apart_by_the_public_suffix_list() -> None:
    assert aligned("a.example.co.uk", "b.example.co.uk", "r")
    assert not aligned("one.co.uk", "other.co.uk", "r")


@given(text())
def test_no_record_whatever_it_holds_is_more_than_told(record: str) -> None:
    lookup = Lookup("s._domainkey.example.org", "TXT", "found", (f"p={record}",))
    judged = judge_dkim({"s": lookup}, "example.org")
    assert judged.state == "error"
