"""How XML from outside is parsed: no entities, nothing from the network, no huge trees.

One place for what keeps hostile documents harmless. Caps on their size are the callers', before.
"""

from __future__ import annotations

from lxml import etree


def strict_parser(*, recover: bool, encoding: str | None = None) -> etree.XMLParser:
    """A parser for one document; with `recover` a broken one gives what can be read of it."""
    return etree.XMLParser(
        encoding=encoding,
        recover=recover,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
