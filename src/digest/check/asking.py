"""Asks the letter's links for an answer: a few side by side, with the manners of `digest.net`,
and only for the head of it.

Good answers are remembered for an hour in `.links.json` beside the edition: they are of use to
that edition alone and may be deleted at any time, which is why they do not stand in the store.
Bad ones are never remembered. What an answer means is `links`' business.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import as_completed
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from digest.check.links import Answer
from digest.errors import FetchError, StoreError
from digest.net import Abreast, Web
from digest.store.files import write_whole

FILE: Final = ".links.json"
#: How long a good answer is believed.
BELIEVED: Final = timedelta(hours=1)
#: Seconds for all links together; what has not answered by then could not be looked at.
ALL_SECONDS = 60.0

_SIDE_BY_SIDE = 8


def ask_links(
    addresses: Iterable[str],
    web: Web,
    *,
    folder: Path,
    now: datetime,
    progress: Callable[[str, int, int], object],
) -> dict[str, Answer]:
    """What each address answers.

    Args:
        addresses: distinct web addresses.
        web: the network, with manners.
        folder: the edition's, where good answers are remembered.
        now: tells how old those are.
        progress: told the step, how many have answered, and of how many.
    """
    known = _remembered(folder / FILE, now)
    answers, fresh, wanted = {}, {}, []
    for address in addresses:
        if address in known:
            answers[address] = known[address][1]
        else:
            wanted.append(address)
    if wanted:
        fresh = _ask(wanted, web, progress)
        kept = known | {url: (now, answer) for url, answer in fresh.items() if answer.is_good}
        _remember(folder / FILE, kept)
    return answers | fresh


def failed(error: FetchError) -> Answer:
    """What a failed fetch says of its address."""
    return Answer(status=error.status, cause=error.cause)


def _ask(
    addresses: list[str], web: Web, progress: Callable[[str, int, int], object]
) -> dict[str, Answer]:
    def ask(address: str) -> Answer:
        try:
            found = web.glance(address)
        except FetchError as error:
            return failed(error)
        return Answer(found.url, found.status, seconds=found.seconds)

    step = "Asking the links"
    progress(step, 0, len(addresses))
    answers = dict.fromkeys(addresses, Answer())
    pool = Abreast(_SIDE_BY_SIDE, "link")
    asked = {pool.submit(ask, address): address for address in addresses}
    try:
        for done, one in enumerate(as_completed(asked, ALL_SECONDS), 1):
            answers[asked[one]] = one.result()
            progress(step, done, len(addresses))
    except TimeoutError:
        pass
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return answers


def _remembered(file: Path, now: datetime) -> dict[str, tuple[datetime, Answer]]:
    """Good answers that are young enough; a file that is damaged remembers nothing."""
    known = {}
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        for address, said in json.loads(file.read_text(encoding="utf-8")).items():
            moment = datetime.fromisoformat(said["at"])
            if timedelta(0) <= now - moment < BELIEVED:
                answer = Answer(str(said["url"]), int(said["status"]), "", float(said["seconds"]))
                known[address] = (moment, answer)
    return known


def _remember(file: Path, known: Mapping[str, tuple[datetime, Answer]]) -> None:
    """Where it cannot be written, the next check asks again."""
    said = {
        address: {
            "at": moment.isoformat(),
            "url": answer.url,
            "status": answer.status,
            "seconds": round(answer.seconds, 3),
        }
        for address, (moment, answer) in known.items()
    }
    if not said:
        return
    with suppress(StoreError):
        write_whole(file, json.dumps(said, ensure_ascii=False, indent=1).encode())
