"""One spelling for one mailbox: what is stored, compared and sent to.

The domain is kept as its ASCII A-label (IDNA 2008, by email-validator) and the whole address in
lower case: RFC 5321 §2.4 lets a host tell `Marie@` from `marie@` and in the same breath
discourages it, so that one spelling is the simplest way never to send one person two copies.
Letters beyond ASCII before the @ (RFC 6531) are refused: hardly a provider carries them, and
nearly all of them are slips. Lengths: RFC 5321 §4.5.3.1.
"""

from __future__ import annotations

import re
import unicodedata

MAX_ADDRESS = 254
MAX_LOCAL = 64

_ATOM = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_LOCAL_PART = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_DOMAIN = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]{{0,61}}[a-z0-9]")
_PLAIN = re.compile(f"{_LOCAL_PART.pattern}@{_DOMAIN.pattern}").fullmatch
_NO_ATOM = re.compile(r"[^a-z0-9!#$%&'*+/=?^_`{|}~.-]")
_NO_LABEL = re.compile(r"[^a-z0-9.-]")


class AddressError(ValueError):
    """An address that cannot be written to. The text is a reason for people, without the address:
    `domain without a dot`."""


def normalise(raw: str) -> str:
    """The one spelling of an address; `normalise(normalise(x)) == normalise(x)`.

    `" Marie@Lettre.Example "` becomes `"marie@lettre.example"`.

    Raises:
        AddressError: it is no address; the error's text says why.
    """
    if raw.isascii():
        text = raw.strip().lower()
        if (
            len(text) <= MAX_ADDRESS
            and _PLAIN(text)
            and text.index("@") <= MAX_LOCAL
            and "xn--" not in text
        ):
            return text
    return _examine(raw.strip())


def _examine(text: str) -> str:
    _refuse_what_is_no_address(text)
    local, _, domain = text.partition("@")
    address = f"{_local_part(local)}@{_ascii_domain(domain)}"
    if len(address) > MAX_ADDRESS:
        raise AddressError(f"too long: {len(address)} characters, {MAX_ADDRESS} at most")
    return address


def _refuse_what_is_no_address(text: str) -> None:
    if not text:
        raise AddressError("no address")
    for character in text:
        if unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
            raise AddressError(f"an invisible character (U+{ord(character):04X})")
    if "<" in text or ">" in text or text.lower().startswith("mailto:"):
        raise AddressError("more than an address: write it without a name, brackets or “mailto:”")
    if any(character.isspace() for character in text):
        raise AddressError("a blank inside")
    count = text.count("@")
    if count == 0:
        raise AddressError("no @")
    if count > 1:
        raise AddressError("two @" if count == 2 else f"{count} @")


def _local_part(text: str) -> str:
    if not text:
        raise AddressError("nothing before the @")
    if not text.isascii():
        character = next(c for c in text if not c.isascii())
        raise AddressError(f"“{character}” before the @: only plain letters can be sent to")
    local = text.lower()
    if len(local) > MAX_LOCAL:
        raise AddressError(f"too long before the @: {len(local)} characters, {MAX_LOCAL} at most")
    wrong = _NO_ATOM.search(local)
    if wrong:
        raise AddressError(f"“{wrong[0]}” before the @")
    if not _LOCAL_PART.fullmatch(local):
        raise AddressError("a dot at the wrong place before the @")
    return local


def _ascii_domain(text: str) -> str:
    if not text:
        raise AddressError("nothing after the @")
    domain = text.lower()
    if not domain.isascii() or "xn--" in domain:
        domain = _a_labels(domain)
    if "." not in domain:
        raise AddressError("domain without a dot")
    if domain.startswith(".") or domain.endswith(".") or ".." in domain:
        raise AddressError("a dot at the wrong place after the @")
    wrong = _NO_LABEL.search(domain)
    if wrong:
        raise AddressError(f"“{wrong[0]}” after the @")
    if max(map(len, domain.split("."))) > 63:
        raise AddressError("a part of the domain is longer than 63 characters")
    if not _DOMAIN.fullmatch(domain):
        last = domain.rpartition(".")[2]
        if last[0].isdigit() or len(last) < 2:
            raise AddressError(f"domain ends in “.{last}”")
        raise AddressError("a hyphen at the wrong place after the @")
    return domain


def _a_labels(domain: str) -> str:
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(
            f"a@{domain}", check_deliverability=False, globally_deliverable=False
        )
    except EmailNotValidError as error:
        raise AddressError(f"domain that cannot exist: {error}") from None
    return found.ascii_domain
