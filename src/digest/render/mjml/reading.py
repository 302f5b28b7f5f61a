"""An MJML document read once: its structure judged, and taken apart for the compiler.

MRML gets a skeleton of components, with a mark in the place of every piece of HTML or CSS: what
it never sees it cannot spoil. `put_together` has the pieces ready for what it answers.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from itertools import accumulate
from typing import NoReturn

from digest.errors import TemplateError
from digest.render.mjml.html import (
    BARE,
    TOKEN,
    Opened,
    Tag,
    ascii_only,
    component_tag,
    crossed,
    from_ascii,
    not_closed,
    quoted,
    read_html,
    read_tag,
)
from digest.render.mjml.rules import Fault, components, parents_of

#: Components that have no element of their own in the HTML.
_UNMARKED = frozenset(("mjml", "mj-head", "mj-raw"))

_UNSENDABLE = re.compile("[\x00\ud800-\udfff]")
_PIECE = re.compile("⟦(\\d+)⟧")
_ROOTLESS = Fault("there is no <mjml>", "A template begins with <mjml> and ends with </mjml>.")


class Reading:
    """One document, read: `skeleton` is what MRML compiles.

    Args:
        source: MJML, with Jinja already done.
        name: the template's name, for messages.

    Raises:
        TemplateError: naming the template, the line and what to do.
    """

    def __init__(self, source: str, name: str) -> None:
        self._source = source
        self._name = name
        self._open: list[Opened] = []
        self._written: list[str] = []
        self._origins: list[int] = []
        self._pieces: list[str] = []
        self._classes: dict[str, str] = {}
        if match := _UNSENDABLE.search(source):
            found = f"a character that cannot be sent: U+{ord(match[0]):04X}"
            self._fail(match.start(), Fault(found, "Take it out of the text or the template."))
        for sign in ("{{", "{%"):
            if (at := source.find(sign)) >= 0:
                self._fail(at, Fault(f"“{sign}” is left over", "Values are written with {{ }}."))
        self._read()
        self.skeleton = "".join(self._written)

    def put_together(self, compiled: str) -> str:
        """What MRML made of the skeleton, with the pieces where their marks stand.

        Only the marks written here are marks: numbers are turned back between them.
        """
        parts = _PIECE.split(compiled)
        parts[::2] = map(from_ascii, parts[::2])
        parts[1::2] = [self._pieces[int(number)] for number in parts[1::2]]
        return "".join(parts)

    def line_of(self, position: int) -> int:
        """The source's line for a byte of the skeleton."""
        ends = list(accumulate(len(part.encode()) for part in self._written))
        index = min(bisect_right(ends, position), len(ends) - 1)
        return self._line(self._origins[index])

    def _read(self) -> None:
        """Every component; what stands in them that is none is read by the methods below."""
        at, rooted = 0, False
        while match := TOKEN.search(self._source, at):
            self._expect_nothing(at, match.start())
            tag, at, end = read_tag(match[0]), match.start(), match.end()
            if tag.kind == "close":
                self._close(tag, at)
            elif tag.fault:
                self._fail(at, tag.fault)
            elif tag.kind == "comment":
                self._comment(tag, at)
            else:
                if not self._open and (rooted or tag.name != "mjml"):
                    self._fail(at, _outside(tag.name))
                rooted = True
                end = self._component(tag, at, end)
            at = end
        self._expect_nothing(at, len(self._source))
        if self._open:
            self._fail(self._open[-1].at, not_closed(self._open[-1].name))
        if not rooted:
            self._fail(at, _ROOTLESS)

    def _component(self, tag: Tag, at: int, end: int) -> int:
        """A component's tag, with what it holds where those are no components.

        Returns where that ends.
        """
        parent = self._open[-1].name if self._open else ""
        if parent and tag.name not in components()[parent].children:
            self._fail(at, _misplaced(tag, parent))
        if parent == "mj-attributes":
            key = f".{tag.attributes.get('name')}" if tag.name == "mj-class" else tag.name
            self._classes[key] = tag.attributes.get("css-class", "")
        self._write(self._marked(tag) if "data-at" in tag.attributes else tag.written, at)
        if tag.kind == "alone":
            return end
        self._open.append(Opened(tag.name, at))
        content = tag.component.content if tag.component and parent != "mj-attributes" else ""
        if content not in ("html", "css", "text"):
            return end
        closing = self._end_of(tag.name, end)
        if closing < 0:
            self._fail(at, not_closed(tag.name))
        self._hold(content, end, closing)
        return closing

    def _comment(self, tag: Tag, at: int) -> None:
        """A comment for Outlook stands in mj-raw, as the reference compiler has it."""
        if not tag.written:
            return
        parent = self._open[-1].name if self._open else ""
        if not parent or "mj-raw" not in components()[parent].children:
            found = f"a comment for Outlook cannot stand {f'in <{parent}>' if parent else 'here'}"
            self._fail(at, Fault(found, f"It may stand in: {', '.join(parents_of('mj-raw'))}."))
        self._write("<mj-raw>", at)
        self._piece(tag.written, at)
        self._write("</mj-raw>", at)

    def _end_of(self, name: str, start: int) -> int:
        """Where a component's end tag begins, or -1; what stands in comments does not count."""
        sign = f"</{name}"
        closing = self._source.find(sign, start)
        while (comment := self._source.find("<!--", start, max(closing, start))) >= 0:
            end = self._source.find("-->", comment)
            if end < 0:
                return -1
            if closing < end:
                closing = self._source.find(sign, end)
            start = max(end, comment + 4)
        return closing

    def _hold(self, content: str, start: int, end: int) -> None:
        """What a component holds that is no component."""
        text = self._source[start:end]
        if content == "html":
            html = read_html(text)
            if html.fault:
                fault, opened = html.fault, html.opened
                if opened:
                    line = self._line(start + opened.at)
                    fault = Fault(fault.found, f"{fault.hint} It begins in line {line}.")
                self._fail(start + html.at, fault)
            self._piece(html.written, start)
        elif content == "css":
            self._piece(text.strip(), start)
        elif (sign := text.find("<")) >= 0:
            self._fail(start + sign, Fault(f"<{self._open[-1].name}> holds a tag", "Write words."))
        else:
            self._write(ascii_only(quoted(text.strip())).replace("\\", "&#92;"), start)

    def _close(self, tag: Tag, at: int) -> None:
        if not self._open:
            self._fail(at, Fault(f"</{tag.name}> closes nothing", "Remove it."))
        opened = self._open.pop()
        if opened.name != tag.name:
            fault = crossed(tag.name, opened.name)
            line = self._line(opened.at)
            self._fail(at, Fault(fault.found, f"{fault.hint} It begins in line {line}."))
        self._write(tag.written, at)

    def _expect_nothing(self, start: int, end: int) -> None:
        text = self._source[start:end]
        if text and (words := text.strip()):
            if (sign := text.find("<")) >= 0:
                self._fail(start + sign, BARE)
            found = f"stray text between components: “{words[:40]}”"
            self._fail(start + text.index(words), Fault(found, "Put it into mj-text."))

    def _marked(self, tag: Tag) -> str:
        """A component that was numbered for tracing keeps its number as a class."""
        attributes = dict(tag.attributes)
        number = attributes.pop("data-at")
        in_head = len(self._open) > 1 and self._open[1].name == "mj-head"
        if tag.name not in _UNMARKED and not in_head:
            keys = [f".{key}" for key in attributes.get("mj-class", "").split()]
            given = (self._classes.get(key, "") for key in (*keys, tag.name, "mj-all"))
            classes = attributes.get("css-class") or next(filter(None, given), "")
            attributes["css-class"] = f"{classes} at-{number}".lstrip()
        return component_tag(tag.name, attributes, alone=tag.kind == "alone")

    def _piece(self, text: str, origin: int) -> None:
        self._write(f"⟦{len(self._pieces)}⟧", origin)
        self._pieces.append(text)

    def _write(self, text: str, origin: int) -> None:
        self._written.append(text)
        self._origins.append(origin)

    def _line(self, at: int) -> int:
        return self._source.count("\n", 0, at) + 1

    def _fail(self, at: int, fault: Fault) -> NoReturn:
        raise TemplateError(f"{self._name}:{self._line(at)}: {fault.found}", fault.hint)


def _misplaced(tag: Tag, parent: str) -> Fault:
    found = f"<{tag.name}> cannot stand in <{parent}>"
    if tag.component is None:
        return Fault(found, "Put HTML into mj-text or mj-raw.")
    return Fault(found, f"It may stand in: {', '.join(parents_of(tag.name)) or 'nothing'}.")


def _outside(name: str) -> Fault:
    return Fault(f"<{name}> stands outside <mjml>", "Put everything inside one <mjml>.")
