"""The links of a letter as a table: where each stands and leads, how it is marked and measured.

Pure. Whether a link answers is `digest check --links`'s business; a finding that names an address
is shown beside it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml import etree

from digest.check import Finding
from digest.check.document import one_line
from digest.text.saying import Said
from digest.web.studio.tree import tree_of

_PART = re.compile(r"story-\d+|slot-[\w-]+|masthead|note|contents|briefs|quotation|ending|footer")


def link_table(
    html: str, findings: Sequence[Finding], *, sponsored: Collection[str]
) -> dict[str, Any]:
    """Every link that leads out of the letter, in its order.

    Args:
        html: the letter as a reader receives it.
        findings: of the check, as they are numbered; `finding` is the first that names a row’s
            address, 0 for none.
        sponsored: the addresses that sponsors' blocks lead to.

    Returns:
        `common`, the tracking parameters that all sponsors’ links have alike and that their rows
        leave out, and `rows`.
    """
    rows: list[dict[str, Any]] = []
    part = ""
    for node in tree_of(html).iter(etree.Element):
        if _PART.fullmatch(node.get("id", "")):
            part = node.get("id", "")
        url = (node.get("href") or "").strip()
        if node.tag == "a" and url and not url.startswith("#"):
            rows.append(
                {
                    "target": part,
                    "text": one_line("".join(str(text) for text in node.itertext())),
                    "url": url,
                    "shown": _shown(url),
                    "sponsor": url in sponsored,
                    "utm": _tracking(url),
                    "finding": _naming(url, findings),
                }
            )
    common = _common([row["utm"] for row in rows if row["sponsor"]])
    for row in rows:
        if row["sponsor"]:
            row["utm"] = {name: value for name, value in row["utm"].items() if name not in common}
    return {"common": common, "rows": rows}


def _shown(url: str) -> str:
    """Host and path, as a person reads an address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return url
    if parts.scheme not in ("http", "https"):
        return url
    return f"{host}{parts.path}".rstrip("/")


def _tracking(url: str) -> dict[str, str]:
    try:
        query = urlsplit(url).query
    except ValueError:
        return {}
    return {name: value for name, value in parse_qsl(query) if name.startswith("utm_")}


def _common(measured: list[dict[str, str]]) -> dict[str, str]:
    counts = Counter(pair for parameters in measured for pair in parameters.items())
    return {
        name: value
        for (name, value), count in counts.items()
        if count == len(measured) and len(measured) > 1
    }


def _naming(url: str, findings: Sequence[Finding]) -> int:
    """The number of the first finding whose words hold an address; 0 for none."""
    for number, finding in enumerate(findings, 1):
        if isinstance(finding.message, Said) and url in finding.message.words.values():
            return number
    return 0
