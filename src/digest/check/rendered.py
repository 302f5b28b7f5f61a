"""Rules about the letter as rendered: size, links, ways out, address, tokens, leftovers."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from digest.check.content import link_fault
from digest.check.document import Document
from digest.check.findings import Finding, error, warning
from digest.config import Config
from digest.model.sending import Letter
from digest.render.tokens import nearest_token, unknown_tokens
from digest.text.folding import fold_case

#: Gmail cuts a letter above this many bytes of HTML.
GMAIL_CLIPS = 102_000

_UNSUBSCRIBE = "%%{unsubscribe_url"
#: Nobody means these for readers.
_LEFTOVER = re.compile(
    r"(?i:lorem ipsum)|\bFIXME\b|\bX{4,}\b|<mj-|\{%|\{\{|\\u\{"
    r"|\[(?i:titre|texte|résumé|nom|title|text|summary|name)\]"
)
#: These may be meant.
_DOUBTFUL = re.compile(r"\bTODO\b|\bTK\b|(?i:\bà compléter\b|\bà rédiger\b|\bto be written\b)")


def letter_findings(
    letter: Letter,
    document: Document,
    config: Config,
    *,
    known_links: Collection[str],
    published: str,
) -> Iterator[Finding]:
    """The findings of the rendered letter.

    Args:
        known_links: links that were judged at their story or slot already.
        published: the words of the articles as their publishers wrote them. What looks left over
            but stands there too stops no letter: nobody's title may.
    """
    yield from _size(letter, config)
    yield from _ways_out(letter, document, config)
    yield from _address(letter, document, config)
    for place, text in _texts(letter):
        for name in unknown_tokens(text):
            yield error("token-unknown", place, f"there is no token “{name}”", nearest_token(name))
    for link in document.links:
        if link.url in known_links or link.url.startswith("%%{"):
            continue
        if fault := link_fault(link.url):
            yield error(
                "link-scheme", f"HTML, “{link.text[:40]}”", fault, "Change the link or the setting."
            )
    for image in document.images:
        if image.alt is None:
            yield error(
                "picture-alt",
                "HTML",
                f"the picture {image.src[:60]} has no alternative text",
                'Write alt="…" in the template.',
            )
    yield from _leftovers(letter, document, published)


def _texts(letter: Letter) -> list[tuple[str, str]]:
    return [
        ("subject", letter.subject),
        ("preheader", letter.preheader),
        ("HTML", letter.html),
        ("text", letter.text),
    ]


def _size(letter: Letter, config: Config) -> Iterator[Finding]:
    size = len(letter.html.encode())
    found = f"the HTML has {size / 1000:.1f} kB; Gmail cuts at {GMAIL_CLIPS // 1000}"
    hint = "Take a story or a sentence of “En bref” out, or simplify the template."
    if size > config.check.fail_kb * 1000:
        yield error("size", "HTML", f"{found}, and {config.check.fail_kb} is the limit", hint)
    elif size > config.check.warn_kb * 1000:
        yield warning("size", "HTML", found, hint)


def _ways_out(letter: Letter, document: Document, config: Config) -> Iterator[Finding]:
    if not config.publication.public_url:
        yield error(
            "unsubscribe",
            "footer",
            "the unsubscribe link leads nowhere: publication.public_url is missing",
            "Set it in config.toml to the address where `digest serve` answers.",
        )
    if not config.publication.sender:
        yield warning(
            "sender-missing",
            "sender",
            "publication.sender is missing",
            "Set it in config.toml: the address that the letter comes from.",
        )
    hint = "Put %%{unsubscribe_url}%% back into the template."
    if not any(link.url.startswith(_UNSUBSCRIBE) for link in document.links):
        yield error("unsubscribe", "HTML", "there is no unsubscribe link", hint)
    if _UNSUBSCRIBE not in letter.text:
        yield error("unsubscribe", "text", "there is no unsubscribe link", hint)


def _address(letter: Letter, document: Document, config: Config) -> Iterator[Finding]:
    address = fold_case(config.publication.postal_address)
    if not address:
        yield error(
            "postal-address",
            "footer",
            "the publisher's postal address is missing",
            "Set publication.postal_address in config.toml.",
        )
        return
    hint = "Put publication.postal_address back into the template."
    for place, text in (("HTML", document.seen), ("text", fold_case(letter.text))):
        if address not in text:
            yield error("postal-address", place, "the postal address does not stand in it", hint)


def _leftovers(letter: Letter, document: Document, published: str) -> Iterator[Finding]:
    places = [("subject", letter.subject), ("preheader", letter.preheader)]
    places += [("HTML", document.visible), ("text", letter.text)]
    for place, text in places:
        found = list(_LEFTOVER.finditer(text))
        ours = [match for match in found if match[0] not in published]
        if ours:
            said = _around(text, ours[0])
            yield error("placeholder", place, said, "Write what belongs there.")
        elif match := next(iter(found), None) or _DOUBTFUL.search(text):
            yield warning(
                "placeholder", place, _around(text, match), "If it is left over, write the rest."
            )


def _around(text: str, match: re.Match[str]) -> str:
    around = " ".join(text[max(0, match.start() - 20) : match.end() + 20].split())
    return f"“{match[0]}” looks left over: …{around}…"
