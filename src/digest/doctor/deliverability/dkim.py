"""DKIM: whether the public key that receivers ask for is there, strong enough, and the one whose
private half signs.

Sources: RFC 6376 §3.6.1 (the record), RFC 8301 (RSA keys of 1024 bits at least, 2048 advised),
RFC 8463 (Ed25519).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.delivery.message.signing_key import record_name, zone_line
from digest.doctor.deliverability.names import ASK_AGAIN, Lookup, Names
from digest.doctor.examined import Examined

FEWEST_BITS, ADVISED_BITS = 1024, 2048


@dataclass(frozen=True, slots=True)
class DkimRecord:
    """What a selector's record says; `public` is the bytes of `p=`, empty for a revoked key.

    `hashes` and `services` are what it limits the key to (`h=`, `s=`); empty without a limit.
    """

    public: bytes
    kind: str = "rsa"
    is_testing: bool = False
    hashes: frozenset[str] = frozenset()
    services: frozenset[str] = frozenset()


def look_at_key(names: Names, selector: str, domain: str) -> Lookup:
    """Ask for a selector's record."""
    return names.look(record_name(domain, selector), "TXT")


def judge_dkim(
    lookups: Mapping[str, Lookup], domain: str, *, own: Mapping[str, str] | None = None
) -> Examined:
    """Whether receivers find a key that is any use.

    Args:
        lookups: by selector; empty when no selector is known.
        domain: that signs.
        own: by selector, the record of the key that signs here (`[delivery.dkim] key_file`).
    """
    if not lookups:
        return Examined(
            "dkim",
            "unknown",
            "the selector under which letters are signed is not known",
            "Say it: --selector NAME. It is s= in the DKIM-Signature: header of a letter that "
            "arrived.",
        )
    records = own or {}
    judged = [
        _judge(name, lookup, domain, records.get(name, "")) for name, lookup in lookups.items()
    ]
    rank = ("ok", "warning", "unknown", "error")
    # One good key is enough: the others may be a provider's spare ones.
    return min(judged, key=lambda one: rank.index(one.state))


def parse_key(record: str) -> DkimRecord:
    """Read a key's record.

    Raises:
        ValueError: what is wrong with it.
    """
    tags: dict[str, str] = {}
    for part in filter(None, (one.strip() for one in record.split(";"))):
        name, equals, value = part.partition("=")
        name = name.strip()
        if not equals or not name:
            raise ValueError(f"“{part[:40]}” is no tag")
        if name in tags:
            raise ValueError(f"the tag {name}= stands twice")
        tags[name] = "".join(value.split())
    if tags.get("v", "DKIM1") != "DKIM1":
        raise ValueError(f"its version is {tags['v']}, not DKIM1")
    if "p" not in tags:
        raise ValueError("it has no key (p=)")
    try:
        public = base64.b64decode(tags["p"], validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("its key (p=) is no base64") from None
    services = _listed(tags.get("s", ""))
    return DkimRecord(
        public,
        tags.get("k", "rsa").lower() or "rsa",
        "y" in _listed(tags.get("t", "")),
        hashes=_listed(tags.get("h", "")),
        services=frozenset() if "*" in services else services,
    )


def strength(record: DkimRecord) -> int:
    """Bits of an RSA key; of an Ed25519 key the 256 that it has.

    Raises:
        ValueError: it is no such key.
    """
    if record.kind == "ed25519":
        if len(record.public) != 32:
            raise ValueError(f"an Ed25519 key has 32 bytes, this one {len(record.public)}")
        return 256
    if record.kind != "rsa":
        raise ValueError(f"keys of the kind “{record.kind}” are unknown to receivers")
    try:
        key = load_der_public_key(record.public)
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("its key (p=) cannot be read; was it cut off?") from None
    if not isinstance(key, RSAPublicKey):
        raise ValueError("its key (p=) is not of the kind that k= says")
    return key.key_size


# ---- Detail ---------------------------------------------------------------------------------


def _judge(selector: str, lookup: Lookup, domain: str, own: str) -> Examined:
    publish = (
        f"Publish:\n{zone_line(record_name(domain, selector), own)}"
        if own
        else "Publish the record of the relay or provider that signs, or sign here: `digest dkim`."
    )
    if not lookup.is_answered:
        return Examined("dkim", "unknown", f"{lookup.name}: {lookup.in_words()}", ASK_AGAIN)
    keys = [one for one in lookup.records if "p=" in one]
    if not keys:
        return Examined("dkim", "error", f"{lookup.name} holds no key", publish)
    if len(keys) > 1:
        return Examined(
            "dkim", "error", f"{lookup.name} holds {len(keys)} keys", "Keep one, remove the others."
        )
    try:
        record = parse_key(keys[0])
        bits = strength(record) if record.public else 0
    except ValueError as error:
        return Examined("dkim", "error", f"{lookup.name}: {error}", publish)
    if not record.public:
        return Examined(
            "dkim", "error", f"{lookup.name}: the key was revoked (p= is empty)", publish
        )
    if limit := _limit(record):
        return Examined("dkim", "error", f"{lookup.name}: {limit}", publish)
    if own and not _is_same(record, parse_key(own)):
        return Examined(
            "dkim", "error", f"{lookup.name}: another key than [delivery.dkim] key_file", publish
        )
    found = f"{lookup.name}: {record.kind}, {bits} bits"
    if record.kind == "rsa" and bits < FEWEST_BITS:
        return Examined(
            "dkim", "error", f"{found}; receivers refuse less than {FEWEST_BITS}", _STRONGER
        )
    if record.kind == "ed25519":
        return Examined(
            "dkim", "warning", f"{found}; large receivers do not read it yet", _ALSO_RSA
        )
    if record.is_testing:
        return Examined(
            "dkim", "warning", f"{found}, marked as a test (t=y)", "Remove t=y from the record."
        )
    if record.kind == "rsa" and bits < ADVISED_BITS:
        return Examined("dkim", "warning", f"{found}; {ADVISED_BITS} are advised", _STRONGER)
    return Examined("dkim", "ok", found + (", the key that signs here" if own else ""))


def _listed(tag: str) -> frozenset[str]:
    return frozenset(filter(None, tag.lower().split(":")))


def _limit(record: DkimRecord) -> str:
    """What keeps the key from serving for mail as it is signed today; empty for nothing."""
    if record.hashes and "sha256" not in record.hashes:
        return f"the key is limited to {', '.join(sorted(record.hashes))} (h=), not SHA-256"
    if record.services and "email" not in record.services:
        return f"the key is limited to {', '.join(sorted(record.services))} (s=), not e-mail"
    return ""


def _is_same(one: DkimRecord, other: DkimRecord) -> bool:
    return (one.kind, one.public) == (other.kind, other.public)


_ALSO_RSA = "Sign with an RSA key of 2048 bits, at least as well."
_STRONGER = f"Make a key of {ADVISED_BITS} bits under a new selector, then sign with it."
