"""Shows addresses (of the web, of a database, of people) without what must stay secret in them."""

from __future__ import annotations

import re
from collections.abc import Iterable

from digest.model.people import mask_address

_WEB_USER = re.compile(r"(?i)^(https?://)[^/?#\s]*@")
_OTHER_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)([^:/@\s]*):.*@(?=[^@]*$)", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"(?i)([?&;][^=&;#\s]*(?:pass|pwd|secret|token|key|sig|auth)[^=&;#\s]*=)[^&;#\s]*"
)
_ATOM = r"[^\s<>\"'(),;:@\[\]]"
#: It begins where a word begins; trying every letter of it takes minutes for a long one. The part
#: before the @ may be quoted (RFC 5321 §4.1.2), the @ itself be written as in a URL.
_ADDRESS = re.compile(
    rf"((?<!{_ATOM}){_ATOM}+|\"[^\"\r\n]{{1,64}}\")(@|%40)({_ATOM}+|\[[^\]\s]{{1,80}}\])"
)


def mask_addresses(text: str, secrets: Iterable[str] = ()) -> str:
    """The text with people's addresses as `m…@example.org` and each of `secrets` as `***`."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return _ADDRESS.sub(_masked, text)


def _masked(found: re.Match[str]) -> str:
    local, at, domain = found.groups()
    return mask_address(f"{local.lstrip(chr(34))}@{domain}").replace("@", at)


def mask_url(url: str) -> str:
    """`https://ana:secret@host/x?token=t` → `https://***@host/x?token=***`.

    Of a database's address the user's name stays: `postgresql://ana:***@host/db`. What holds no
    secret, or is no address, is unchanged.
    """
    masked = _WEB_USER.sub(r"\1***@", url)
    if masked == url and not url.lower().startswith(("http://", "https://")):
        masked = _OTHER_USER.sub(r"\1\2:***@", url)
    return _SECRET_PARAMETER.sub(r"\1***", masked)
