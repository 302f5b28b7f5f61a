"""Settings of the network: how letters leave, and how anything is fetched."""

from __future__ import annotations

from dataclasses import dataclass

from digest.config.settings.schema import ENVIRONMENT_NAME, URL, setting


@dataclass(frozen=True, slots=True)
class OutboxSettings:
    """`[delivery.outbox]`: a Maildir on this machine; needs no account."""

    path: str = setting("Folder of the Maildir.", "outbox")


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """`[delivery.smtp]`: any relay."""

    host: str = setting("Host of the relay.", "")
    port: int = setting("Port.", 587, minimum=1, maximum=65535)
    security: str = setting("How to protect it.", "starttls", choices=("none", "starttls", "tls"))
    username_env: str = setting("Variable that holds the user name.", "", pattern=ENVIRONMENT_NAME)
    password_env: str = setting("Variable that holds the password.", "", pattern=ENVIRONMENT_NAME)
    ca_file: str = setting("Certificates to trust besides the system's.", "")
    connections: int = setting("Connections at the same time.", 4, minimum=1, maximum=100)
    timeout: float = setting("Seconds to wait for an answer.", 60.0, minimum=1)


@dataclass(frozen=True, slots=True)
class SendgridSettings:
    """`[delivery.sendgrid]`."""

    api_key_env: str = setting(
        "Variable that holds the key.", "SENDGRID_API_KEY", pattern=ENVIRONMENT_NAME
    )
    api_url: str = setting(
        "Host of the interface: a regional one, or a test's.",
        "https://api.sendgrid.com",
        pattern=URL,
        example="https://api.eu.sendgrid.com",
    )
    sandbox: bool = setting("SendGrid checks requests and delivers nothing.", False)
    timeout: float = setting("Seconds to wait for an answer.", 60.0, minimum=1)


@dataclass(frozen=True, slots=True)
class DeliverySettings:
    """`[delivery]`."""

    provider: str = setting(
        "`outbox`, `smtp`, `sendgrid`, or `package.module:factory` of your own.",
        "outbox",
        pattern=r"outbox|smtp|sendgrid|[A-Za-z_][\w.]*:[A-Za-z_]\w*",
        example="outbox, smtp or sendgrid",
    )
    batch: int = setting("Deliveries claimed at once.", 1000, minimum=1, maximum=100_000)
    outbox: OutboxSettings = setting("", OutboxSettings)
    smtp: SmtpSettings = setting("", SmtpSettings)
    sendgrid: SendgridSettings = setting("", SendgridSettings)


@dataclass(frozen=True, slots=True)
class FetchSettings:
    """`[fetch]`: the one guarded way to the network."""

    allow: tuple[str, ...] = setting(
        "Hosts (`host` or `host:port`) that may be private addresses.", ()
    )
    contact: str = setting("Address or URL for the `User-Agent`.", "")
    proxy: str = setting(
        "What to do when the environment names a proxy: `refuse` says so and stops (the guard "
        "cannot see through it), `environment` uses it.",
        "refuse",
        choices=("refuse", "environment"),
    )
    timeout: float = setting("Seconds for one address in all.", 30.0, minimum=1)
    per_host: int = setting(
        "Addresses of one host that are fetched at the same time.", 4, minimum=1, maximum=32
    )
    max_bytes: int = setting("Bytes of one answer, decompressed.", 10_000_000, minimum=1000)
