"""SendGrid's `mail/send` that writes down what it accepts, and fails as it is told.

A process of its own. Usage: python -m tests.prove.witnesses.sendgrid NOTEBOOK
"""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from http import HTTPStatus
from typing import Any

from tests.prove.witnesses.serving import EndOfTalkError, Witness, serve, silence

_RULE = {"message": "a rule about personalizations is broken", "field": None}


async def talk(
    witness: Witness, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """One connection: requests until it is closed."""
    while head := await reader.readuntil(b"\r\n\r\n"):
        request, *lines = head.decode("latin-1").split("\r\n")
        fields = dict(line.lower().split(": ", 1) for line in lines if ": " in line)
        length = int(fields.get("content-length", "0"))
        if not request.startswith("POST /v3/mail/send "):
            writer.write(_scheduled(witness, request, await reader.readexactly(length)))
            continue
        fault = witness.at_message()
        if fault == "refuse":
            raise EndOfTalkError(abruptly=True)
        if fault in ("body-cut", "silence-body"):
            await reader.readexactly(length // 2)
            if fault == "silence-body":
                await silence()
            raise EndOfTalkError(abruptly=True)
        body = json.loads(await reader.readexactly(length))
        writer.write(await _judge(witness, body, fault))
        await writer.drain()
        if fault == "half" or fields.get("connection") == "close":
            raise EndOfTalkError


def _scheduled(witness: Witness, request: str, content: bytes) -> bytes:
    """A name for what is for later, or that what has one is to be forgotten."""
    if request.startswith("POST /v3/mail/batch "):
        return _answer(201, body={"batch_id": secrets.token_hex(8)})
    if request.startswith("POST /v3/user/scheduled_sends "):
        name = json.loads(content)["batch_id"]
        witness.notebook.forget(name)
        return _answer(201, body={"batch_id": name, "status": "cancel"})
    return _answer(404)


async def _judge(witness: Witness, body: dict[str, Any], fault: str) -> bytes:
    """The answer to a whole request; what is accepted is written down first."""
    people = body["personalizations"]
    if fault == "cut":
        raise EndOfTalkError
    if fault[:3].isdigit():
        headers = {}
        if fault == "429-reset":
            headers["X-RateLimit-Reset"] = str(int(time.time()) + 1)
        if fault == "302":
            headers["Location"] = "http://127.0.0.1:1/elsewhere"
        return _answer(int(fault[:3]), headers, {"errors": [_RULE]})
    if len(people) > 1000 or len({one["to"][0]["email"] for one in people}) < len(people):
        return _answer(400, {}, {"errors": [_RULE]})
    ids = (one["custom_args"]["delivery"] for one in people)
    witness.notebook.note(ids, body.get("batch_id", ""))
    if fault == "silence":
        await silence()
    if fault == "drop":
        raise EndOfTalkError
    answer = _answer(202, {"X-Message-Id": "witness"})
    if fault == "half":
        return answer[: len(b"HTTP/1.1 2")]
    return b"\x00\xff\x00 not HTTP at all\r\n\r\n" if fault == "garbage" else answer


def _answer(status: int, headers: dict[str, str] | None = None, body: Any = None) -> bytes:
    content = json.dumps(body).encode() if body is not None else b""
    lines = {"Content-Length": str(len(content)), **(headers or {})}
    head = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    return (head + "".join(f"{k}: {v}\r\n" for k, v in lines.items()) + "\r\n").encode() + content


if __name__ == "__main__":
    serve(talk)
