"""How well and how fast the text of pages is found, against trafilatura alone.

Reads a folder of pages (`Name_….html`) with gold texts (`Name.json`, as the test data of the
fundus project has them; default: ../shared/data/pages) and prints the F1 of the words of lead and
text, and pages a second. Run it from the repository:
`.venv/bin/python benchmarks/pages.py [FOLDER]`.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import trafilatura

from digest.sources.article_page import read_page

_WORD = re.compile(r"\w+")
_TIMES = 10
Reader = Callable[[bytes], str]


def gold_texts(folder: Path) -> dict[Path, str]:
    """The lead and text of each page as people marked them."""
    found: dict[Path, str] = {}
    for page in sorted(folder.glob("*.html")):
        name, _, rest = page.stem.partition("_")
        versions: dict[str, Any] = json.loads((folder / f"{name}.json").read_text("utf-8"))
        of_year = [v for v in versions.values() if v["publishing_date"].startswith(rest[:4])]
        body = next(iter([*of_year, *versions.values()]))["body"]
        parts = list(body["summary"])
        for section in body["sections"]:
            parts += section["headline"] + section["paragraphs"]
        found[page] = "\n".join(parts)
    return found


def f1(found: str, wanted: str) -> float:
    """F1 of the words of two texts, counted as often as they occur."""
    ours, gold = (Counter(_WORD.findall(text.lower())) for text in (found, wanted))
    shared = (ours & gold).total()
    return 2 * shared / max(ours.total() + gold.total(), 1)


def ours(html: bytes) -> str:
    """Lead and text as an article has them; read in a child process."""
    page = read_page(html, "", "", zone=ZoneInfo("Europe/Paris"), section_names=())
    return "\n".join([page.chapo or page.description, *(part.text for part in page.body)])


def plain(html: bytes) -> str:
    """trafilatura as it comes."""
    return trafilatura.extract(html, include_comments=False) or ""


def fast(html: bytes) -> str:
    """trafilatura's quick way."""
    return trafilatura.extract(html, include_comments=False, fast=True) or ""


def pages_a_second(reader: Reader, pages: list[bytes], threads: int) -> float:
    """How many pages are read in a second once everything is warm."""
    for page in pages:
        reader(page)
    with ThreadPoolExecutor(threads) as pool:
        begun = time.perf_counter()
        list(pool.map(reader, pages * _TIMES))
        return len(pages) * _TIMES / (time.perf_counter() - begun)


def main() -> None:
    """Measure and print."""
    default = Path(__file__).parents[2] / "shared" / "data" / "pages"
    folder = Path(sys.argv[1]) if sys.argv[1:] else default
    gold = gold_texts(folder)
    if not gold:
        sys.exit(f"{folder}: no pages there; name a folder of pages with gold texts")
    contents = {page: page.read_bytes() for page in gold}
    readers: dict[str, tuple[Reader, int]] = {
        "digest, 4 threads": (ours, 4),
        "trafilatura": (plain, 1),
        "trafilatura fast": (fast, 1),
    }
    scores: dict[str, float] = {}
    speeds: dict[str, float] = {}
    print(f"{len(gold)} pages, {sum(map(len, contents.values())) / 1e6:.1f} MB\n")
    print(f"{'reader':20}  F1     lowest  pages/s")
    for name, (reader, threads) in readers.items():
        found = [f1(reader(contents[page]), text) for page, text in gold.items()]
        scores[name] = sum(found) / len(found)
        speeds[name] = pages_a_second(reader, list(contents.values()), threads)
        print(f"{name:20}  {scores[name]:.4f} {min(found):.4f}  {speeds[name]:7.1f}")
    mistakes = (1 - scores["digest, 4 threads"]) / max(1 - scores["trafilatura"], 1e-9)
    pace = speeds["digest, 4 threads"] / speeds["trafilatura"]
    print(f"\nratio to trafilatura: {mistakes:.2f} times its mistakes, {pace:.1f} times its pace")


if __name__ == "__main__":
    main()
