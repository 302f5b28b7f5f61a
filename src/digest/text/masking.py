"""Shows an address on the web or of a database without what must stay secret in it."""

from __future__ import annotations

import re

_WEB_USER = re.compile(r"(?i)^(https?://)[^/?#\s]*@")
_OTHER_USER = re.compile(r"^([a-z][a-z0-9+.-]*://)([^:/@\s]*)(?::.*)?@(?=[^@]*$)", re.IGNORECASE)
_SECRET_PARAMETER = re.compile(
    r"(?i)([?&;][^=&;#\s]*(?:pass|pwd|secret|token|key|sig|auth)[^=&;#\s]*=)[^&;#\s]*"
)


def mask_url(url: str) -> str:
    """`https://ana:secret@host/x?token=t` → `https://***@host/x?token=***`.

    Of a database's address the user's name stays: `postgresql://ana:***@host/db`. What is no
    address is unchanged.
    """
    masked = _WEB_USER.sub(r"\1***@", url)
    if masked == url and not url.lower().startswith(("http://", "https://")):
        masked = _OTHER_USER.sub(r"\1\2:***@", url)
    return _SECRET_PARAMETER.sub(r"\1***", masked)
