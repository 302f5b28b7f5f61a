"""Reads pages in child processes, so that no page can hold or break the program.

One child for each core, at most four; each is ended at the deadline and started anew. What is
read there stands in `reading`.
"""

from __future__ import annotations

import os
import queue
from functools import cache

from digest.sources.article_page.raw_page import RawPage
from digest.sources.article_page.tree import MOST_BYTES, UnreadableError
from digest.sources.isolation import Isolated, IsolatedError

#: Seconds for one page; a long real one takes 0.2.
SECONDS = 15.0
_MOST_CHILDREN = 4
_TASK = "digest.sources.article_page.reading:read_raw"


def read_apart(html: bytes, charset: str, url: str, *, listing: bool = False) -> RawPage:
    """The statements of a page; with `listing` its links and no running text.

    Raises:
        UnreadableError: it is beyond the limits, or could not be read in time.
    """
    request = {
        "html": html[:MOST_BYTES].decode("latin-1"),
        "charset": charset,
        "url": url,
        "listing": listing,
    }
    children = _children()
    child = children.get()
    try:
        answer = child.call(request)
    except IsolatedError as error:
        raise UnreadableError(f"could not be read: {error.reason}") from error
    finally:
        children.put(child)
    if "refused" in answer:
        raise UnreadableError(answer["refused"])
    return RawPage.of(answer)


@cache
def _children() -> queue.LifoQueue[Isolated]:
    """The children that are free; the one that was used last is taken first."""
    free: queue.LifoQueue[Isolated] = queue.LifoQueue()
    for _ in range(min(os.cpu_count() or 1, _MOST_CHILDREN)):
        free.put(Isolated(_TASK, seconds=SECONDS))
    return free
