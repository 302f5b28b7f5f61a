"""Shows HTML in Chromium and takes it down: a picture of the whole page, and where things stand."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager

from PIL import Image
from playwright.sync_api import Browser, Page
from tests.parity.comparing import View

_PLACES = """() => {
  const seen = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const note = box => { if (box.width) seen.push([box.left, box.top, box.width, box.height]); };
  while (walker.nextNode()) {
    if (!walker.currentNode.data.trim()) continue;
    const range = document.createRange();
    range.selectNodeContents(walker.currentNode);
    note(range.getBoundingClientRect());
  }
  document.querySelectorAll("img").forEach(image => note(image.getBoundingClientRect()));
  return seen;
}"""


@contextmanager
def opened(browser: Browser) -> Iterator[Page]:
    """A page that loads nothing from anywhere."""
    page = browser.new_page()
    page.route("**/*", lambda route: route.abort())
    yield page
    page.close()


def view(page: Page, html: str, width: int) -> View:
    """HTML at a width of CSS pixels; its own pictures are data URLs or cannot be loaded."""
    page.set_viewport_size({"width": width, "height": 200})
    page.set_content(html, wait_until="load")
    picture = Image.open(io.BytesIO(page.screenshot(full_page=True, animations="disabled")))
    return View(picture, [tuple(place) for place in page.evaluate(_PLACES)])
