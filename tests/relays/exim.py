"""Exim from Debian's package, delivering everything for readers.example into one Maildir.

Its user `Debian-exim` is compiled in, so it runs in a root of its own that knows that user.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.relays.logins import PASSWORD, USER
from tests.relays.unpacked import free_port, make_root, own_root, running, unpacked

_SETTINGS = """\
never_users = root
primary_hostname = relay.example.org
spool_directory = /spool
log_file_path = /spool/%slog
pid_file_path = /spool/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {port}
tls_advertise_hosts = {tls_hosts}
tls_certificate = /etc/exim4/relay.pem
tls_privatekey = /etc/exim4/relay.pem
auth_advertise_hosts = ${{if eq{{$tls_in_cipher}}{{}}{{}}{{*}}}}
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
    {condition}
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
begin authenticators
{authenticator}
"""

_AUTHENTICATORS = {
    "PLAIN": """\
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{%s}}{eq{$auth3}{%s}}}}
""",
    "LOGIN": """\
login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = Username:: : Password::
  server_condition = ${if and{{eq{$auth1}{%s}}{eq{$auth2}{%s}}}}
""",
}


@contextmanager
def exim(certificate: bytes = b"", login: str = "") -> Iterator[tuple[int, Path]]:
    """A running Exim: its port, and the Maildir it delivers into; skips where there is none.

    Args:
        certificate: with its key, in PEM; STARTTLS is offered then.
        login: the one mechanism that is offered, and asked for, after STARTTLS.
    """
    prefix = unpacked("exim4-daemon-light", "usr/sbin/exim4")
    with own_root() as root:
        make_root(root, prefix, {"Debian-exim": 64001})
        (root / "usr" / "sbin" / "exim4").chmod(0o4755)
        port = free_port()
        (root / "spool").mkdir()
        (root / "spool").chmod(0o777)
        (root / "etc" / "exim4").mkdir(exist_ok=True)
        settings = _SETTINGS.format(
            port=port,
            tls_hosts="*" if certificate else "",
            condition="authenticated = *" if login else "",
            authenticator=_AUTHENTICATORS[login] % (USER, PASSWORD) if login else "",
        )
        (root / "etc" / "exim4" / "exim4.conf").write_text(settings)
        (root / "etc" / "exim4" / "relay.pem").write_bytes(certificate)
        command = ["chroot", str(root), "/usr/sbin/exim4", "-bdf"]
        environment = {"LD_LIBRARY_PATH": "/usr/lib/x86_64-linux-gnu"}
        with running(command, port, root / "log", environment):
            yield port, root / "mail" / "all"
