"""A name server on loopback: it answers over UDP and TCP from a list of records, or misbehaves."""

from __future__ import annotations

import socketserver
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import dns.flags
import dns.message
import dns.name
import dns.rcode
import dns.rdatatype
import dns.rrset

#: What a name may answer instead of records.
FAILURES = {"SERVFAIL": dns.rcode.SERVFAIL, "REFUSED": dns.rcode.REFUSED}


class NameServer:
    """Answers from `records`: (name, type) → texts as in a zone file.

    A name in `broken` answers `SERVFAIL` or `REFUSED`, or is `silent`; one in `cut` answers over
    UDP that its answer is too long. `asked` keeps the questions in their order.
    """

    def __init__(self, zone: str = "") -> None:
        self.records: dict[tuple[str, str], list[str]] = {}
        self.broken: dict[str, str] = {}
        self.cut: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.port = 0
        self.publish(zone)

    @property
    def address(self) -> str:
        """As `--resolver` takes it."""
        return f"127.0.0.1:{self.port}"

    def publish(self, zone: str) -> None:
        """Add records, one a line: `name TYPE text`."""
        for line in filter(None, (line.strip() for line in zone.splitlines())):
            name, kind, text = line.split(maxsplit=2)
            self.records.setdefault((name, kind), []).append(text)

    def withdraw(self, name: str, kind: str) -> None:
        """Take the records of a name away."""
        del self.records[name, kind]

    def answer(self, wire: bytes, *, is_udp: bool) -> bytes | None:
        """The answer to a question; None for silence."""
        query = dns.message.from_wire(wire)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA
        broken = self.broken.get(name, "")
        if broken == "silent":
            return None
        if broken:
            response.set_rcode(FAILURES[broken])
            return response.to_wire()
        if is_udp and name in self.cut:
            response.flags |= dns.flags.TC
            return response.to_wire()
        alias = self.records.get((name, "CNAME"))
        if alias and kind != "CNAME":
            target = alias[0].rstrip(".")
            response.answer.append(dns.rrset.from_text(question.name, 60, "IN", "CNAME", alias[0]))
            name = target
        owner = dns.name.from_text(name)
        if texts := self.records.get((name, kind)):
            response.answer.append(dns.rrset.from_text(owner, 60, "IN", kind, *texts))
        elif not any(known == name or known.endswith(f".{name}") for known, _ in self.records):
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response.to_wire()


class _Udp(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        wire, sock = self.request
        server = cast("_Named", self.server).names
        if (answer := server.answer(wire, is_udp=True)) is not None:
            sock.sendto(answer, self.client_address)


class _Tcp(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        head = self.rfile.read(2)
        if len(head) < 2:
            return
        wire = self.rfile.read(struct.unpack("!H", head)[0])
        server = cast("_Named", self.server).names
        if (answer := server.answer(wire, is_udp=False)) is not None:
            self.wfile.write(struct.pack("!H", len(answer)) + answer)


class _Named:
    names: NameServer


class _UdpServer(socketserver.ThreadingUDPServer, _Named):
    daemon_threads = True


class _TcpServer(socketserver.ThreadingTCPServer, _Named):
    daemon_threads = True
    allow_reuse_address = True


@contextmanager
def serving(names: NameServer) -> Iterator[NameServer]:
    """Answer on a free port of 127.0.0.1, the same for UDP and TCP."""
    with _TcpServer(("127.0.0.1", 0), _Tcp) as tcp:
        names.port = tcp.server_address[1]
        with _UdpServer(("127.0.0.1", names.port), _Udp) as udp:
            for server in (tcp, udp):
                server.names = names
                threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
            try:
                yield names
            finally:
                udp.shutdown()
                tcp.shutdown()
