"""Postfix from Debian's package, delivering everything for readers.example into one Maildir.

Postfix insists on three different users. It gets those that every Debian has (`daemon` owns the
queue, `nobody` the mailboxes, group `mail` its two public programs), so that /etc stays as it is.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.relays.unpacked import free_port, libraries, open_folder, running, unpacked

_QUEUES = (
    "active bounce corrupt defer deferred flush hold incoming private saved trace "
    "maildrop public pid"
)

_SERVICES = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
postlog unix-dgram n - n - 1 postlogd
"""

_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {prefix}/usr/sbin
daemon_directory = {prefix}/usr/lib/postfix/sbin
shlib_directory = {prefix}/usr/lib/postfix
import_environment = MAIL_CONFIG TZ LANG=C LD_LIBRARY_PATH={libraries}
maillog_file = {folder}/mail.log
maillog_file_prefixes = {folder}
mail_owner = daemon
default_privs = nobody
setgid_group = mail
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example.org
mydestination =
local_transport = error:none
alias_maps =
local_recipient_maps =
local_header_rewrite_clients =
virtual_mailbox_domains = readers.example
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:all/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
smtpd_relay_restrictions = reject_unauth_destination
smtpd_peername_lookup = no
"""


@dataclass(frozen=True)
class Postfix:
    """A running one. `mail` is the folder in which each message is one file."""

    port: int
    mail: Path
    log: Path

    def messages(self) -> list[bytes]:
        """What was delivered so far, with the header fields that Postfix puts before."""
        return [file.read_bytes() for file in sorted(self.mail.glob("new/*"))]


@contextmanager
def postfix(**settings: object) -> Iterator[Postfix]:
    """A Postfix of one's own with further settings; skips the test where there is none."""
    prefix = unpacked("postfix", "usr/lib/postfix/sbin/master", required=True)
    with open_folder() as folder:
        port = free_port()
        _make_queue(folder)
        configuration = folder / "etc"
        configuration.mkdir()
        (configuration / "master.cf").write_text(_SERVICES.format(port=port))
        text = _SETTINGS.format(folder=folder, prefix=prefix, libraries=libraries(prefix))
        text += "".join(f"{name} = {value}\n" for name, value in settings.items())
        (configuration / "main.cf").write_text(text)
        log = folder / "mail.log"
        master = prefix / "usr/lib/postfix/sbin/master"
        with running(
            [str(master), "-d", "-c", str(configuration)],
            port,
            folder / "master.log",
            {"LD_LIBRARY_PATH": libraries(prefix), "MAIL_CONFIG": str(configuration)},
        ):
            yield Postfix(port, folder / "mail" / "all", log)


def _make_queue(folder: Path) -> None:
    for name in ("queue", "data", "mail"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "daemon")
    shutil.chown(folder / "mail", "nobody", "nogroup")
    for name in _QUEUES.split():
        queue = folder / "queue" / name
        queue.mkdir(mode=0o700)
        if name != "pid":
            shutil.chown(queue, "daemon")
    for name, mode in (("public", 0o710), ("maildrop", 0o730), ("pid", 0o755)):
        (folder / "queue" / name).chmod(mode)
    for name in ("public", "maildrop"):
        shutil.chown(folder / "queue" / name, group="mail")
