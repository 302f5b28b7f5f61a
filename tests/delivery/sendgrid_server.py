"""SendGrid's `mail/send` on loopback, as strict as its reference: a request that breaks a rule
fails the way SendGrid's would."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

FORBIDDEN_HEADERS = {
    "x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type",
    "content-transfer-encoding", "to", "from", "subject", "reply-to", "cc", "bcc",
}  # fmt: skip
KEY = "SG.test"


@dataclass
class Sendgrid:
    """What the server took and how it answers.

    `visits` are the keys that came with a GET, as after a redirect; each is answered 202.
    `answers` are given first, as (status, headers, body), or None to close without an answer;
    `rejected` are addresses it dislikes, naming the field or not.
    """

    taken: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], Any] | None] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    names_fields: bool = True
    most_bytes: int = 30_000_000
    url: str = ""

    @property
    def emails(self) -> list[str]:
        """Everybody a message was taken for."""
        return [one["to"][0]["email"] for body in self.taken for one in body["personalizations"]]

    def answer(self, key: str, raw: bytes) -> tuple[int, dict[str, str], Any] | None:
        """Judge one request."""
        body = json.loads(raw)
        self.requests.append(body)
        if self.answers:
            return self.answers.pop(0)
        if key != f"Bearer {KEY}":
            return 401, {}, fault("The provided authorization grant is invalid")
        if len(raw) > self.most_bytes:
            return 413, {}, fault("The request body is too large")
        errors = list(self._errors(body))
        if errors:
            return 400, {}, {"errors": errors}
        sandbox = body.get("mail_settings", {}).get("sandbox_mode", {}).get("enable")
        if not sandbox:
            self.taken.append(body)
        return (200 if sandbox else 202), {"X-Message-Id": f"m{len(self.requests)}"}, None

    def _errors(self, body: dict[str, Any]) -> Iterator[dict[str, Any]]:
        people = body.get("personalizations", [])
        categories = body.get("categories", [])
        sender = body.get("from", {}).get("email", "")
        contents = body.get("content", [])
        emails = [person["to"][0]["email"] for person in people]
        rules = {
            "personalizations": 1 <= len(people) <= 1000,
            "from.email": bool(sender) and sender.isascii(),
            "subject": bool(body.get("subject")),
            "content": bool(contents) and all(part["value"] for part in contents),
            "categories": len(categories) <= 10 and len(set(categories)) == len(categories),
            "custom_args": "custom_args" not in body and "asm" not in body,
            "headers": all(_may_be(place.get("headers", {})) for place in (body, *people)),
            "to": len(set(emails)) == len(emails),
        }
        for name, kept in rules.items():
            if not kept:
                yield {"message": f"a rule about {name} is broken", "field": name}
        for index, person in enumerate(people):
            to = person["to"][0]
            if {";", ","} & set(to.get("name", "")) or len(str(person["custom_args"])) > 9_000:
                yield {"message": "bad name or arguments", "field": f"personalizations.{index}"}
            if to["email"] in self.rejected:
                name = f"personalizations.{index}.to.0.email" if self.names_fields else None
                yield {"message": f"{to['email']} is not a valid address", "field": name}


def _may_be(headers: dict[str, str]) -> bool:
    plain = all(value.isascii() and "\n" not in value for value in headers.values())
    return plain and not FORBIDDEN_HEADERS & {name.lower() for name in headers}


def fault(message: str, name: str | None = None) -> dict[str, Any]:
    """A body with one error."""
    return {"errors": [{"message": message, "field": name}]}


def written(body: dict[str, Any], index: int, kind: str) -> str:
    """What the reader of that personalization sees: subject, text/plain or text/html."""
    text: str = body["subject"]
    if kind != "subject":
        text = next(part["value"] for part in body["content"] if part["type"] == kind)
    for placeholder, value in body["personalizations"][index].get("substitutions", {}).items():
        text = text.replace(placeholder, value)
    return text


@contextmanager
def serving(sendgrid: Sendgrid) -> Iterator[str]:
    """A running server; gives its URL."""

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.path == "/v3/mail/send"
            answer = sendgrid.answer(self.headers["Authorization"], raw)
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(content))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def do_GET(self) -> None:
            sendgrid.visits.append(self.headers.get("Authorization", ""))
            self.send_response(202)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        sendgrid.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield sendgrid.url
        finally:
            server.shutdown()
            thread.join()
