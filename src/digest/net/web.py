"""The fetch with manners: what robots.txt forbids is left alone, no host is asked too much at once,
and what was read before is asked for again only if it changed.

How an address is fetched stands in `fetch`, what a site asks of us in `robots`. Source: RFC 9110
(conditional requests, Retry-After).
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial

from digest.errors import FetchError
from digest.net.fetch import Fetched, Fetcher
from digest.net.manners import Manners
from digest.net.visits import History, Visit
from digest.text.masking import mask_url

#: Seconds that a busy server may make us wait for a second try.
LONGEST_WAIT = 10.0
_BUSY = (429, 503)
_NOT_MODIFIED = 304


class Web:
    """The network as sources use it; safe in several threads.

    Args:
        fetcher: what fetches.
        history: what was fetched before; None remembers nothing.
        clock: the time, for visits and for `Retry-After`.
        per_host: addresses of one host that are fetched at the same time.
        made_for: what the answers are read for, e.g. a source and its settings. An answer is only
            taken for unchanged by whoever read it for the same.
        ticks: a clock in seconds that never goes back.
        sleep: waits so many seconds.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        *,
        history: History | None,
        clock: Callable[[], datetime],
        per_host: int,
        made_for: str = "",
        ticks: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.purpose = made_for
        self._fetcher = fetcher
        self._history = history
        self._clock = clock
        self._ticks = ticks
        self._sleep = sleep
        self._manners = Manners(fetcher, per_host=per_host, ticks=ticks, sleep=sleep)

    def made_for(self, text: str) -> Web:
        """The same connections and manners for another purpose."""
        other = copy.copy(self)
        other.purpose = text
        return other

    def get(self, url: str, *, robots: bool = True) -> Fetched:
        """Fetch an address, whether it changed or not.

        Raises:
            FetchError: there is no answer that is of use, or, with `robots`, robots.txt forbids it.
        """
        return self._ask(url.strip(), robots, None)

    def glance(self, url: str) -> Fetched:
        """See what answers at an address, without the body of the answer.

        Raises:
            FetchError: as `get`.
        """
        return self._ask(url.strip(), True, None, body=False)

    def changed(self, url: str, *, robots: bool = True) -> Fetched | None:
        """Fetch an address unless it is as it was the last time for the same purpose.

        Raises:
            FetchError: as `get`.
        """
        url = url.strip()
        last = self._history.last(url) if self._history else None
        known = last if last is not None and last.made_for == self.purpose else None
        answer = self._ask(url, robots, known)
        return None if answer.status == _NOT_MODIFIED else answer

    def read_anew(self, url: str) -> None:
        """Let the next run read an address whole: what it leads to did not all come in."""
        self._note(url.strip(), 200)

    def _ask(self, url: str, robots: bool, known: Visit | None, *, body: bool = True) -> Fetched:
        delay = self._delay(url) if robots else 0.0
        try:
            with self._manners.place(url, delay):
                answer = self._patiently(url, known, self._delay if robots else None, body)
        except FetchError as error:
            self._note(url, error.status)
            raise
        if known is not None and answer.status == _NOT_MODIFIED:
            self._note(
                url,
                answer.status,
                answer.etag or known.etag,
                answer.last_modified or known.last_modified,
            )
        else:
            self._note(url, answer.status, answer.etag, answer.last_modified)
        return answer

    def _patiently(
        self,
        url: str,
        known: Visit | None,
        redirecting: Callable[[str], object] | None,
        body: bool,
    ) -> Fetched:
        """The answer; a server that says when it has time is asked once more."""
        fetch = partial(
            self._fetcher.fetch,
            url,
            etag=known.etag if known else "",
            last_modified=known.last_modified if known else "",
            redirecting=redirecting,
            body=body,
        )
        start = self._ticks()
        try:
            return fetch()
        except FetchError as error:
            wait = self._wait(error)
            left = self._fetcher.settings.timeout - (self._ticks() - start)
            if wait is None or wait > min(left, LONGEST_WAIT):
                raise
        self._sleep(wait)
        return fetch()

    def _wait(self, error: FetchError) -> float | None:
        """Seconds until a busy server has time; None when it does not say."""
        if error.status not in _BUSY or not error.retry_after:
            return None
        if error.retry_after.isdecimal():
            return float(error.retry_after)
        try:
            moment = parsedate_to_datetime(error.retry_after)
        except ValueError:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock()).total_seconds())

    def _delay(self, url: str) -> float:
        """Seconds that the site wants between two addresses.

        Raises:
            FetchError: robots.txt forbids the address, or cannot be read.
        """
        rules = self._manners.rules_for(url)
        if rules is None:
            return 0.0
        if isinstance(rules, FetchError):
            raise FetchError(
                f"{mask_url(url)}: not fetched, because the site's robots.txt cannot be read "
                f"({rules.message})",
                rules.hint,
                cause=rules.cause or "robots",
            )
        if not rules.allows(url):
            raise FetchError(
                f"{mask_url(url)}: the site's robots.txt asks programs to leave it alone",
                "Use the site's feed, or ask those who run it to allow “digest” in robots.txt.",
                cause="robots",
            )
        return rules.delay

    def _note(self, url: str, status: int, etag: str = "", last_modified: str = "") -> None:
        if self._history is not None:
            self._history.note(Visit(url, self.purpose, etag, last_modified, status, self._clock()))
