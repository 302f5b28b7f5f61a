"""The links of a letter as a table: where each stands and leads, how it is marked and measured.

Pure. Whether a link answers is `digest check --links`'s business; what it found is shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from lxml import etree
from lxml import html as lxml_html

from digest.check import Finding
from digest.check.document import one_line

_PART = re.compile(r"story-\d+|slot-[\w-]+|note|contents|briefs|quotation|ending|footer")
#: How `digest.check.links` ends what it says of an answer: “… is not there (404)”.
_STATUS = re.compile(r"(?:\(|answered )([1-5]\d\d)\)")


def link_table(
    html: str, findings: Iterable[Finding], *, sponsored: Collection[str]
) -> dict[str, Any]:
    """Every link that leads out of the letter, in its order.

    Args:
        html: the letter as a reader receives it.
        findings: of the check; those about links give a row its status.
        sponsored: the addresses that sponsors' blocks lead to.

    Returns:
        `common`, the tracking parameters that every measured link has alike, and `rows`.
    """
    parser = lxml_html.HTMLParser(encoding="utf-8", remove_comments=True)
    root = lxml_html.document_fromstring((html.strip() or "<p></p>").encode(), parser=parser)
    about_links = [finding for finding in findings if finding.rule.startswith("link")]
    rows: list[dict[str, Any]] = []
    part = ""
    for node in root.iter(etree.Element):
        if _PART.fullmatch(node.get("id", "")):
            part = node.get("id", "")
        url = (node.get("href") or "").strip()
        if node.tag == "a" and url and not url.startswith("#"):
            slot = part.removeprefix("slot-") if part.startswith("slot-") else ""
            rows.append(
                {
                    "target": part,
                    "block": slot or part,
                    "text": one_line("".join(str(text) for text in node.itertext())),
                    "url": url,
                    "shown": _shown(url),
                    "sponsor": url in sponsored,
                    "utm": _tracking(url),
                    "status": _status(url, about_links),
                }
            )
    common = _common([row["utm"] for row in rows if row["utm"]])
    for row in rows:
        row["common"] = bool(row["utm"])
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


def _status(url: str, findings: Iterable[Finding]) -> str:
    """What is known of a link: the status it answered, or in what way it is odd; mostly “”."""
    for finding in findings:
        told, _, said = finding.message.partition(": ")
        if url == told or (told.endswith("…") and url.startswith(told[:-1])):
            found = _STATUS.search(said)
            return found[1] if found else finding.rule.removeprefix("link-")
    return ""
