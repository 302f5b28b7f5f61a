"""Who may log in to the real servers of these tests, and a judge of logins for Postfix.

Postfix knows no logins itself and asks another program over a local socket. Source of the words
between them: Dovecot's manual, “Authentication client protocol”.
"""

from __future__ import annotations

import base64
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "lettre"
PASSWORD = "mot de passe:1"
#: The same as `openssl passwd -6` keeps it.
HASH = (
    "$6$lettre$"
    "EGutHt3rqRptaidZX8HeptW7WyOdN6QxqRtaxi9y6ksNr5zXACV9Y2Raps0dKJJgHAVqhcFhH7R9qmlAcT7Ke1"
)


class _Judging(socketserver.StreamRequestHandler):
    server: _Judge

    def handle(self) -> None:
        """One Postfix process that asks."""
        self._say(
            "VERSION\t1\t1", f"MECH\t{self.server.mechanism}\tplaintext", "SPID\t1", "CUID\t1"
        )
        self._say(f"COOKIE\t{'0' * 32}", "DONE")
        name: dict[str, str] = {}
        while line := self.rfile.readline().decode().rstrip("\n"):
            verb, number, *fields = line.split("\t")
            if verb == "AUTH" and fields[0] == "PLAIN":
                given = [field[5:] for field in fields if field.startswith("resp=")]
                _authority, user, password = _decoded(given[0]).split("\0")
                self._judge(number, user, password)
            elif verb == "AUTH":
                self._say(f"CONT\t{number}\t{_encoded('Username:')}")
            elif verb == "CONT" and number not in name:
                name[number] = _decoded(fields[0])
                self._say(f"CONT\t{number}\t{_encoded('Password:')}")
            elif verb == "CONT":
                self._judge(number, name.pop(number), _decoded(fields[0]))

    def _judge(self, number: str, user: str, password: str) -> None:
        word = "OK" if (user, password) == (USER, PASSWORD) else "FAIL"
        self._say(f"{word}\t{number}\tuser={user}")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(f"{line}\n" for line in lines).encode())


class _Judge(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, path: Path, mechanism: str) -> None:
        self.mechanism = mechanism
        super().__init__(str(path), _Judging)


@contextmanager
def judging(path: Path, mechanism: str) -> Iterator[None]:
    """A judge that listens on a local socket, for one mechanism."""
    with _Judge(path, mechanism) as judge:
        path.chmod(0o666)
        thread = threading.Thread(target=judge.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield
        finally:
            judge.shutdown()
            thread.join()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode("ascii")


def _decoded(text: str) -> str:
    return base64.b64decode(text).decode()
