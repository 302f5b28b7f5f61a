"""Every provider keeps the same promises: ours, and one of a third party's own."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import cast

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from tests.delivery.contract.promises import Promises
from tests.delivery.sendgrid_server import KEY, Sendgrid
from tests.delivery.sendgrid_server import serving as serving_sendgrid
from tests.delivery.smtp_servers import Mailroom, only, relay

from digest.delivery.providers.smtp import provider as smtp_provider


class _Folder:
    """The outbox's Maildir."""

    settings = '[delivery]\nprovider = "outbox"\n'

    def __init__(self, folder: Path) -> None:
        self._new = folder / "outbox" / "new"

    def taken(self) -> list[str]:
        messages = [
            message_from_bytes(file.read_bytes(), policy=default) for file in self._new.glob("*")
        ]
        return [message["To"].addresses[0].addr_spec for message in messages]

    def refuse(self, email: str) -> None:
        """A folder refuses nobody."""


class TestOutbox(Promises):
    """A folder of this machine can neither refuse, nor put off, nor lose an answer."""

    test_one_whom_the_far_side_refuses_does_not_stop_the_others = None  # type: ignore[assignment]
    test_who_is_put_off_is_tried_again_and_has_one_copy = None  # type: ignore[assignment]
    test_an_answer_that_is_lost_is_never_taken_for_a_refusal = None  # type: ignore[assignment]
    test_where_nobody_answers_everybody_stays_pending = None  # type: ignore[assignment]
    test_a_refused_login_is_said_as_such_and_costs_nobody = None  # type: ignore[assignment]
    test_lost_answers_are_counted_and_never_sent_again = None  # type: ignore[assignment]

    @contextmanager
    def far_side(  # type: ignore[override]
        self, folder: Path, environment: pytest.MonkeyPatch
    ) -> Iterator[_Folder]:
        yield _Folder(folder)


class _ForgetfulMailroom(Mailroom):
    """Hangs up `lost` times where it should answer the final dot, after it took the message."""

    lost = 0

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        if self.lost:
            self.lost -= 1
            cast(asyncio.Transport, server.transport).abort()
        return answer


class _Relay:
    """A relay, with aiosmtpd."""

    def __init__(self, stack: ExitStack, environment: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._environment = environment
        self._mailroom = _ForgetfulMailroom()
        login = only(b"lettre", b"secret")
        port = stack.enter_context(
            relay(self._mailroom, auth_require_tls=False, authenticator=login)
        )
        self.settings = (
            '[delivery]\nprovider = "smtp"\n'
            f'[delivery.smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\n'
            'username_env = "RELAY_USER"\npassword_env = "RELAY_PASSWORD"\nconnections = 2\n'
        )
        environment.setenv("RELAY_USER", "lettre")
        environment.setenv("RELAY_PASSWORD", "secret")
        environment.setattr(smtp_provider, "PAUSES", (0.1, 0.1))

    def taken(self) -> list[str]:
        return [email for email, _content in self._mailroom.taken]

    def refuse(self, email: str) -> None:
        self._mailroom.replies[email] = ["550 5.1.1 no such mailbox"] * 3

    def put_off(self, email: str) -> None:
        self._mailroom.replies[email] = ["451 4.7.1 come back later"]

    def lose_answer(self) -> None:
        self._mailroom.lost = 1

    def refuse_login(self) -> None:
        self._environment.setenv("RELAY_PASSWORD", "wrong")

    def go_away(self) -> None:
        self._stack.close()


class TestSmtp(Promises):
    @contextmanager
    def far_side(self, folder: Path, environment: pytest.MonkeyPatch) -> Iterator[_Relay]:
        with ExitStack() as stack:
            yield _Relay(stack, environment)


class _Sendgrid:
    """SendGrid, as strict as its reference."""

    def __init__(self, stack: ExitStack, environment: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._environment = environment
        self._server = Sendgrid()
        url = stack.enter_context(serving_sendgrid(self._server))
        self.settings = (
            '[delivery]\nprovider = "sendgrid"\n'
            f'[delivery.sendgrid]\napi_url = "{url}"\ntimeout = 5\n'
        )
        environment.setenv("SENDGRID_API_KEY", KEY)

    def taken(self) -> list[str]:
        return self._server.emails

    def refuse(self, email: str) -> None:
        self._server.rejected.add(email)

    def put_off(self, email: str) -> None:
        self._server.answers.append((429, {"X-RateLimit-Reset": "0"}, None))

    def lose_answer(self) -> None:
        self._server.answers.append(None)

    def refuse_login(self) -> None:
        self._environment.setenv("SENDGRID_API_KEY", "SG.wrong")

    def go_away(self) -> None:
        self._stack.close()


class TestSendgrid(Promises):
    @contextmanager
    def far_side(self, folder: Path, environment: pytest.MonkeyPatch) -> Iterator[_Sendgrid]:
        with ExitStack() as stack:
            yield _Sendgrid(stack, environment)


class _Colombe:
    """The invented service of `contract.colombe`."""

    settings = '[delivery]\nprovider = "tests.delivery.contract.colombe:open_colombe"\n'

    def __init__(self, stack: ExitStack, environment: pytest.MonkeyPatch) -> None:
        self._stack = stack
        self._environment = environment
        self._taken: list[str] = []
        self._refused: set[str] = set()
        self._put_off: set[str] = set()
        self._lost = 0
        environment.setenv("COLOMBE_URL", stack.enter_context(self._serving()))
        environment.setenv("COLOMBE_KEY", "coo")

    def taken(self) -> list[str]:
        return self._taken

    def refuse(self, email: str) -> None:
        self._refused.add(email)

    def put_off(self, email: str) -> None:
        self._put_off.add(email)

    def lose_answer(self) -> None:
        self._lost = 1

    def refuse_login(self) -> None:
        self._environment.setenv("COLOMBE_KEY", "caw")

    def go_away(self) -> None:
        self._stack.close()

    def _answer(self, key: str, body: dict[str, str]) -> int | None:
        email = body["to"]
        if key != "coo":
            return 401
        if email in self._refused:
            return 422
        if email in self._put_off:
            self._put_off.remove(email)
            return 503
        self._taken.append(email)
        if self._lost:
            self._lost -= 1
            return None
        return 202

    @contextmanager
    def _serving(self) -> Iterator[str]:
        answered = self._answer

        class Requests(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                status = answered(self.headers["Authorization"], body)
                if status is None:
                    return
                self.send_response(status)
                content = b'{"message_id": "m1"}'
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_arguments: object) -> None:
                """Say nothing."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_address[1]}"
            finally:
                server.shutdown()
                thread.join()


class TestThirdParty(Promises):
    @contextmanager
    def far_side(self, folder: Path, environment: pytest.MonkeyPatch) -> Iterator[_Colombe]:
        with ExitStack() as stack:
            yield _Colombe(stack, environment)
