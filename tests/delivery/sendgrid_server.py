"""SendGrid's `mail/send` and scheduled sends on loopback, as strict as its reference: a request
that breaks a rule fails the way SendGrid's would."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
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
    `rejected` are addresses it dislikes, naming the field or not; `batches` the names it gave to
    editions that leave later, with their status. `most_at_once` requests were under way together;
    each does `meanwhile` first. `today` is its clock, where moments are to be judged.
    """

    taken: list[dict[str, Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str], Any] | None] = field(default_factory=list)
    visits: list[str] = field(default_factory=list)
    rejected: set[str] = field(default_factory=set)
    names_fields: bool = True
    most_bytes: int = 30_000_000
    today: datetime | None = None
    batches: dict[str, str] = field(default_factory=dict)
    calls: list[tuple[str, str]] = field(default_factory=list)
    meanwhile: Callable[[], object] = lambda: None
    most_at_once: int = 0
    url: str = ""

    def __post_init__(self) -> None:
        self._under_way = 0
        self._lock = threading.Lock()

    @property
    def emails(self) -> list[str]:
        """Everybody a message was taken for."""
        return [one["to"][0]["email"] for body in self.taken for one in body["personalizations"]]

    def answer(
        self, key: str, raw: bytes, call: tuple[str, str] = ("POST", "/v3/mail/send")
    ) -> tuple[int, dict[str, str], Any] | None:
        """Judge one request."""
        with self._lock:
            self._under_way += 1
            self.most_at_once = max(self.most_at_once, self._under_way)
        self.meanwhile()
        with self._lock:
            self._under_way -= 1
            self.calls.append(call)
            if call == ("POST", "/v3/mail/send"):
                return self._judged(key, raw)
            return self._scheduled(key, raw, *call)

    def _scheduled(
        self, key: str, raw: bytes, method: str, path: str
    ) -> tuple[int, dict[str, str], Any] | None:
        if self.answers:
            return self.answers.pop(0)
        if key != f"Bearer {KEY}":
            return 401, {}, fault("authorization required")
        if (method, path) == ("POST", "/v3/mail/batch"):
            name = f"Batch{len(self.batches)}-name"
            self.batches[name] = ""
            return 201, {}, {"batch_id": name}
        _, _, place = path.partition("/v3/user/scheduled_sends")
        name = place.lstrip("/") or json.loads(raw)["batch_id"]
        if name not in self.batches:
            return 404, {}, fault("not found")
        if method == "GET":
            status = self.batches[name]
            return 200, {}, [{"batch_id": name, "status": status}] if status else []
        if method == "POST" and self.batches[name]:
            return 400, {}, fault("a status was set already", "batch_id")
        self.batches[name] = json.loads(raw)["status"]
        answer = {"batch_id": name, "status": self.batches[name]}
        return (201, {}, answer) if method == "POST" else (204, {}, b"")

    def _judged(self, key: str, raw: bytes) -> tuple[int, dict[str, str], Any] | None:
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
        emails = [person["to"][0]["email"].lower() for person in people]
        ahead = body.get("send_at", 0) - self.today.timestamp() if self.today else 0
        rules = {
            "personalizations": 1 <= len(people) <= 1000,
            "from.email": bool(sender) and sender.isascii(),
            "subject": bool(body.get("subject")),
            "content": bool(contents) and all(part["value"] for part in contents),
            "categories": len(categories) <= 10
            and len(set(categories)) == len(categories)
            and all(len(name) <= 255 for name in categories),
            "custom_args": "custom_args" not in body,
            "send_at": ahead <= 72 * 3600,
            "batch_id": body.get("batch_id", "") in {"", *self.batches},
            "headers": all(_may_be(place.get("headers", {})) for place in (body, *people)),
            "to": len(set(emails)) == len(emails),
        }
        for name, kept in rules.items():
            if not kept:
                yield {"message": f"a rule about {name} is broken", "field": name}
        for index, person in enumerate(people):
            to = person["to"][0]
            values = "".join(f"{k}{v}" for k, v in person.get("substitutions", {}).items())
            is_long = len(str(person["custom_args"])) > 9_000 or len(values.encode()) > 10_000
            if {";", ","} & set(to.get("name", "")) or is_long:
                yield {"message": "bad name or arguments", "field": f"personalizations.{index}"}
            if to["email"] in self.rejected:
                field = f"personalizations.{index}.to.0.email" if self.names_fields else None
                yield {"message": f"{to['email']} is not a valid address", "field": field}


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
def serving(sendgrid: Sendgrid, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A running server; gives its URL.

    Args:
        context: speak TLS with it.
    """

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            raw = self.rfile.read(int(self.headers["Content-Length"] or 0))
            assert self.headers["Content-Type"] == "application/json"
            key = self.headers["Authorization"]
            self._say(sendgrid.answer(key, raw, (self.command, self.path)))

        def do_GET(self) -> None:
            if self.path.startswith("/v3/user/"):
                key = self.headers["Authorization"]
                self._say(sendgrid.answer(key, b"", ("GET", self.path)))
                return
            sendgrid.visits.append(self.headers.get("Authorization", ""))
            self._say((202, {}, b""))

        def do_PATCH(self) -> None:
            self.do_POST()

        def _say(self, answer: tuple[int, dict[str, str], Any] | None) -> None:
            if answer is None:
                self.close_connection = True
                return
            status, headers, body = answer
            content = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
            if isinstance(body, list):
                content = json.dumps(body).encode()
            self.send_response(status)
            for name, value in {"Content-Length": str(len(content)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_arguments: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, request: object, client_address: object) -> None:
            """A client that hangs up is part of the tests."""

    with Server(("127.0.0.1", 0), Requests) as server:
        if context is not None:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        scheme = "http" if context is None else "https"
        sendgrid.url = f"{scheme}://127.0.0.1:{server.server_address[1]}"
        try:
            yield sendgrid.url
        finally:
            server.shutdown()
            thread.join()
