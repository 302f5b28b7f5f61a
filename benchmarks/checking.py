"""Looking a letter of 12 stories over for everybody's eyes, against axe-core in Chromium.

The check computes styles and contrasts in light and dark at 600 and 375 px; axe-core is run at the
same four. Where Chromium or axe-core (`make node`) is missing, 100 ms is the limit instead.

.venv/bin/python benchmarks/checking.py
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from letters import ROOT, edition_of, publication

from digest.check.accessibility import accessibility_findings
from digest.check.clients import client_findings
from digest.check.document import Document
from digest.check.legibility import views
from digest.config.settings import CheckSettings
from digest.render.letter import render_letter
from digest.render.templates.tracing import open_trace

AXE = ROOT / "tools/node/node_modules/axe-core/axe.min.js"
ROUNDS = 15
LIMIT = 0.1
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]


def main() -> None:
    """Measure and print."""
    config, edition = publication(), edition_of(12)
    width = config.theme.width
    trace = open_trace(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        plain = render_letter(edition, [], config, Path(folder)).html

        def traced() -> str:
            return render_letter(edition, [], config, Path(folder), trace=trace).html

        html = traced()
        rendering = median_seconds(lambda: render_letter(edition, [], config, Path(folder)))
        tracing = max(0.0, median_seconds(traced) - rendering)
    names = CheckSettings().clients
    access = median_seconds(lambda: list(accessibility_findings(Document(html, trace), width)))
    document = Document(html, trace)
    clients = median_seconds(lambda: list(client_findings(document, names)))
    print(f"letter of 12 stories       {len(plain) / 1000:6.1f} kB")
    print(f"tracing, besides rendering {tracing * 1000:6.1f} ms")
    print(f"accessibility, four views  {access * 1000:6.1f} ms")
    print(f"mail programs              {clients * 1000:6.1f} ms")
    axe = axe_seconds(plain, width)
    if axe:
        print(f"axe-core, four views       {axe * 1000:6.1f} ms, ratio {axe / access:.1f}")
    else:
        print(f"limit                      {LIMIT * 1000:6.1f} ms, ratio {LIMIT / access:.1f}")


def median_seconds(act: Callable[[], object]) -> float:
    """Median wall time of an act, in seconds, after one round that does not count."""
    act()
    taken = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return statistics.median(taken)


def axe_seconds(html: str, width: int) -> float:
    """What axe-core needs for the same views in a Chromium that is open already; 0 without one."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not AXE.exists():
        print("axe-core or Chromium is missing", file=sys.stderr)
        return 0.0
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.set_content(html, wait_until="domcontentloaded")
        page.evaluate(AXE.read_text(encoding="utf-8"))

        def look() -> None:
            for view in views(width):
                page.emulate_media(color_scheme=view.scheme)
                page.set_viewport_size({"width": view.width, "height": 900})
                page.evaluate("tags => axe.run(document, {runOnly: tags})", TAGS)

        taken = median_seconds(look)
        browser.close()
    return taken


if __name__ == "__main__":
    main()
