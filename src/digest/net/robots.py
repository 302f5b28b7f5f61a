"""What a site's robots.txt asks of us: which addresses to leave alone, and how slowly to go.

Groups for “digest” count before those for everybody. A file that says nothing allows everything.
Sources: RFC 9309 (an absent file allows everything, one that cannot be read forbids everything;
500 KiB at least are read); Crawl-delay as the large search engines have it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from protego import Protego

#: The name we go by in robots.txt.
NAME = "digest"
#: Seconds that a site may make us wait between two addresses, at most.
LONGEST_DELAY = 10.0

_LONGEST = 512_000
_AGENT = re.compile(r"(?im)^[ \t]*user[- ]?agent[ \t]*[: \t][ \t]*([^#\n]*)")
_PRODUCT = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True)
class Robots:
    """A robots.txt; `delay` is in seconds."""

    rules: Protego
    delay: float

    @classmethod
    def read(cls, body: bytes) -> Robots:
        """Whatever the bytes are; nothing in them is an error."""
        text = "\n".join(body[:_LONGEST].decode("utf-8-sig", "replace").splitlines())
        # Thousands of other programs' names, each with thousands of rules, would take minutes.
        rules = Protego.parse(_AGENT.sub(_ours_or_not, text))
        delay = rules.crawl_delay(NAME) or 0.0
        return cls(rules, min(max(delay, 0.0), LONGEST_DELAY))

    def allows(self, url: str) -> bool:
        """Whether we may fetch an address of the site."""
        return bool(self.rules.can_fetch(url, NAME))


def _ours_or_not(match: re.Match[str]) -> str:
    name = match[1].strip()
    if name.startswith("*"):
        return "User-agent: *"
    product = _PRODUCT.match(name)
    is_ours = product is not None and product[0].lower() == NAME
    return f"User-agent: {NAME if is_ours else 'somebody-else'}"
