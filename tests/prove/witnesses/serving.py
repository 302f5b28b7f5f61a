"""The frame of a witness's process: listens on loopback, hears of faults on standard input.

It prints its port; each line it reads is a `Plan` as JSON, answered by `ok`. It ends when its
standard input does, so that none is left behind.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import struct
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

from tests.prove.witnesses.faults import Plan
from tests.prove.witnesses.notebook import Notebook


class EndOfTalkError(Exception):
    """The connection is to be closed; `abruptly` with a reset instead of an orderly end."""

    def __init__(self, *, abruptly: bool = False) -> None:
        super().__init__("the talk ends")
        self.abruptly = abruptly


class Witness:
    """What both witnesses have: where they write, what goes wrong, how they are told to speak."""

    def __init__(self, notebook: Notebook, options: argparse.Namespace) -> None:
        self.notebook = notebook
        self.plan = Plan()
        self.options = options

    def at_message(self) -> str:
        """What goes wrong with the next message, or ""."""
        return self.notebook.note_fault(self.plan.at_message())

    def at_connection(self) -> str:
        """What goes wrong with the next connection, or ""."""
        return self.notebook.note_fault(self.plan.at_connection())


Talk = Callable[[Witness, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def serve(talk: Talk) -> None:
    """Run a witness until its standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("notebook", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--no-pipelining", action="store_true")
    options = parser.parse_args()
    with suppress(KeyboardInterrupt):
        asyncio.run(_serve(Witness(Notebook(options.notebook), options), talk))


async def silence() -> None:
    """Say nothing, for as long as the other side bears it."""
    await asyncio.sleep(3600)


async def _serve(witness: Witness, talk: Talk) -> None:
    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(witness, reader, writer)
        except EndOfTalkError as end:
            if end.abruptly:
                _reset(writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(
        connected, "127.0.0.1", witness.options.port, limit=2**24, backlog=200
    )
    loop = asyncio.get_running_loop()
    orders = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    print(server.sockets[0].getsockname()[1], flush=True)
    while line := await orders.readline():
        witness.plan = Plan(**json.loads(line))
        print("ok", flush=True)
    # Whoever still waits for an answer gets none.
    os._exit(0)


def _reset(writer: asyncio.StreamWriter) -> None:
    connection = writer.get_extra_info("socket")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
