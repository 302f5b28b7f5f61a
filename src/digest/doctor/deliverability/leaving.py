"""Whether readers' way out is reached from outside: the page, and one click (RFC 8058).

It asks for a token that nobody has. Our own server answers 404 with a proof that only the same
store can give, so that nobody has to be unsubscribed to know that a click would arrive.
"""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

from digest.doctor.deliverability.trouble import TROUBLE, in_words, is_offline
from digest.doctor.examined import Examined
from digest.subscribers.proof import HEADER

#: What a mail program posts (RFC 8058 §3.2).
ONE_CLICK = "List-Unsubscribe=One-Click"

_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer: its status, where it redirects to, the proof it carries; or the `problem`.

    `is_offline` says that the problem is this machine's.
    """

    status: int = 0
    location: str = ""
    proof: str = ""
    problem: str = ""
    is_offline: bool = False


def ask(public_url: str, question: str, method: Literal["GET", "POST"]) -> Answered:
    """Ask the public address for the page of a token, or click; follows no redirect."""
    parts = urlsplit(f"{public_url.rstrip('/')}/u/{question}")
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    body = ONE_CLICK if method == "POST" else None
    headers = {"User-Agent": "digest-doctor", "Connection": "close"}
    if body:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    try:
        line = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
        try:
            line.request(method, parts.path, body, headers)
            answer = line.getresponse()
            location, proof = answer.getheader("Location", ""), answer.getheader(HEADER, "")
            return Answered(answer.status, location, proof)
        finally:
            line.close()
    except ssl.SSLCertVerificationError as error:
        return Answered(problem=f"the certificate is not trusted: {error.verify_message}")
    except TROUBLE as error:
        return Answered(problem=in_words(error), is_offline=is_offline(error))


def judge_page(public_url: str, answered: Answered | None, proof: str) -> Examined:
    """Whether the page of the way out is ours."""
    return _judge("leaving", "GET", public_url, answered, proof)


def judge_click(public_url: str, answered: Answered | None, proof: str) -> Examined:
    """Whether a mail program's click would reach us."""
    judged = _judge("one-click", "POST", public_url, answered, proof)
    if judged.state == "ok" and not public_url.startswith("https://"):
        return Examined(
            "one-click",
            "error",
            f"{public_url} is not https, which RFC 8058 asks for",
            "Set [publication] public_url to an https address.",
        )
    return judged


# ---- Detail ---------------------------------------------------------------------------------

_NO_NETWORK = "Run again where there is a network."
_BEHIND = "Let the web server pass /u/ on to `digest serve`, which must use this store."


def _judge(
    name: str, method: str, public_url: str, answered: Answered | None, proof: str
) -> Examined:
    if answered is None:
        return Examined(
            name,
            "error",
            "publication.public_url is not set: letters have no way out by one click",
            "Set it to where readers reach `digest serve`.",
        )
    place = f"{method} {public_url.rstrip('/')}/u/…"
    if answered.is_offline:
        return Examined(name, "unknown", f"{place}: {answered.problem}", _NO_NETWORK)
    if answered.problem:
        hint = "Check the address, its certificate, and that `digest serve` runs behind it."
        return Examined(name, "error", f"{place}: {answered.problem}", hint)
    if 300 <= answered.status < 400:
        return Examined(
            name,
            "error",
            f"{place}: redirects to {answered.location or 'nowhere'} (RFC 8058 allows none)",
            "Set [publication] public_url to the address that it redirects to.",
        )
    if answered.status in (403, 405, 501) and method == "POST":
        return Examined(
            name,
            "error",
            f"{place}: refused with {answered.status}: one click cannot arrive",
            f"Allow POST without cookies there. {_BEHIND}",
        )
    if answered.status != 404:
        return Examined(name, "error", f"{place}: answered {answered.status}", _BEHIND)
    if answered.proof != proof:
        found = f"{place}: somebody answers, but not `digest serve` with this store"
        return Examined(name, "error", found, _BEHIND)
    return Examined(name, "ok", f"{place}: answered by this publication's `digest serve`")
