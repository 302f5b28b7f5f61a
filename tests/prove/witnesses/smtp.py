"""A relay that writes down what it accepts, and fails as it is told; a process of its own.

Usage: python -m tests.prove.witnesses.smtp NOTEBOOK [--no-pipelining]
"""

from __future__ import annotations

import asyncio
import re

from tests.prove.witnesses.serving import EndOfTalkError, Witness, serve, silence

_MESSAGE_ID = re.compile(rb"^message-id:\s*<([^@>]+)@", re.IGNORECASE | re.MULTILINE)
_EXTENSIONS = ("8BITMIME", "SMTPUTF8", "SIZE 50000000", "ENHANCEDSTATUSCODES")


async def talk(
    witness: Witness, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One connection."""
    await _Talk(witness, reader, writer).whole()


class _Talk:
    def __init__(
        self, witness: Witness, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._witness = witness
        self._reader = reader
        self._writer = writer
        self._fault = ""
        self._recipients = 0
        self._first = True

    async def whole(self) -> None:
        """From the banner to the end."""
        trouble = self._witness.at_connection()
        if trouble == "refuse":
            raise EndOfTalkError(abruptly=True)
        if trouble.startswith("banner"):
            self._refuse("421 4.3.2 closing" if trouble == "banner-421" else "22", trouble)
        self._say("220 witness.example ESMTP")
        while line := await self._reader.readline():
            verb = line.split(None, 1)[0].upper() if line.split() else b""
            if verb in (b"EHLO", b"HELO") and trouble.startswith("greeting"):
                self._refuse("421 4.3.2 closing" if trouble == "greeting-421" else "250-", trouble)
            await self._answer(verb)
            if verb == b"QUIT":
                return

    async def _answer(self, verb: bytes) -> None:
        if verb == b"EHLO":
            pipelining = () if self._witness.options.no_pipelining else ("PIPELINING",)
            words = ("witness.example", *pipelining, *_EXTENSIONS)
            for word in words[:-1]:
                self._say(f"250-{word}")
            self._say(f"250 {words[-1]}")
        elif verb == b"MAIL":
            self._fault, self._recipients = self._witness.at_message(), 0
            self._say(self._failing("mail") or "250 2.1.0 sender")
        elif verb == b"RCPT":
            said = self._failing("rcpt") or "250 2.1.5 recipient"
            self._recipients += said.startswith("250")
            self._say(said)
        elif verb == b"DATA":
            await self._data()
        elif verb == b"QUIT":
            self._say("221 2.0.0 bye")
        else:
            self._say("250 2.0.0 all right")

    def _failing(self, place: str) -> str:
        """The reply that goes wrong here, or ""."""
        where, _, how = self._fault.partition("-")
        if where != place:
            return ""
        if how == "cut":
            raise EndOfTalkError
        if how == "421":
            self._refuse("421 4.3.2 closing", "421")
        if how.isdigit():
            self._fault = "mail-over" if place == "mail" else ""
            return f"{how} {how[0]}.7.1 as the test says"
        return "503 5.5.1 no transaction" if how == "over" else ""

    async def _data(self) -> None:
        if not self._recipients:
            self._say("503 5.5.1 no recipient")
            return
        if refused := self._failing("data"):
            self._say(refused)
            return
        self._say("354 go on")
        if self._fault.startswith("body"):
            await self._reader.readexactly(200)
            if self._fault == "body-silence":
                await silence()
            raise EndOfTalkError(abruptly=True)
        content = await self._reader.readuntil(b"\r\n.\r\n")
        if refused := self._failing("dot"):
            self._say(refused)
            return
        found = _MESSAGE_ID.search(content)
        self._witness.notebook.note([found[1].decode() if found else "?"] * self._recipients)
        self._recipients = 0
        if self._fault == "silence":
            await silence()
        if self._fault == "drop":
            raise EndOfTalkError
        if self._fault == "half":
            self._refuse("25", "half")
        self._say("250 2.0.0 queued")

    def _refuse(self, last: str, trouble: str) -> None:
        """Say a last word and go; one that was cut has no end of line."""
        whole = trouble.endswith("421")
        self._writer.write(last.encode() + (b"\r\n" if whole else b""))
        raise EndOfTalkError

    def _say(self, reply: str) -> None:
        self._writer.write(reply.encode() + b"\r\n")


if __name__ == "__main__":
    serve(talk)
