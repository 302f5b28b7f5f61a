"""MJML to HTML: the one defended door to `mjml-python` (MRML 6).

MRML validates nothing and writes some characters as Rust would print them; what was measured:
non-ASCII, backslashes and line breaks in attributes are spoilt, white space between inline
elements is dropped, deep nesting ends the process, unknown components pass in silence. Here the
source is checked and rewritten so that none of it can happen, and the result is looked through.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from dataclasses import dataclass, field

from mjml import mjml2html

from digest.errors import TemplateError
from digest.render.mjml_rules import TAG, VOID, attributes_of, check_tag, components

#: Elements inside elements, at most; MRML's stack ends at a few hundred.
MAX_DEPTH = 60

_INLINE = re.compile(
    r"a|abbr|b|bdi|bdo|br|cite|code|del|dfn|em|font|i|img|ins|kbd|mark|q|s|samp|small|span|strong"
    r"|sub|sup|time|u|var|wbr"
)
_LEFTOVER = re.compile(r"<mj-|\{\{|\{%|\\u\{")
_SPOILT = re.compile(r"""<[a-z][^<>]*?="[^"]*\\n""")
_POSITION = re.compile(r"position (\d+)")
_NUMERIC = re.compile(r"&#(\d{3,7});")


def compile_mjml(source: str, *, name: str) -> str:
    """Compile MJML to HTML.

    Args:
        source: the MJML, with Jinja already done.
        name: the template's name, for messages.

    Raises:
        TemplateError: naming the template, the line and what to do.
    """
    rewriter = _Rewriter(source, name)
    rewriter.run()
    try:
        compiled: str = mjml2html("".join(rewriter.out), fonts={})
    except ValueError as error:
        raise rewriter.as_template_error(error) from None
    compiled = _NUMERIC.sub(_from_numeric, compiled)
    if left := _LEFTOVER.search(compiled) or _SPOILT.search(compiled):
        around = compiled[max(0, left.start() - 30) : left.end() + 30].replace("\n", " ")
        raise TemplateError(
            f"{name}: the HTML still holds “{left[0][-12:]}”: …{around}…",
            "Look for it in the template; values are written with {{ }}.",
        )
    return compiled


def _from_numeric(match: re.Match[str]) -> str:
    return html.unescape(match[0]) if int(match[1]) > 127 else match[0]


def _to_numeric(text: str) -> str:
    return text.encode("ascii", "xmlcharrefreplace").decode("ascii")


@dataclass
class _Rewriter:
    """Walks the source once: checks structure, writes what MRML renders faithfully."""

    source: str
    name: str
    out: list[str] = field(default_factory=list)
    stack: list[tuple[str, int]] = field(default_factory=list)
    line: int = 1
    written: int = 0
    lines: list[tuple[int, int]] = field(default_factory=list)
    seen_root: bool = False
    previous: str = ""

    def run(self) -> None:
        end = 0
        while match := TAG.search(self.source, end):
            self.text(self.source[end : match.start()], match["name"] or "")
            if match["odd"]:
                self.fail(
                    "CDATA, declarations and doctypes do not belong into a template",
                    "Remove it; the doctype is added.",
                )
            elif match["name"] is None:
                self.comment(match[0])
            elif match["slash"]:
                self.close(match["name"])
            else:
                self.open(match["name"], match["attributes"])
            self.line += match[0].count("\n")
            end = match.end()
            if self.inside("css", "text"):
                end = self.raw_text(end)
        self.text(self.source[end:], "")
        if self.stack:
            name, self.line = self.stack[-1]
            self.fail(f"<{name}> is not closed", f"Add </{name}>.")
        if not self.seen_root:
            self.fail("there is no <mjml>", "A template begins with <mjml> and ends with </mjml>.")

    def write(self, text: str) -> None:
        ascii_text = _to_numeric(text)
        self.lines.append((self.written, self.line))
        self.out.append(ascii_text)
        self.written += len(ascii_text)

    def fail(self, found: str, hint: str) -> None:
        raise TemplateError(f"{self.name}:{self.line}: {found}", hint)

    def as_template_error(self, error: ValueError) -> TemplateError:
        where = self.name
        if position := _POSITION.search(str(error)):
            index = bisect_right(self.lines, (int(position[1]), 1 << 30)) - 1
            where = f"{self.name}:{self.lines[max(index, 0)][1]}"
        return TemplateError(
            f"{where}: MJML cannot be read: {str(error).splitlines()[0]}",
            "Look for a tag that is not closed, or an unusual character in a tag.",
        )

    def inside(self, *kinds: str) -> bool:
        component = components().get(self.stack[-1][0]) if self.stack else None
        return component is not None and component.content in kinds

    def text(self, text: str, following: str) -> None:
        if not text:
            return
        if "<" in text:
            self.line += text[: text.index("<")].count("\n")
            self.fail("a bare “<”, or a tag that is not closed by “>”", "Write &lt; for the sign.")
        for leftover in ("{{", "{%"):
            if leftover in text:
                self.line += text[: text.index(leftover)].count("\n")
                self.fail(f"“{leftover}” is left over", "Values are written with {{ }} in Jinja.")
        if not self.stack or self.inside("components", "nothing"):
            if text.strip():
                self.line += text[: text.index(text.strip())].count("\n")
                self.fail(
                    f"stray text between components: “{text.strip()[:40]}”",
                    "Put it into mj-text.",
                )
            self.write("\n")
        elif text.isspace() and text.startswith(("\n", "\r")):
            beside_inline = _INLINE.fullmatch(self.previous) or _INLINE.fullmatch(following)
            self.write(" " if beside_inline else "\n")
        else:
            self.write(text)
        self.line += text.count("\n")

    def comment(self, comment: str) -> None:
        if comment.startswith("<!--[if"):
            self.write(comment)

    def raw_text(self, start: int) -> int:
        name = self.stack[-1][0]
        end = self.source.find(f"</{name}", start)
        if end < 0:
            self.fail(f"<{name}> is not closed", f"Add </{name}>.")
        text = self.source[start:end]
        self.write(text)
        self.line += text.count("\n")
        return end

    def close(self, name: str) -> None:
        if not self.stack:
            self.fail(f"</{name}> closes nothing", "Remove it.")
        opened, line = self.stack.pop()
        if opened != name:
            self.fail(
                f"</{name}> stands where <{opened}> of line {line} is still open",
                f"Close <{opened}> first.",
            )
        self.previous = name
        self.write(f"</{name}>")

    def open(self, name: str, inside: str) -> None:
        attributes = dict(attributes_of(inside))
        check_tag(name, attributes, f"{self.name}:{self.line}")
        self.place(name)
        if len(self.stack) >= MAX_DEPTH:
            self.fail(
                f"elements are nested more than {MAX_DEPTH} deep", "Simplify the template here."
            )
        written = "".join(f' {key}="{_attribute(value)}"' for key, value in attributes.items())
        closed = inside.rstrip().endswith("/") or name in VOID
        self.previous = name
        self.write(f"<{name}{written}{' /' if closed else ''}>")
        if not closed:
            self.stack.append((name, self.line))

    def place(self, name: str) -> None:
        parent = self.stack[-1][0] if self.stack else ""
        component = components().get(name)
        if not parent:
            if name != "mjml" or self.seen_root:
                self.fail(f"<{name}> stands outside <mjml>", "Put everything inside one <mjml>.")
            self.seen_root = True
        elif component is None:
            if self.inside("components", "nothing"):
                self.fail(
                    f"<{name}> cannot stand in <{parent}>", "Put HTML into mj-text or mj-raw."
                )
        elif parent not in component.parents and parent != "mj-attributes":
            self.fail(
                f"<{name}> cannot stand in <{parent}>",
                f"It may stand in: {', '.join(sorted(component.parents)) or 'nothing'}.",
            )


def _attribute(value: str) -> str:
    value = " ".join(value.splitlines()) if "\n" in value or "\r" in value else value
    return value.replace("\\", "&#92;").replace('"', "&quot;")
