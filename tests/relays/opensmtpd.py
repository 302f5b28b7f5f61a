"""OpenSMTPD from Debian's package, delivering everything for readers.example into one Maildir.

Its two users are compiled in, so it runs in a root of its own that knows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.relays.unpacked import free_port, make_root, own_root, running, unpacked

_SETTINGS = """\
table readers {{ "@" = "nobody" }}
listen on 127.0.0.1 port {port} hostname relay.example.org
action "deliver" maildir "/mail/all" virtual <readers>
match from any for domain "readers.example" action "deliver"
"""


@contextmanager
def opensmtpd() -> Iterator[tuple[int, Path]]:
    """A running OpenSMTPD: its port and the Maildir it delivers into; skips where there is none."""
    prefix = unpacked("opensmtpd", "usr/sbin/smtpd")
    with own_root() as root:
        make_root(root, prefix, {"opensmtpd": 64011, "opensmtpq": 64012}, "/bin/sh")
        port = free_port()
        for name in ("run", "var/run", "var/empty", "var/lib/opensmtpd/empty", "var/spool"):
            (root / name).mkdir(parents=True, exist_ok=True)
        (root / "etc" / "smtpd.conf").write_text(_SETTINGS.format(port=port))
        (root / "etc" / "mailname").write_text("relay.example.org\n")
        with running(["chroot", str(root), "/usr/sbin/smtpd", "-d"], port, root / "log", {}):
            yield port, root / "mail" / "all"
