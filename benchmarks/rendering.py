"""Rendering a letter, against npm's mjml compiling the same MJML, and personalising it, in one run.

Usage: python benchmarks/rendering.py [STORIES]

npm's mjml runs in one warmed Node process and times itself; it is left out where `make node` has
not installed it. Everything in the letter is invented; pictures are made beforehand.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from statistics import median

from letters import ROOT, edition_of, placement, publication
from PIL import Image

from digest.model.sending import Letter
from digest.render.letter import render_letter
from digest.render.mjml.compiling import compile_mjml
from digest.render.tokens import Parts, split

READERS = 10_000
LIMIT_MILLISECONDS = 3.0
LIMIT_MICROSECONDS = 10.0


def milliseconds(act: Callable[[], object], rounds: int) -> list[float]:
    """Each round's time, after five to warm up."""
    for _ in range(5):
        act()
    times = []
    for _ in range(rounds):
        start = time.perf_counter()
        act()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def npm_milliseconds(mjml: str, rounds: int) -> list[float]:
    """The same of npm's mjml; empty where it is not installed."""
    question = json.dumps({"mjml": mjml, "rounds": rounds + 5}) + "\n"
    try:
        done = subprocess.run(
            ["node", str(ROOT / "tools/node/compile.mjs")],
            input=question,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return []
    times: list[float] = json.loads(done.stdout)["milliseconds"]
    return times[5:]


def microseconds_a_reader(html: Parts, text: Parts) -> tuple[float, float]:
    """Both parts joined for 10,000 readers: µs a reader (best of three), peak MB beyond before."""
    readers = [
        {
            "name": f"Zoé {number}",
            "address": "z…@readers.example",
            "since": "1er mars 2026",
            "unsubscribe_url": f"https://lettre.example.org/u/{number:043d}",
            "dispatch_date": "Dimanche 22 novembre 2026",
            "next_date": "dimanche 29 novembre",
        }
        for number in range(READERS)
    ]

    def join_all() -> None:
        for values in readers:
            html.join(values)
            text.join(values)

    best = float("inf")
    for _ in range(3):
        start = time.perf_counter()
        join_all()
        best = min(best, time.perf_counter() - start)
    tracemalloc.start()
    join_all()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return best / READERS * 1e6, peak / 1e6


def peak_megabytes(act: Callable[[], object]) -> float:
    """What one act takes at its peak beyond what was there before."""
    tracemalloc.start()
    act()
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return peak / 1e6


def main() -> None:
    """Print the figures, and how they stand to npm's and to the limits."""
    stories = int(sys.argv[1]) if len(sys.argv) > 1 else 12
    config = publication()
    edition = edition_of(stories, picture="quai.jpg")
    placements = [placement("main", "Publicité"), placement("secondary", "Contenu proposé par")]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        Image.radial_gradient("L").resize((1500, 1000)).save(folder / "quai.jpg")

        def render() -> Letter:
            return render_letter(edition, placements, config, folder)

        rendered = milliseconds(render, 200)
        letter = render()
        memory = peak_megabytes(render)
    compiled = milliseconds(lambda: compile_mjml(letter.mjml, name="letter"), 200)
    npm = npm_milliseconds(letter.mjml, 50)
    copies = microseconds_a_reader(split(letter.html, "html"), split(letter.text, "text"))
    print(f"{stories} stories, {len(letter.html.encode()) / 1000:.1f} kB of HTML")
    _tell("rendered, HTML and text", rendered)
    _tell("of which MJML to HTML", compiled)
    if npm:
        _tell("npm's mjml, the same MJML", npm)
        _ratio("npm's mjml / MJML to HTML", median(npm) / median(compiled))
        _ratio("npm's mjml / whole rendering", median(npm) / median(rendered))
    _ratio(
        f"rendering / {LIMIT_MILLISECONDS:.0f} ms allowed",
        median(rendered) / LIMIT_MILLISECONDS,
    )
    print(f"{'a reader’s copy, of 10,000':30} {copies[0]:8.2f} µs")
    _ratio(f"a copy / {LIMIT_MICROSECONDS:.0f} µs allowed", copies[0] / LIMIT_MICROSECONDS)
    print(f"{'peak memory of a rendering':30} {memory:8.2f} MB")
    print(f"{'of copies made one by one':30} {copies[1]:8.2f} MB")


def _tell(what: str, times: list[float]) -> None:
    print(f"{what:30} {median(times):8.2f} ms (best {min(times):.2f})")


def _ratio(what: str, ratio: float) -> None:
    print(f"{what:30} {ratio:8.2f}")


if __name__ == "__main__":
    main()
