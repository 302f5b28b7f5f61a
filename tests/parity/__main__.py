"""Compares our letters with npm's mjml in Chromium: `make parity`, or `python -m tests.parity`.

Writes reports/parity/index.html; ends with 1 where something differs beyond the tolerance.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright
from tests.browser import OPTIONS
from tests.parity.cases import WIDTHS, Case, cases
from tests.parity.comparing import compare
from tests.parity.report import Result, write_report
from tests.parity.script import MODULES, installed, running
from tests.parity.showing import opened, view

REPORT = Path("reports/parity")


def main() -> int:
    """Compare, tell, and say by the exit code whether all stays within the tolerance."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium or not shutil.which("node") or not installed():
        print("Chromium, Node and what `make node` installs are needed; something is missing.")
        return 2
    with (
        tempfile.TemporaryDirectory() as folder,
        running("compile.mjs") as npm,
        sync_playwright() as playwright,
    ):
        found = list(cases(Path(folder), npm))
        browser = playwright.chromium.launch(executable_path=chromium, args=OPTIONS)
        results = list(_compared(browser, found))
        browser.close()
    for case in found:
        for error in case.errors:
            print(f"npm's mjml says of {case.name}: {error}")
    version = json.loads((MODULES / "mjml/package.json").read_text(encoding="utf-8"))["version"]
    page = write_report(results, REPORT, version)
    print(page)
    return 0 if all(result.difference.tolerable for result in results) else 1


def _compared(browser: Browser, found: list[Case]) -> Iterator[Result]:
    print(f"{'document':46} {'width':>5} {'pixels':>9} {'shift':>8}")
    with opened(browser) as page:
        for case in (variant for one in found for variant in one.variants()):
            for width in WIDTHS:
                ours, theirs = view(page, case.ours, width), view(page, case.theirs, width)
                difference = compare(ours, theirs)
                mark = "" if difference.tolerable else "  differs"
                print(
                    f"{case.name:46.46} {width:5} {difference.share:9.4%} "
                    f"{difference.shift:5.1f} px{mark}"
                )
                yield Result(case.name, width, ours, theirs, difference)


if __name__ == "__main__":
    sys.exit(main())
