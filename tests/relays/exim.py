"""Exim from Debian's package, delivering everything for readers.example into one Maildir.

Its user `Debian-exim` is compiled in, so it runs in a root of its own that knows that user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.relays.unpacked import free_port, make_root, own_root, running, unpacked

_SETTINGS = """\
never_users = root
primary_hostname = relay.example.org
spool_directory = /spool
log_file_path = /spool/%slog
pid_file_path = /spool/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts =
acl_smtp_rcpt = rcpt
acl_smtp_data = data
smtp_accept_max_per_connection = 40
smtp_accept_queue_per_connection = 0
keep_environment =
message_logs = false
host_lookup =
rfc1413_query_timeout = 0s
begin acl
rcpt:
  accept domains = readers.example
  deny message = relay not permitted
data:
  accept
begin routers
all:
  driver = accept
  domains = readers.example
  transport = files
begin transports
files:
  driver = appendfile
  maildir_format
  directory = /mail/all
  user = nobody
  group = nobody
begin retry
"""


@contextmanager
def exim() -> Iterator[tuple[int, Path]]:
    """A running Exim: its port, and the Maildir it delivers into; skips where there is none."""
    prefix = unpacked("exim4-daemon-light", "usr/sbin/exim4")
    with own_root() as root:
        make_root(root, prefix, {"Debian-exim": 64001})
        (root / "usr" / "sbin" / "exim4").chmod(0o4755)
        port = free_port()
        (root / "spool").mkdir()
        (root / "spool").chmod(0o777)
        (root / "etc" / "exim4").mkdir(exist_ok=True)
        (root / "etc" / "exim4" / "exim4.conf").write_text(_SETTINGS.format(port=port))
        command = ["chroot", str(root), "/usr/sbin/exim4", "-bdf"]
        environment = {"LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu"}
        with running(command, port, root / "log", environment):
            yield port, root / "mail" / "all"
