"""The report of a comparison: one page with pictures side by side, readable without a network."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image
from tests.parity.comparing import MAX_SHARE, MAX_SHIFT, Difference, View

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Letters compared with npm’s mjml</title>
<style>
:root {{ color-scheme: light dark }}
body {{ margin: 2rem auto; max-width: 120rem; padding: 0 1rem }}
body {{ font: 16px/1.5 Helvetica, Arial, sans-serif }}
table {{ border-collapse: collapse }}
th, td {{ padding: .2rem 1rem .2rem 0; text-align: left; border-bottom: 1px solid #8888 }}
td.number {{ text-align: right; font-variant-numeric: tabular-nums }}
.pictures {{ display: grid; grid-template-columns: repeat(3, 1fr); gap: 1rem }}
figure {{ margin: 0 }}
img {{ width: 100%; border: 1px solid #8888 }}
.over {{ color: #c0003c; font-weight: bold }}
@media (prefers-color-scheme: dark) {{ .over {{ color: #ff8fa3 }} }}
</style>
</head>
<body>
<h1>Letters compared with npm’s mjml {version}</h1>
<p>Allowed: {share:.2%} of the pixels, {shift} px of shift. {verdict}</p>
<table>
<thead><tr><th>document</th><th>width</th><th>pixels that differ</th><th>shift</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
{sections}
</body>
</html>
"""


@dataclass(frozen=True, slots=True)
class Result:
    """One case at one width."""

    name: str
    width: int
    ours: View
    theirs: View
    difference: Difference


def write_report(results: Iterable[Result], folder: Path, version: str) -> Path:
    """Write `index.html` and its pictures into a folder; the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, sections, over = [], [], 0
    for number, result in enumerate(results):
        anchor, difference = f"case-{number}", result.difference
        over += not difference.tolerable
        mark = "" if difference.tolerable else " over"
        title = f"{escape(result.name)}, {result.width} px"
        rows.append(
            f'<tr><td><a href="#{anchor}">{escape(result.name)}</a></td>'
            f'<td class="number">{result.width}</td>'
            f'<td class="number{mark}">{difference.share:.3%}</td>'
            f'<td class="number{mark}">{difference.shift:g} px</td></tr>'
        )
        figures = (
            _figure(folder, f"{anchor}-{kind}.png", picture, f"{kind}: {title}")
            for kind, picture in (
                ("ours", result.ours.picture),
                ("npm", result.theirs.picture),
                ("difference", difference.picture),
            )
        )
        sections.append(
            f'<section id="{anchor}"><h2>{title}</h2><div class="pictures">'
            f"{''.join(figures)}</div></section>"
        )
    verdict = f"{over} of {len(rows)} exceed it." if over else f"All {len(rows)} stay within."
    page = folder / "index.html"
    text = _PAGE.format(
        version=version,
        share=MAX_SHARE,
        shift=MAX_SHIFT,
        verdict=verdict,
        rows="\n".join(rows),
        sections="\n".join(sections),
    )
    page.write_text(text, encoding="utf-8")
    return page


def _figure(folder: Path, name: str, picture: Image.Image, caption: str) -> str:
    picture.convert("P").save(folder / name)
    return (
        f'<figure><img loading="lazy" src="{name}" alt="{caption}">'
        f"<figcaption>{caption}</figcaption></figure>"
    )
